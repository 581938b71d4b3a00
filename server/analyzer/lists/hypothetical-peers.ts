import { memo } from "../lint/memo.js";
import { type Requirement, requirementText, selects } from "../model/label-selector.js";
import type { PodObject } from "../model/objects.js";
import type { Direction, EvaluatedPolicy } from "../policy/decision.js";
import type { PolicyEngine } from "../policy/engine.js";
import { type HypotheticalPeer, hasLabelsOnly } from "./hypothetical-peer.js";
import { scopesOf } from "./peer-scopes.js";

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
    memo(this.#byNamespaces, peer.namespaces.key, () => []).push(peer);
    memo(this.#byPods, peer.pods.key, () => []).push(peer);
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

/** Whether a policy says anything in a direction. */
const affects = (policy: EvaluatedPolicy, direction: Direction): boolean =>
  policy.kind === "NetworkPolicy"
    ? policy.isolates.includes(direction)
    : policy[direction].length > 0;

const createRepresented = (engine: PolicyEngine): ((peer: HypotheticalPeer) => boolean) => {
  const podsByLabel = new Map<string, PodObject[]>();
  for (const { pods } of engine.units()) {
    for (const pod of pods) {
      for (const [label, value] of Object.entries(pod.labels)) {
        memo(podsByLabel, `${label}=${value}`, () => []).push(pod);
      }
    }
  }
  const answers = new Map<string, boolean>();
  const isAnswered = ({ namespaces, pods }: HypotheticalPeer): boolean =>
    hasLabelsOnly(namespaces) &&
    hasLabelsOnly(pods) &&
    (podsByLabel.get(requirementText(pods.requirements[0] as Requirement)) ?? []).some(
      (pod) =>
        selects(pods, pod.labels) &&
        selects(namespaces, engine.model.namespace(pod.namespace).labels),
    );
  return (peer) => memo(answers, keyOf(peer), () => isAnswered(peer));
};
