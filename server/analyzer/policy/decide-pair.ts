import type { ClusterModel } from "../model/cluster-model.js";
import type { PodObject } from "../model/objects.js";
import type { ConnectionTable } from "../sets/connection-table.js";
import { type ConnectionSet, intersectConnections, unionConnections } from "../sets/connections.js";
import type { AddressSpace } from "./address-space.js";
import type { CompiledRule } from "./compiled-policy.js";
import { decideDirection, exemptDirection } from "./decide-direction.js";
import type { Direction, DirectionDecision, PairDecision, PolicyEndpoint } from "./decision.js";
import { type Match, matchRule } from "./match-peer.js";
import { mergeDecisions, openDecision } from "./merge-decisions.js";
import type { PolicyBook } from "./policy-book.js";
import { endInFamily, endOfEndpoint, type PolicyEnd, sharedFamilies } from "./policy-end.js";
import type { Profile } from "./profile.js";
import { ruleConnectionsOf } from "./rule-connections.js";

/** What decisions are made from. */
export type DecisionSources = {
  readonly model: ClusterModel;
  readonly profile: Profile;
  readonly space: AddressSpace;
  readonly book: PolicyBook;
  readonly table: ConnectionTable;
};

/** How a connection is made. */
export type DecideOptions = {
  /** Through a Service: a pod that reaches itself this way is not exempt as it is by its own address. */
  readonly viaService?: boolean;
};

/** Decides a pair of endpoints with everything that decided it. */
export const decidePair = (
  sources: DecisionSources,
  [source, destination]: readonly [PolicyEndpoint, PolicyEndpoint],
  { viaService = false }: DecideOptions = {},
): PairDecision => {
  const isSelf = isSamePod(source, destination);
  if (isSelf && !viaService) return pairOf(source, destination, exemptBoth("self"));
  const { hairpin } = sources.profile;
  if (isSelf && hairpin === "allowed") return pairOf(source, destination, exemptBoth("hairpin"));
  const ends = [endOfEndpoint(source, sources), endOfEndpoint(destination, sources)] as const;
  const judged: Directions = {
    egress: decideEnd(sources, "egress", { subject: ends[0], peer: ends[1] }),
    ingress: decideEnd(sources, "ingress", { subject: ends[1], peer: ends[0] }),
  };
  const isOpen = isSelf && hairpin === "undefined";
  return pairOf(
    source,
    destination,
    isOpen
      ? { egress: hairpinDoubt(judged.egress), ingress: hairpinDoubt(judged.ingress) }
      : judged,
  );
};

type Directions = { readonly egress: DirectionDecision; readonly ingress: DirectionDecision };

const exemptBoth = (reason: "self" | "hairpin"): Directions => ({
  egress: exemptDirection("egress", reason),
  ingress: exemptDirection("ingress", reason),
});

type Facing = { readonly subject: PolicyEnd; readonly peer: PolicyEnd };

const decideEnd = (
  sources: DecisionSources,
  direction: Direction,
  facing: Facing,
): DirectionDecision => {
  const { subject, peer } = facing;
  if (subject.kind !== "pod" || subject.pod === undefined) {
    return exemptDirection(direction, subject.pod === undefined ? "no-subject" : "host-network");
  }
  const own = sources.profile.ownNodeAllowed.includes(direction) ? isOwnNode(subject, peer) : "no";
  if (own === "yes") return exemptDirection(direction, "own-node");
  const decision = judgeFamilies(sources, direction, facing);
  return own === "no" ? decision : openDecision(decision, unknownNode);
};

const unknownNode = {
  reason: "model-incomplete",
  what: "which node the pod runs on: traffic between a pod and its own node is always allowed",
} as const;

/** Judges in each family that the connection can use; what they disagree on can't be told. */
const judgeFamilies = (
  sources: DecisionSources,
  direction: Direction,
  { subject, peer }: Facing,
): DirectionDecision => {
  const all = judge(sources, direction, { subject, peer });
  const [first, ...others] = sharedFamilies(subject, peer).map((family) =>
    family === "" ? all : judge(sources, direction, { subject, peer: endInFamily(peer, family) }),
  );
  return first === undefined ? all : mergeDecisions([first, ...others], all.doubts);
};

const judge = (
  { book, table }: DecisionSources,
  direction: Direction,
  { subject, peer }: Facing,
): DirectionDecision => {
  const labelled = { pod: subject.pod as PodObject, namespaceLabels: subject.namespaceLabels };
  const matches = memoized((rule) => matchRule(rule, peer));
  const target = direction === "egress" ? peer : subject;
  const targetPod = target.kind === "pod" ? target.pod : undefined;
  return decideDirection(book.rulesOf(labelled, direction), {
    table,
    matches,
    connections: (rule) => table.intern(ruleConnectionsOf(rule, targetPod)),
  });
};

/** Whether one end is the host network of the node that the other runs on; "maybe" where a node is not known. */
export const isOwnNode = (subject: PolicyEnd, peer: PolicyEnd): "yes" | "no" | "maybe" => {
  if (peer.kind !== "host") return "no";
  if (peer.nodeName === undefined || subject.nodeName === undefined) return "maybe";
  return peer.nodeName === subject.nodeName ? "yes" : "no";
};

const memoized = (match: (rule: CompiledRule) => Match): ((rule: CompiledRule) => Match) => {
  const known = new Map<CompiledRule, Match>();
  return (rule) => {
    let answer = known.get(rule);
    if (answer === undefined) {
      answer = match(rule);
      known.set(rule, answer);
    }
    return answer;
  };
};

/** Whether both ends are one pod. */
export const isSamePod = (source: PolicyEndpoint, destination: PolicyEndpoint): boolean =>
  source.kind === "pod" &&
  destination.kind === "pod" &&
  source.pod.namespace === destination.pod.namespace &&
  source.pod.name === destination.pod.name;

/** What policies deny of a pod's way to itself may pass all the same: that is left to implementations. */
const hairpinDoubt = (decision: DirectionDecision): DirectionDecision =>
  openDecision(decision, {
    reason: "undefined-by-api",
    what: "whether policies apply to a pod that reaches itself through its own Service",
  });

const pairOf = (
  source: PolicyEndpoint,
  destination: PolicyEndpoint,
  { egress, ingress }: Directions,
): PairDecision => ({
  source,
  destination,
  allowed: intersectConnections(egress.allowed, ingress.allowed),
  undetermined: undeterminedOf(egress, ingress),
  egress,
  ingress,
});

/** Undetermined in one direction, and not denied for certain by the other. */
const undeterminedOf = (egress: DirectionDecision, ingress: DirectionDecision): ConnectionSet => {
  const possible = ({ allowed, undetermined }: DirectionDecision): ConnectionSet =>
    unionConnections(allowed, undetermined);
  return intersectConnections(
    unionConnections(egress.undetermined, ingress.undetermined),
    intersectConnections(possible(egress), possible(ingress)),
  );
};
