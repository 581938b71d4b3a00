import type { ClusterModel } from "../model/cluster-model.js";
import type { ConnectionTable } from "../sets/connection-table.js";
import {
  allConnections,
  type ConnectionSet,
  intersectConnections,
  subtractConnections,
  unionConnections,
} from "../sets/connections.js";
import type { CompiledRule } from "./compiled-policy.js";
import { decideDirection, exemptDirection } from "./decide-direction.js";
import type {
  Direction,
  DirectionDecision,
  Doubt,
  PairDecision,
  PolicyEndpoint,
} from "./decision.js";
import { type Match, matchRule } from "./match-peer.js";
import type { PolicyBook } from "./policy-book.js";
import { endOfEndpoint, type PolicyEnd, sharedAddresses } from "./policy-end.js";
import type { AddressSpace } from "./possible-addresses.js";
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
  const ends = sharedAddresses(endOfEndpoint(source, sources), endOfEndpoint(destination, sources));
  const judged: Directions = {
    egress: decideEnd(sources, "egress", { subject: ends.source, peer: ends.destination }),
    ingress: decideEnd(sources, "ingress", { subject: ends.destination, peer: ends.source }),
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

const decideEnd = (
  { profile, book, table }: DecisionSources,
  direction: Direction,
  { subject, peer }: { readonly subject: PolicyEnd; readonly peer: PolicyEnd },
): DirectionDecision => {
  if (subject.kind !== "pod" || subject.pod === undefined) {
    return exemptDirection(direction, subject.pod === undefined ? "no-subject" : "host-network");
  }
  if (isOwnNode(subject, peer) && profile.ownNodeAllowed.includes(direction)) {
    return exemptDirection(direction, "own-node");
  }
  const labelled = { pod: subject.pod, namespaceLabels: subject.namespaceLabels };
  const matches = memoized((rule) => matchRule(rule, peer));
  const target = direction === "egress" ? peer : subject;
  const targetPod = target.kind === "pod" ? target.pod : undefined;
  return decideDirection(book.rulesOf(labelled, direction), {
    table,
    matches,
    connections: (rule) => table.intern(ruleConnectionsOf(rule, targetPod)),
  });
};

/** Whether one end is the host network of the node that the other runs on. */
export const isOwnNode = (subject: PolicyEnd, peer: PolicyEnd): boolean =>
  peer.kind === "host" && peer.nodeName !== undefined && peer.nodeName === subject.nodeName;

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
const hairpinDoubt = (decision: DirectionDecision): DirectionDecision => {
  const open = subtractConnections(allConnections, decision.allowed);
  const undetermined = unionConnections(decision.undetermined, open);
  const doubt: Doubt = {
    reason: "undefined-by-api",
    what: "whether policies apply to a pod that reaches itself through its own Service",
    connections: open,
  };
  return { ...decision, undetermined, doubts: [...decision.doubts, doubt] };
};

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
