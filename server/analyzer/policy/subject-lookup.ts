import { type Labels, type Requirement, selects } from "../model/label-selector.js";
import type { NetworkPolicyObject } from "../model/objects.js";
import type { CompiledPolicy } from "./compiled-policy.js";

type Policy = CompiledPolicy<NetworkPolicyObject>;

/** The NetworkPolicies of one namespace by the pods that they select, found by label rather than by trying all. */
export class SubjectLookup {
  readonly #order = new Map<Policy, number>();
  /** Policies that ask for the value of a label, by one of the labels that they ask for. */
  readonly #byLabel = new Map<string, Map<string, Policy[]>>();
  /** Policies that ask for no value. */
  readonly #others: Policy[] = [];

  /** Policies in the order in which they are to be found. */
  constructor(policies: readonly Policy[]) {
    const frequencies = frequenciesOf(policies);
    for (const [index, policy] of policies.entries()) {
      this.#order.set(policy, index);
      this.#add(policy, frequencies);
    }
  }

  /** The policies that select a pod with these labels, in order. */
  find(labels: Labels): readonly Policy[] {
    const found = this.#others.filter(({ policy }) => selects(policy.podSelector, labels));
    const count = found.length;
    for (const key in labels) {
      for (const compiled of this.#byLabel.get(key)?.get(labels[key] ?? "") ?? []) {
        if (selects(compiled.policy.podSelector, labels)) found.push(compiled);
      }
    }
    if (found.length === count) return found;
    return found.sort((one, other) => this.#placeOf(one) - this.#placeOf(other));
  }

  #placeOf(policy: Policy): number {
    return this.#order.get(policy) ?? 0;
  }

  /** By the label whose values the fewest policies ask for: one that all have in common would find all. */
  #add(compiled: Policy, frequencies: ReadonlyMap<string, number>): void {
    const costOf = ({ key, values }: Requirement): number =>
      values.reduce((sum, value) => sum + (frequencies.get(labelText(key, value)) ?? 0), 0);
    const [asked] = valueRequirements(compiled).sort((one, other) => costOf(one) - costOf(other));
    if (asked === undefined) {
      this.#others.push(compiled);
      return;
    }
    let byValue = this.#byLabel.get(asked.key);
    if (byValue === undefined) {
      byValue = new Map();
      this.#byLabel.set(asked.key, byValue);
    }
    for (const value of asked.values) {
      const policies = byValue.get(value);
      if (policies === undefined) byValue.set(value, [compiled]);
      else policies.push(compiled);
    }
  }
}

const labelText = (key: string, value: string): string => JSON.stringify([key, value]);

const valueRequirements = ({ policy }: Policy): Requirement[] =>
  policy.podSelector.requirements.filter(({ operator }) => operator === "In");

/** How many policies ask for each value of a label. */
const frequenciesOf = (policies: readonly Policy[]): ReadonlyMap<string, number> => {
  const frequencies = new Map<string, number>();
  for (const policy of policies) {
    for (const { key, values } of valueRequirements(policy)) {
      for (const value of values) {
        const label = labelText(key, value);
        frequencies.set(label, (frequencies.get(label) ?? 0) + 1);
      }
    }
  }
  return frequencies;
};
