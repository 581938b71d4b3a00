import type { ClusterModel, ModelChange } from "../model/cluster-model.js";
import type { Labels } from "../model/label-selector.js";
import { everything, selects } from "../model/label-selector.js";
import type {
  ConfigMapObject,
  EndpointSliceObject,
  EventObject,
  NamespaceObject,
  NetworkPolicyObject,
  NodeObject,
  PodObject,
  ServiceObject,
  TieredPolicyObject,
  UnmodelledPolicyObject,
  WorkloadObject,
} from "../model/objects.js";
import type { IpFamily } from "../sets/ip.js";
import {
  type CompiledPolicy,
  type CompiledRule,
  compileNetworkPolicy,
  compileTieredPolicy,
} from "./compiled-policy.js";
import type { Direction, EvaluatedPolicy } from "./decision.js";
import { selectsPod } from "./match-peer.js";
import { SubjectLookup } from "./subject-lookup.js";

/** Objects that are no policies; one of a new kind has to be put here, or to get a case in `apply`. */
type OtherObject =
  | ConfigMapObject
  | EndpointSliceObject
  | EventObject
  | NamespaceObject
  | NodeObject
  | PodObject
  | ServiceObject
  | WorkloadObject;

/** The rules of one ordered policy in one direction. */
export type TierRules = {
  readonly policy: TieredPolicyObject;
  readonly rules: readonly CompiledRule[];
};

/** Ordered policies of one tier with equal priority, by name. */
export type PriorityGroup = readonly TierRules[];

/** Everything that has a say about a subject in one direction. */
export type SubjectRules = {
  readonly direction: Direction;
  readonly admin: readonly PriorityGroup[];
  /** The NetworkPolicies that isolate the subject, by name; none: it is not isolated. */
  readonly networkPolicies: readonly CompiledPolicy<NetworkPolicyObject>[];
  readonly baseline: readonly PriorityGroup[];
  readonly unmodelled: readonly UnmodelledPolicyObject[];
};

/** A pod with the labels of its namespace. */
export type LabelledPod = { readonly pod: PodObject; readonly namespaceLabels: Labels };

/** The compiled policies of a model, in an order that does not depend on that of the input. */
export class PolicyBook {
  readonly #families: readonly IpFamily[];
  readonly #networkPolicies = new Map<string, CompiledPolicy<NetworkPolicyObject>[]>();
  readonly #lookups = new Map<string, SubjectLookup>();
  #tiered: CompiledPolicy<TieredPolicyObject>[] = [];
  #unmodelled: UnmodelledPolicyObject[] = [];

