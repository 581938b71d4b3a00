import { assertNever } from "../../../common/assert.js";
import { namespaceNameLabel } from "../model/cluster-model.js";
import {
  everything,
  type LabelSelector,
  labelSelectorOf,
  type Requirement,
  requirementText,
  selects,
} from "../model/label-selector.js";
import type {
  IpBlock,
  NetworkPolicyPeer,
  NetworkPolicyRule,
  PodObject,
  TieredAction,
  TieredPeer,
  TieredRule,
} from "../model/objects.js";
import type { Direction, EvaluatedPolicy } from "../policy/decision.js";
import type { PolicyEngine } from "../policy/engine.js";
import { type IpFamily, lastAddress } from "../sets/ip.js";
import { blocksOf } from "./peer-blocks.js";

/** Pods that may come to be: any that a pair of selectors of some rule would select. */
export type HypotheticalPeer = {
  readonly namespaces: LabelSelector;
  readonly pods: LabelSelector;
};

/** What a rule's peer says of pods: it selects none, all of the cluster, or those of a pair of selectors. */
export type PeerScope = "none" | "everything" | HypotheticalPeer;

/** The peer that stands for every pod of the cluster. */
export const entireCluster: HypotheticalPeer = { namespaces: everything, pods: everything };

const scopeOf = (peer: HypotheticalPeer): PeerScope =>
  peer.namespaces.key === "" && peer.pods.key === "" ? "everything" : peer;

const namespaceNamed = (name: string): LabelSelector =>
  labelSelectorOf([{ key: namespaceNameLabel, operator: "In", values: [name] }]);

/** What a peer of a NetworkPolicy in a namespace says of pods by their labels. */
const networkPolicyScope = (peer: NetworkPolicyPeer, namespace: string): PeerScope =>
  peer.kind === "ipBlock"
    ? "none"
    : scopeOf({
        namespaces: peer.namespaceSelector ?? namespaceNamed(namespace),
        pods: peer.podSelector ?? everything,
      });

/** What a peer of an ordered policy says of pods; an unknown peer of a deny or pass rule is taken for everything. */
const tieredScope = (peer: TieredPeer, action: TieredAction): PeerScope => {
  switch (peer.kind) {
    case "namespaces":
      return scopeOf({ namespaces: peer.selector, pods: everything });
    case "pods":
      return scopeOf({ namespaces: peer.namespaceSelector, pods: peer.podSelector });
    case "unknown":
      return action === "accept" ? "none" : "everything";
    case "networks":
    case "nodes":
    case "domainNames":
      return "none";
    default:
      return assertNever(peer);
  }
};

/**
 * The scopes of every rule of a policy in one direction; no peers at all are everything. Blocks of all addresses of
 * `podFamilies` take in every pod; none are given where blocks do not match pods.
 */
export const scopesOf = (
  policy: EvaluatedPolicy,
  direction: Direction,
  podFamilies: readonly IpFamily[] = [],
): readonly (readonly PeerScope[])[] => {
  const scopes = (rule: NetworkPolicyRule | TieredRule): readonly PeerScope[] => {
    const { peers } = rule;
    if (peers === undefined || areAllPods(peers, podFamilies)) return ["everything"];
    return peers.map((peer) =>
      "action" in rule
        ? tieredScope(peer as TieredPeer, rule.action)
        : networkPolicyScope(peer as NetworkPolicyPeer, policy.namespace),
    );
  };
  return policy[direction].map(scopes);
};

const areAllPods = (
  peers: readonly (NetworkPolicyPeer | TieredPeer)[],
  families: readonly IpFamily[],
): boolean => {
  if (families.length === 0) return false;
  const whole = new Set(
    peers
      .flatMap(blocksOf)
      .filter(isWholeFamily)
      .map(({ range }) => range.family),
  );
  return families.every((family) => whole.has(family));
};

const isWholeFamily = ({ range, except }: IpBlock): boolean =>
  range.first === 0n && range.last === lastAddress(range.family) && except.length === 0;

/** Whether a policy says anything in a direction. */
export const affects = (policy: EvaluatedPolicy, direction: Direction): boolean =>
  policy.kind === "NetworkPolicy"
    ? policy.isolates.includes(direction)
    : policy[direction].length > 0;

/** Peers by their selectors, to find those that a pair of selectors covers. */
export class HypotheticalPeers {
  readonly #byKeys = new Map<string, HypotheticalPeer>();
  readonly #byNamespaces = new Map<string, HypotheticalPeer[]>();
  readonly #byPods = new Map<string, HypotheticalPeer[]>();

