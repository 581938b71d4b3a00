import { groupBy } from "../../../common/group-by.js";
import { memo } from "../../../common/memo.js";
import { type ClusterModel, isFinished, workloadText } from "../model/cluster-model.js";
import { everything, type LabelSelector, selects } from "../model/label-selector.js";
import type {
  NetworkPolicyObject,
  NetworkPolicyPeer,
  PodObject,
  TieredPeer,
  TieredPolicyObject,
  WorkloadObject,
} from "../model/objects.js";
import type { NearLabels } from "../near-labels.js";
import type { PolicyWorld } from "../policy-world.js";
import { compareNames, type Named } from "./compare-names.js";
import { compareTexts } from "./compare-texts.js";
import { type LintBounds, lintBounds } from "./lint-bounds.js";
import { NearSearch } from "./near-search.js";
import { type PodGroup, PodIndex } from "./pod-index.js";

/**
 * A model with the look-ups that rules share: what selectors select, each found once. Pods that have ended are no
 * endpoints and never selected; pods on the host network are not either where the profile says so.
 */
export class LintContext {
  readonly world: PolicyWorld;
  readonly model: ClusterModel;
  readonly bounds: LintBounds;
  /** Every namespace that has anything in it, in order. */
  readonly namespaceNames: readonly string[];
  /** Every NetworkPolicy, by namespace and name. */
  readonly policies: readonly NetworkPolicyObject[];
  /** Every ordered policy: the Admin tier first, then by priority and name. */
  readonly tieredPolicies: readonly TieredPolicyObject[];
  readonly #index: PodIndex;
  readonly #bystandersIn: ReadonlyMap<string, readonly PodObject[]>;
  readonly #policiesIn: ReadonlyMap<string, readonly NetworkPolicyObject[]>;
  readonly #workloadsIn: ReadonlyMap<string, readonly WorkloadObject[]>;
  #policiesOf: ReadonlyMap<PodGroup, readonly NetworkPolicyObject[]> | undefined;
  readonly #groups = new Map<string, readonly PodGroup[]>();
  readonly #pods = new Map<readonly PodGroup[], readonly PodObject[]>();
  readonly #namespaces = new Map<string, readonly string[]>();
  readonly #near: NearSearch;

