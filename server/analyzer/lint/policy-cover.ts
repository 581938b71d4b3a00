import { groupBy } from "../../../common/group-by.js";
import { memo } from "../../../common/memo.js";
import type { Requirement } from "../model/label-selector.js";
import type { NetworkPolicyObject } from "../model/objects.js";
import { impliesSelector } from "../model/selector-cover.js";
import { duplicatesOf } from "./duplicate-policies.js";
import type { LintContext } from "./lint-context.js";
import { type RuleSite, rulesInForce } from "./policy-rules.js";
import { coversRule, shapeOfRule } from "./rule-cover.js";

/**
 * Finds NetworkPolicies and rules that others make needless; of policies that say the same only the first is looked at. Two
 * policies are compared by their selectors, not by the pods that there are now. After `coverageStepsMax` comparisons it finds nothing more, and `exhausted` says so.
 */
export class PolicyCover {
  readonly #context: LintContext;
  readonly #buckets = new Map<string, ReadonlyMap<string, readonly NetworkPolicyObject[]>>();
  #steps = 0;

  constructor(context: LintContext) {
    this.#context = context;
  }

  /** Whether the search was given up. */
  get exhausted(): boolean {
    return this.#steps > this.#context.bounds.coverageStepsMax;
  }

  /** Other policies of the namespace that select at least the same pods. */
  widerThan(policy: NetworkPolicyObject): readonly NetworkPolicyObject[] {
    const buckets = memo(this.#buckets, policy.namespace, () =>
      groupBy(this.#originals(policy.namespace), bucketOf),
    );
    const { requirements } = policy.podSelector;
    const keys = new Set(["", ...requirements.flatMap(bucketsOf)]);
    return [...keys]
      .flatMap((key) => buckets.get(key) ?? [])
      .filter((other) => other !== policy && this.#isWider(other, policy));
  }

  #originals(namespace: string): readonly NetworkPolicyObject[] {
    const duplicates = duplicatesOf(this.#context);
    return this.#context.policiesIn(namespace).filter((policy) => !duplicates.has(policy));
  }

  #isWider(other: NetworkPolicyObject, policy: NetworkPolicyObject): boolean {
    return this.#step() && impliesSelector(policy.podSelector, other.podSelector);
  }

  /** The first rule, of some policies that are wider than the rule's own, that covers it. */
  coverOf(site: RuleSite, policies: readonly NetworkPolicyObject[]): RuleSite | undefined {
    for (const policy of policies) {
      const cover = rulesInForce(policy).find(
        (other) => other.rule !== site.rule && this.covers(other, site),
      );
      if (cover !== undefined) return cover;
    }
    return undefined;
  }

  /** Whether a rule matches whatever another one of its direction does. */
  covers(wide: RuleSite, narrow: RuleSite): boolean {
    if (wide.direction !== narrow.direction || !this.#step()) return false;
    return coversRule(
      this.#context,
      shapeOfRule(wide.rule, wide.policy.namespace),
      shapeOfRule(narrow.rule, narrow.policy.namespace),
    );
  }

  #step(): boolean {
    this.#steps++;
    return !this.exhausted;
  }
}

/** Policies that can select what another one does have a first requirement that one of its own implies. */
const bucketOf = ({ podSelector }: NetworkPolicyObject): string => {
  const [first] = podSelector.requirements;
  return first === undefined ? "" : (bucketsOf(first)[0] as string);
};

/** A requirement of one value implies others of that value, or of other kinds for the key. */
const bucketsOf = ({ key, operator, values }: Requirement): readonly string[] =>
  operator === "In" && values.length === 1 ? [`${key}=${values[0]}`, key] : [key];