  /** Keeps a peer, unless one with equal selectors is kept already. */
  add(peer: HypotheticalPeer): void {
    const key = keyOf(peer);
    if (this.#byKeys.has(key)) return;
    this.#byKeys.set(key, peer);
    push(this.#byNamespaces, peer.namespaces.key, peer);
    push(this.#byPods, peer.pods.key, peer);
  }

  /** The peers that selectors cover for certain: equal ones, where they are not empty. */
  coveredBy({ namespaces, pods }: HypotheticalPeer): readonly HypotheticalPeer[] {
    if (pods.key === "") return this.#byNamespaces.get(namespaces.key) ?? [];
    if (namespaces.key === "") return this.#byPods.get(pods.key) ?? [];
    const peer = this.#byKeys.get(keyOf({ namespaces, pods }));
    return peer === undefined ? [] : [peer];
  }

  [Symbol.iterator](): Iterator<HypotheticalPeer> {
    return this.#byKeys.values();
  }
}

const keyOf = ({ namespaces, pods }: HypotheticalPeer): string => `${namespaces.key}\n${pods.key}`;

const push = <T>(lists: Map<string, T[]>, key: string, value: T): void => {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
};

/**
 * The hypothetical peers of policies: one for each pair of selectors of a rule, but those of labels alone that a pod of
 * the model answers to (that pod stands for them).
 */
export const hypotheticalPeersOf = (
  engine: PolicyEngine,
  policies: Iterable<EvaluatedPolicy>,
): HypotheticalPeers => {
  const isRepresented = createRepresented(engine);
  const peers = new HypotheticalPeers();
  for (const policy of policies) {
    for (const direction of ["ingress", "egress"] as const) {
      if (!affects(policy, direction)) continue;
      for (const scope of scopesOf(policy, direction).flat()) {
        if (typeof scope === "object" && !isRepresented(scope)) peers.add(scope);
      }
    }
  }
  return peers;
};

const createRepresented = (engine: PolicyEngine): ((peer: HypotheticalPeer) => boolean) => {
  const podsByLabel = new Map<string, PodObject[]>();
  for (const { pods } of engine.units()) {
    for (const pod of pods) {
      for (const [label, value] of Object.entries(pod.labels)) {
        push(podsByLabel, `${label}=${value}`, pod);
      }
    }
  }
  const answers = new Map<string, boolean>();
  return (peer) => {
    const key = keyOf(peer);
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer =
      hasLabelsOnly(peer.namespaces) &&
      hasLabelsOnly(peer.pods) &&
      (podsByLabel.get(requirementText(peer.pods.requirements[0] as Requirement)) ?? []).some(
        (pod) =>
          selects(peer.pods, pod.labels) &&
          selects(peer.namespaces, engine.model.namespace(pod.namespace).labels),
      );
    answers.set(key, answer);
    return answer;
  };
};

const isLabel = ({ operator, values }: Requirement): boolean =>
  operator === "In" && values.length === 1;

const hasLabelsOnly = ({ requirements, expressed = [] }: LabelSelector): boolean =>
  requirements.length > 0 && requirements.every(isLabel) && expressed.length === 0;

/**
 * The peer as np-guard writes it: "backend/[all pods]", "[namespace with {env=x}]/[pod with {app=y}]", match expressions
 * as "{Key:app,Operator:NotIn,Values:[x y],}".
 */
export const hypotheticalText = ({ namespaces, pods }: HypotheticalPeer): string =>
  `${namespacesText(namespaces)}/${pods.key === "" ? "[all pods]" : `[pod with {${labelsText(pods)}}]`}`;

const namespacesText = (selector: LabelSelector): string => {
  if (selector.key === "") return "[all namespaces]";
  const [only, second] = selector.requirements;
  const isName = hasLabelsOnly(selector) && second === undefined;
  if (isName && only?.key === namespaceNameLabel) return only.values[0] ?? "";
  return `[namespace with {${labelsText(selector)}}]`;
};

const labelsText = ({ requirements, expressed = [] }: LabelSelector): string => {
  const isWritten = (requirement: Requirement): boolean =>
    isLabel(requirement) && !expressed.includes(requirementText(requirement));
  const labels = requirements.filter(isWritten).map(requirementText);
  const expressions = requirements
    .filter((requirement) => !isWritten(requirement))
    .map(
      ({ key, operator, values }) =>
        `{Key:${key},Operator:${operator},Values:[${values.join(" ")}],}`,
    )
    .sort();
  return [...labels, ...expressions].join(",");
};
