import { type ClusterModel, isFinished, workloadText } from "../model/cluster-model.js";
import { everything, type LabelSelector, type Labels, selects } from "../model/label-selector.js";
import type {
  NetworkPolicyObject,
  NetworkPolicyPeer,
  PodObject,
  TieredPeer,
  TieredPolicyObject,
  WorkloadObject,
} from "../model/objects.js";
import type { PolicyWorld } from "../policy-world.js";

/**
 * A model with the look-ups that rules share: what selectors select, each found once. Pods that have ended are no
 * endpoints and never selected; pods on the host network are not either where the profile says so.
 */
export class LintContext {
  readonly world: PolicyWorld;
  readonly model: ClusterModel;
  readonly #namespaceNames: readonly string[];
  readonly #endpoints = new Map<string, readonly PodObject[]>();
  readonly #selected = new Map<string, readonly PodObject[]>();
  readonly #namespaces = new Map<string, readonly string[]>();
  readonly #peers = new Map<string, readonly PodObject[]>();
  readonly #policies = new Map<string, readonly NetworkPolicyObject[]>();
  #workloads: Map<string, WorkloadObject[]> | undefined;
  readonly #policiesOfPods = new Map<PodObject, readonly NetworkPolicyObject[]>();

  constructor(world: PolicyWorld) {
    this.world = world;
    this.model = world.model;
    this.#namespaceNames = [...world.model.namespaceNames()].sort();
  }

  /** Every namespace that has anything in it, in order. */
  get namespaceNames(): readonly string[] {
    return this.#namespaceNames;
  }

  /** Whether policies treat the pod as its node. */
  isOnHostNetwork(pod: PodObject): boolean {
    return pod.hostNetwork && this.world.engine.profile.hostNetworkPods === "node";
  }

  /** The pods of a namespace that policies see as pods, in order of names. */
  endpointsIn(namespace: string): readonly PodObject[] {
    return memo(this.#endpoints, namespace, () =>
      [...this.model.podsIn(namespace)]
        .filter((pod) => !isFinished(pod) && !this.isOnHostNetwork(pod))
        .sort(byName),
    );
  }

  /** The endpoints of a namespace that a selector selects. */
  selected(namespace: string, selector: LabelSelector): readonly PodObject[] {
    return memo(this.#selected, `${namespace} ${selector.key}`, () =>
      this.endpointsIn(namespace).filter((pod) => selects(selector, pod.labels)),
    );
  }

  /** The pods that a NetworkPolicy applies to. */
  subjectsOf(policy: NetworkPolicyObject): readonly PodObject[] {
    return this.selected(policy.namespace, policy.podSelector);
  }

  /** Names of the namespaces that a selector selects. */
  namespacesOf(selector: LabelSelector): readonly string[] {
    return memo(this.#namespaces, selector.key, () =>
      this.#namespaceNames.filter((name) => selects(selector, this.model.namespace(name).labels)),
    );
  }

  /** The pods in any namespace that two selectors select. */
  podsOf(namespaceSelector: LabelSelector, podSelector: LabelSelector): readonly PodObject[] {
    return memo(this.#peers, `${namespaceSelector.key} ${podSelector.key}`, () =>
      this.namespacesOf(namespaceSelector).flatMap((name) => this.selected(name, podSelector)),
    );
  }

  /** The pods that a peer of a NetworkPolicy selects by labels; none for a block of addresses. */
  podsOfPeer(peer: NetworkPolicyPeer, namespace: string): readonly PodObject[] {
    if (peer.kind === "ipBlock") return [];
    const podSelector = peer.podSelector ?? everything;
    return peer.namespaceSelector === undefined
      ? this.selected(namespace, podSelector)
      : this.podsOf(peer.namespaceSelector, podSelector);
  }

  /** The pods that a peer of an ordered policy selects by labels; undefined where it goes by something else. */
  podsOfTieredPeer(peer: TieredPeer): readonly PodObject[] | undefined {
    if (peer.kind === "namespaces") return this.podsOf(peer.selector, everything);
    if (peer.kind === "pods") return this.podsOf(peer.namespaceSelector, peer.podSelector);
    return undefined;
  }

  /** The pods that an ordered policy has as subject. */
  tieredSubjectsOf({ subject }: TieredPolicyObject): readonly PodObject[] {
    return subject.kind === "namespaces"
      ? this.podsOf(subject.selector, everything)
      : this.podsOf(subject.namespaceSelector, subject.podSelector);
  }

  /** The NetworkPolicies of a namespace, in order of names. */
  policiesIn(namespace: string): readonly NetworkPolicyObject[] {
    return memo(this.#policies, namespace, () =>
      [...this.model.networkPoliciesIn(namespace)].sort(byName),
    );
  }

  /** Every NetworkPolicy, by namespace and name. */
  *policies(): Iterable<NetworkPolicyObject> {
    for (const name of this.#namespaceNames) yield* this.policiesIn(name);
  }

  /** The NetworkPolicies that select a pod. */
  policiesOf(pod: PodObject): readonly NetworkPolicyObject[] {
    return memo(this.#policiesOfPods, pod, () =>
      this.policiesIn(pod.namespace).filter((policy) => selects(policy.podSelector, pod.labels)),
    );
  }

  /** The workloads of a namespace. */
  workloadsIn(namespace: string): readonly WorkloadObject[] {
    if (this.#workloads === undefined) {
      this.#workloads = new Map();
      for (const workload of this.model.workloads()) {
        const group = this.#workloads.get(workload.namespace);
        if (group === undefined) this.#workloads.set(workload.namespace, [workload]);
        else group.push(workload);
      }
    }
    return this.#workloads.get(namespace) ?? [];
  }

  /** "ns/name[Kind]" of the workloads of pods, each once, in order. */
  workloadsOf(pods: readonly PodObject[]): readonly string[] {
    return [...new Set(pods.map((pod) => workloadText(this.model.workloadOf(pod))))].sort();
  }

  /** Each different set of labels of pods once. */
  labelSetsOf(pods: readonly PodObject[]): readonly Labels[] {
    const sets = new Map(pods.map(({ labels }) => [JSON.stringify(labels), labels] as const));
    return [...sets.values()];
  }
}

const byName = (one: { readonly name: string }, other: { readonly name: string }): number =>
  one.name < other.name ? -1 : one.name > other.name ? 1 : 0;

const memo = <K, V>(known: Map<K, V>, key: K, compute: () => V): V => {
  const found = known.get(key);
  if (found !== undefined) return found;
  const value = compute();
  known.set(key, value);
  return value;
};