  constructor(world: PolicyWorld, bounds: LintBounds = lintBounds) {
    this.world = world;
    this.model = world.model;
    this.bounds = bounds;
    this.#near = new NearSearch(bounds);
    this.namespaceNames = [...world.model.namespaceNames()].sort();
    this.policies = [...world.model.networkPolicies].sort(compareNames);
    this.tieredPolicies = [...world.model.tieredPolicies].sort(byOrder);
    const isEndpoint = (pod: PodObject): boolean => !isFinished(pod) && !this.isOnHostNetwork(pod);
    const pods = [...world.model.pods].sort(compareNames);
    this.#index = new PodIndex(world.model, pods.filter(isEndpoint));
    this.#bystandersIn = groupBy(
      pods.filter((pod) => !isEndpoint(pod)),
      namespaceOf,
    );
    const workloads = [...world.model.workloads()].sort(compareNames);
    this.#policiesIn = groupBy(this.policies, namespaceOf);
    this.#workloadsIn = groupBy(workloads, namespaceOf);
  }

  /** Whether policies treat the pod as its node. */
  isOnHostNetwork(pod: PodObject): boolean {
    return pod.hostNetwork && this.world.engine.profile.hostNetworkPods === "node";
  }

  /** Pods that policies see as pods, by namespace and equal labels. */
  get groups(): readonly PodGroup[] {
    return this.#index.groups;
  }

  /** Those of a namespace. */
  groupsIn(namespace: string): readonly PodGroup[] {
    return this.#index.groupsIn(namespace);
  }

  /** The pods of a namespace that policies see as pods. */
  endpointsIn(namespace: string): readonly PodObject[] {
    return this.#podsOf(this.groupsIn(namespace));
  }

  /** The pods of a namespace that policies do not see as pods: ended, or on the host network. */
  bystandersIn(namespace: string): readonly PodObject[] {
    return this.#bystandersIn.get(namespace) ?? [];
  }

  /** What selectors select: in one namespace, or in those that a selector selects. */
  groupsOf(namespaces: string | LabelSelector, selector: LabelSelector): readonly PodGroup[] {
    const key = typeof namespaces === "string" ? `${namespaces} ` : `/${namespaces.key}/ `;
    return memo(this.#groups, key + selector.key, () =>
      typeof namespaces === "string"
        ? this.#index.inNamespace(namespaces, selector)
        : this.#index.inNamespaces(namespaces, selector),
    );
  }

  /** The pods of those groups. */
  selected(namespaces: string | LabelSelector, selector: LabelSelector): readonly PodObject[] {
    return this.#podsOf(this.groupsOf(namespaces, selector));
  }

  #podsOf(groups: readonly PodGroup[]): readonly PodObject[] {
    return memo(this.#pods, groups, () => groups.flatMap(({ pods }) => pods));
  }

  /** The pods that a NetworkPolicy applies to. */
  subjectsOf(policy: NetworkPolicyObject): readonly PodObject[] {
    return this.selected(policy.namespace, policy.podSelector);
  }

  /** Names of the namespaces that a selector selects. */
  namespacesOf(selector: LabelSelector): readonly string[] {
    return memo(this.#namespaces, selector.key, () =>
      this.namespaceNames.filter((name) => selects(selector, this.model.namespace(name).labels)),
    );
  }

  /** What a peer of a NetworkPolicy selects by labels; nothing for a block of addresses. */
  groupsOfPeer(peer: NetworkPolicyPeer, namespace: string): readonly PodGroup[] {
    if (peer.kind === "ipBlock") return [];
    return this.groupsOf(peer.namespaceSelector ?? namespace, peer.podSelector ?? everything);
  }

  /** The pods that a peer of a NetworkPolicy selects by labels. */
  podsOfPeer(peer: NetworkPolicyPeer, namespace: string): readonly PodObject[] {
    return this.#podsOf(this.groupsOfPeer(peer, namespace));
  }

  /** The pods that a peer of an ordered policy selects by labels; undefined where it goes by something else. */
  podsOfTieredPeer(peer: TieredPeer): readonly PodObject[] | undefined {
    if (peer.kind === "namespaces") return this.selected(peer.selector, everything);
    if (peer.kind === "pods") return this.selected(peer.namespaceSelector, peer.podSelector);
    return undefined;
  }

  /** The pods that an ordered policy has as subject. */
  tieredSubjectsOf({ subject }: TieredPolicyObject): readonly PodObject[] {
    return subject.kind === "namespaces"
      ? this.selected(subject.selector, everything)
      : this.selected(subject.namespaceSelector, subject.podSelector);
  }

  /** The NetworkPolicies of a namespace, in order of names. */
  policiesIn(namespace: string): readonly NetworkPolicyObject[] {
    return this.#policiesIn.get(namespace) ?? [];
  }

  /** The NetworkPolicies that select a group, in order of names. */
  policiesOf(group: PodGroup): readonly NetworkPolicyObject[] {
    this.#policiesOf ??= this.#policiesByGroup();
    return this.#policiesOf.get(group) ?? [];
  }

  #policiesByGroup(): ReadonlyMap<PodGroup, readonly NetworkPolicyObject[]> {
    const byGroup = new Map<PodGroup, NetworkPolicyObject[]>();
    for (const policy of this.policies) {
      for (const group of this.groupsOf(policy.namespace, policy.podSelector)) {
        memo(byGroup, group, () => []).push(policy);
      }
    }
    return byGroup;
  }

  /** The workloads of a namespace, in order of names. */
  workloadsIn(namespace: string): readonly WorkloadObject[] {
    return this.#workloadsIn.get(namespace) ?? [];
  }

  /** "ns/name[Kind]" of the workloads of pods, each once, in order. */
  workloadsOf(pods: readonly PodObject[]): readonly string[] {
    return [...new Set(pods.map((pod) => workloadText(this.model.workloadOf(pod))))].sort();
  }

  /** The labels of pods of namespaces that come nearest to a selector that selects none of them. */
  nearLabelsOfPods(selector: LabelSelector, namespaces: readonly string[]): NearLabels | undefined {
    const everywhere = namespaces.length === this.namespaceNames.length;
    return this.#near.find(selector, everywhere ? "pods" : `pods ${namespaces.join()}`, () =>
      namespaces.flatMap((name) => this.groupsIn(name).map(({ labels }) => labels)),
    );
  }

  /** The labels of namespaces that come nearest to a selector that selects none. */
  nearLabelsOfNamespaces(selector: LabelSelector): NearLabels | undefined {
    return this.#near.find(selector, "namespaces", () =>
      this.namespaceNames.map((name) => this.model.namespace(name).labels),
    );
  }
}

const byOrder = (one: TieredPolicyObject, other: TieredPolicyObject): number =>
  compareTexts(one.tier, other.tier) || one.priority - other.priority || compareNames(one, other);

const namespaceOf = ({ namespace }: Named): string => namespace;
