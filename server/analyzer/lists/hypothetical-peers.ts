import { memo } from "../../../common/memo.js";
import { type Requirement, requirementText, selects } from "../model/label-selector.js";
import type { PodObject } from "../model/objects.js";
import { type Direction, directions, type EvaluatedPolicy } from "../policy/decision.js";
import type { PolicyEngine } from "../policy/engine.js";
import { type HypotheticalPeer, hasLabelsOnly } from "./hypothetical-peer.js";
import { scopesOf } from "./peer-scopes.js";

/** Peers by their selectors, to find those that a pair of selectors covers. */
export class HypotheticalPeers {
  readonly #byKeys = new Map<string, HypotheticalPeer>();
  readonly #byNamespaces = new Map<string, HypotheticalPeer[]>();
  readonly #byPods = new Map<string, HypotheticalPeer[]>();
  readonly #present = new Set<HypotheticalPeer>();

  /** Keeps a peer, unless one with equal selectors is kept already. `isPresent`: a pod of the model answers to it. */
  add(peer: HypotheticalPeer, isPresent: boolean): void {
    const key = keyOf(peer);
    if (this.#byKeys.has(key)) return;
    if (isPresent) this.#present.add(peer);
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

  /** Whether a pod of the model stands for a peer. */
  isPresent(peer: HypotheticalPeer): boolean {
    return this.#present.has(peer);
  }

  [Symbol.iterator](): Iterator<HypotheticalPeer> {
    return this.#byKeys.values();
  }
}

const keyOf = ({ namespaces, pods }: HypotheticalPeer): string => `${namespaces.key}\n${pods.key}`;

/**
 * The hypothetical peers of policies: one for each pair of selectors of a rule. Those of labels alone that a pod of the model
 * answers to are left out, since that pod stands for them, but for those that a tier may shut out.
 */
export const hypotheticalPeersOf = (
  engine: PolicyEngine,
  policies: Iterable<EvaluatedPolicy>,
): HypotheticalPeers => {
  const isRepresented = createRepresented(engine);
  const isSparse = engine.profile.exposure === "sparse";
  const peers = new HypotheticalPeers();
  for (const policy of policies) {
    const mayShutOut = !isSparse && policy.kind !== "NetworkPolicy";
    for (const scope of scopesInForce(policy)) {
      const isPresent = isRepresented(scope);
      if (!isPresent || mayShutOut) peers.add(scope, isPresent);
    }
  }
  return peers;
};

/** The pairs of selectors of rules in the directions in which a policy says anything. */
const scopesInForce = (policy: EvaluatedPolicy): readonly HypotheticalPeer[] =>
  directions
    .filter((direction) => affects(policy, direction))
    .flatMap((direction) => scopesOf(policy, direction).flat())
    .filter((scope) => typeof scope === "object");

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
