import { memo } from "../../../common/memo.js";
import type { UnmodelledPolicyObject } from "../model/objects.js";
import type {
  Direction,
  DirectionDecision,
  Doubt,
  EvaluatedPolicy,
  PairDecision,
} from "../policy/decision.js";
import type { PolicyEngine, PolicyUnit } from "../policy/engine.js";
import {
  type ConnectionSet,
  intersectConnections,
  isEmptyConnections,
} from "../sets/connections.js";
import { doubtName } from "./doubt-name.js";
import { becauseMax } from "./limits.js";
import { endpointsOf, firstPod, isUnit, type ListEnd, type ListRow } from "./list-ends.js";
import { PeerTermBook, type PeerTerms, rangeKey } from "./peer-terms.js";
import { subjectPolicies } from "./subject-policies.js";

type DirectionDoubts = readonly Doubt[];

/** What one subject's rules say in one direction, by what they tell of peers. */
type Subject = {
  readonly terms: PeerTerms;
  /** By the group of a unit, or the key of a range. */
  readonly byPeer: Map<number | string, DirectionDoubts>;
  /** Groups of units by their position; made when they are needed. */
  groups?: Uint32Array;
  /** Nothing in its rules can leave anything open. */
  readonly isCertain: boolean;
};

/**
 * Says why something of a row can't be told: the policies or rules by name. Peers that the rules of a subject do not tell
 * apart are decided once.
 */
export class RowDoubts {
  readonly #engine: PolicyEngine;
  readonly #book: PeerTermBook;
  readonly #places: ReadonlyMap<PolicyUnit, number>;
  readonly #subjects: Readonly<Record<Direction, Map<PolicyUnit, Subject>>> = {
    egress: new Map(),
    ingress: new Map(),
  };
  readonly #names = new Map<
    DirectionDoubts,
    Map<DirectionDoubts, Map<ConnectionSet, readonly string[]>>
  >();
  readonly #alike = new Map<string, Subject>();
  readonly #ids = new Map<EvaluatedPolicy | UnmodelledPolicyObject, number>();

  constructor(engine: PolicyEngine) {
    this.#engine = engine;
    const units = engine.units();
    this.#book = new PeerTermBook(engine.model, units);
    this.#places = new Map(units.map((unit, place) => [unit, place]));
  }

  /** At most `becauseMax` names, and how many there are beyond; none where all is certain. */
  because(row: Omit<ListRow, "allowed">): readonly string[] {
    const { source, destination, undetermined } = row;
    if (isEmptyConnections(undetermined)) return nobody;
    const egress = isUnit(source) ? this.#doubts("egress", source, destination) : noDoubts;
    const ingress = isUnit(destination) ? this.#doubts("ingress", destination, source) : noDoubts;
    const byEgress = memo(this.#names, egress, () => new Map());
    const byIngress = memo(byEgress, ingress, () => new Map());
    return memo(byIngress, undetermined, () => namesOf([...egress, ...ingress], undetermined));
  }

  #doubts(direction: Direction, subject: PolicyUnit, peer: ListEnd): DirectionDoubts {
    const known = memo(this.#subjects[direction], subject, () => this.#subject(direction, subject));
    // A peer on the host network may be the subject's own node, which is no matter of rules.
    if (known.isCertain && !isOnHost(peer)) return noDoubts;
    return memo(
      known.byPeer,
      this.#peerKey(known, peer),
      () => this.#decide(direction, subject, peer).doubts,
    );
  }

  #peerKey(subject: Subject, peer: ListEnd): number | string {
    if (!isUnit(peer)) return rangeKey(subject.terms, peer.range);
    subject.groups ??= this.#book.groupsOf(subject.terms);
    return subject.groups[this.#places.get(peer) as number] as number;
  }

  /** Subjects that the same policies decide alike are one. */
  #subject(direction: Direction, unit: PolicyUnit): Subject {
    const { evaluated, unmodelled } = subjectPolicies(this.#engine, unit, direction);
    const policies = [...evaluated, ...unmodelled];
    const ids = policies.map((policy) => memo(this.#ids, policy, () => this.#ids.size));
    const key = `${direction} ${ids.join()} ${subjectText(unit)}`;
    return memo(this.#alike, key, () => {
      const terms = this.#book.termsOf(evaluated, direction);
      const isCertain =
        terms.blocks.length === 0 && policies.every(({ kind }) => kind === "NetworkPolicy");
      return { terms, byPeer: new Map(), isCertain };
    });
  }

  #decide(direction: Direction, subject: PolicyUnit, peer: ListEnd): DirectionDecision {
    const [source, destination] = direction === "egress" ? [subject, peer] : [peer, subject];
    return this.#engine.decide(...endpointsOf(source, destination))[direction];
  }
}

/** What makes a pair undetermined, by name, as `because` has it. */
export const doubtNames = ({ egress, ingress, undetermined }: PairDecision): readonly string[] =>
  namesOf([...egress.doubts, ...ingress.doubts], undetermined);

const isOnHost = (end: ListEnd): boolean => isUnit(end) && firstPod(end).hostNetwork;

const nobody: readonly string[] = Object.freeze([]);
const noDoubts: DirectionDoubts = Object.freeze([]);

/** What of a subject decides beside its policies: the ports that names stand for, its families, its node. */
const subjectText = (unit: PolicyUnit): string => {
  const { ports, ips, nodeName } = firstPod(unit);
  const families = ips.map((ip) => (ip.includes(":") ? 6 : 4));
  const isOnOneNode = unit.pods.every((pod) => pod.nodeName === nodeName);
  return JSON.stringify([
    families,
    isOnOneNode ? nodeName : unit.name,
    ports.map((each) => [each.name, each.protocol, each.port]),
  ]);
};

const namesOf = (doubts: DirectionDoubts, undetermined: ConnectionSet): readonly string[] => {
  const bearing = doubts.filter(
    ({ connections }) => !isEmptyConnections(intersectConnections(connections, undetermined)),
  );
  const names = [...new Set(bearing.map(doubtName))].sort();
  return names.length <= becauseMax
    ? names
    : [...names.slice(0, becauseMax), `${names.length - becauseMax} more`];
};