  constructor(model: ClusterModel, families: readonly IpFamily[]) {
    this.#families = families;
    for (const policy of model.networkPolicies) {
      const compiled = compileNetworkPolicy(policy, families);
      const present = this.#networkPolicies.get(policy.namespace);
      if (present === undefined) this.#networkPolicies.set(policy.namespace, [compiled]);
      else present.push(compiled);
    }
    for (const policies of this.#networkPolicies.values()) policies.sort(byName);
    this.#tiered = [...model.tieredPolicies]
      .map((policy) => compileTieredPolicy(policy, families))
      .sort(byPriority);
    this.#unmodelled = [...model.unmodelledPolicies].sort(byIdentity);
  }

  /** Takes up a change; whether it was one of a policy. */
  apply({ kind, object }: ModelChange): boolean {
    switch (object.kind) {
      case "NetworkPolicy": {
        this.#lookups.delete(object.namespace);
        const others = this.networkPoliciesIn(object.namespace).filter(
          ({ policy }) => policy.name !== object.name,
        );
        if (kind === "upsert") {
          others.push(compileNetworkPolicy(object, this.#families));
          others.sort(byName);
        }
        if (others.length > 0) this.#networkPolicies.set(object.namespace, others);
        else this.#networkPolicies.delete(object.namespace);
        return true;
      }
      case "ClusterNetworkPolicy":
      case "AdminNetworkPolicy":
      case "BaselineAdminNetworkPolicy": {
        this.#tiered = this.#tiered.filter(
          ({ policy }) => policy.kind !== object.kind || policy.name !== object.name,
        );
        if (kind === "upsert") {
          this.#tiered.push(compileTieredPolicy(object, this.#families));
          this.#tiered.sort(byPriority);
        }
        return true;
      }
      case "UnmodelledPolicy":
        this.#unmodelled = this.#unmodelled.filter((policy) => byIdentity(policy, object) !== 0);
        if (kind === "upsert") {
          this.#unmodelled.push(object);
          this.#unmodelled.sort(byIdentity);
        }
        return true;
      default:
        object satisfies OtherObject;
        return false;
    }
  }

  /** Every compiled policy. */
  *policies(): Iterable<CompiledPolicy> {
    for (const policies of this.#networkPolicies.values()) yield* policies;
    yield* this.#tiered;
  }

  /** Made when it is first asked for, and again after a change of the namespace's policies. */
  #lookupIn(namespace: string): SubjectLookup {
    const policies = this.networkPoliciesIn(namespace);
    if (policies.length === 0) return noLookup;
    let lookup = this.#lookups.get(namespace);
    if (lookup === undefined) {
      lookup = new SubjectLookup(policies);
      this.#lookups.set(namespace, lookup);
    }
    return lookup;
  }

  networkPoliciesIn(namespace: string): readonly CompiledPolicy<NetworkPolicyObject>[] {
    return this.#networkPolicies.get(namespace) ?? [];
  }

  get unmodelled(): readonly UnmodelledPolicyObject[] {
    return this.#unmodelled;
  }

  /** The compiled form of a policy of the model. */
  find(policy: EvaluatedPolicy): CompiledPolicy | undefined {
    return policy.kind === "NetworkPolicy"
      ? this.networkPoliciesIn(policy.namespace).find(
          ({ policy: { name } }) => name === policy.name,
        )
      : this.#tiered.find(
          ({ policy: { kind, name } }) => kind === policy.kind && name === policy.name,
        );
  }

  /**
   * What has a say about a pod that is not taken for its node. NetworkPolicies act in their own namespace only, and
   * isolate each direction on its own (docs, "The two sorts of pod isolation").
   */
  rulesOf(subject: LabelledPod, direction: Direction): SubjectRules {
    const { pod, namespaceLabels } = subject;
    const tiered = this.#tiered.filter(
      (compiled) =>
        compiled[direction].length > 0 && selectsPod(compiled.subject, pod, namespaceLabels),
    );
    return {
      direction,
      admin: priorityGroups(tiered, "admin", direction),
      networkPolicies: this.#lookupIn(pod.namespace)
        .find(pod.labels)
        .filter(({ policy }) => policy.isolates.includes(direction)),
      baseline: priorityGroups(tiered, "baseline", direction),
      unmodelled: this.#unmodelled.filter(
        (policy) => policy.directions.includes(direction) && mayConcern(policy, subject),
      ),
    };
  }
}

const noLookup = new SubjectLookup([]);

const priorityGroups = (
  policies: readonly CompiledPolicy<TieredPolicyObject>[],
  tier: TieredPolicyObject["tier"],
  direction: Direction,
): readonly PriorityGroup[] => {
  const groups: { readonly priority: number; readonly members: TierRules[] }[] = [];
  for (const compiled of policies) {
    const { policy } = compiled;
    if (policy.tier !== tier) continue;
    const member = { policy, rules: compiled[direction] };
    const last = groups.at(-1);
    if (last?.priority === policy.priority) last.members.push(member);
    else groups.push({ priority: policy.priority, members: [member] });
  }
  return groups.map(({ members }) => members);
};

/** Whether a policy of a kind that is not evaluated can have a say: where its selector is not understood, always. */
const mayConcern = (
  policy: UnmodelledPolicyObject,
  { pod, namespaceLabels }: LabelledPod,
): boolean => {
  if (policy.namespace !== "" && policy.namespace !== pod.namespace) return false;
  if (!policy.selectorUnderstood) return true;
  return (
    selects(policy.namespaceSelector ?? everything, namespaceLabels) &&
    selects(policy.podSelector ?? everything, pod.labels)
  );
};

const compareTexts = (one: string, other: string): number =>
  one < other ? -1 : one > other ? 1 : 0;

const byName = (one: CompiledPolicy, other: CompiledPolicy): number =>
  compareTexts(one.policy.name, other.policy.name);

/** The lowest priority goes first; of equal ones the API says nothing, here the name decides. */
const byPriority = (
  { policy: one }: CompiledPolicy<TieredPolicyObject>,
  { policy: other }: CompiledPolicy<TieredPolicyObject>,
): number =>
  compareTexts(one.tier, other.tier) ||
  one.priority - other.priority ||
  compareTexts(one.name, other.name) ||
  compareTexts(one.kind, other.kind);

const byIdentity = (one: UnmodelledPolicyObject, other: UnmodelledPolicyObject): number =>
  compareTexts(one.policyKind, other.policyKind) ||
  compareTexts(one.namespace, other.namespace) ||
  compareTexts(one.name, other.name);
