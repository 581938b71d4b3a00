import type { Direction, Doubt } from "../policy/decision.js";
import type { PolicyEngine, PolicyUnit } from "../policy/engine.js";
import {
  type ConnectionSet,
  intersectConnections,
  isEmptyConnections,
} from "../sets/connections.js";
import { doubtName } from "./doubt-name.js";
import { becauseMax } from "./limits.js";
import { endpointOf, isUnit, type ListEnd, type ListRow } from "./list-ends.js";
import { PeerTermBook, type PeerTerms } from "./peer-terms.js";

type DirectionDoubts = readonly Doubt[];

/** What one subject's rules say in one direction, by what they tell of peers. */
type Subject = { readonly terms: PeerTerms; readonly byPeer: Map<string, DirectionDoubts> };

/**
 * Says why something of a row can't be told: the policies or rules by name. Peers that the rules of a subject do not tell
 * apart are decided once.
 */
export class RowDoubts {
  readonly #engine: PolicyEngine;
  readonly #book: PeerTermBook;
  readonly #subjects: Readonly<Record<Direction, Map<PolicyUnit, Subject>>> = {
    egress: new Map(),
    ingress: new Map(),
  };
  readonly #names = new Map<
    ConnectionSet,
    Map<DirectionDoubts, Map<DirectionDoubts, readonly string[]>>
  >();

  constructor(engine: PolicyEngine) {
    this.#engine = engine;
    this.#book = new PeerTermBook(engine.model);
  }

  /** At most `becauseMax` names, and how many there are beyond; none where all is certain. */
  because(row: Omit<ListRow, "allowed">): readonly string[] {
    const { source, destination, undetermined } = row;
    if (isEmptyConnections(undetermined)) return nobody;
    const egress = isUnit(source) ? this.#doubts("egress", source, destination) : noDoubts;
    const ingress = isUnit(destination) ? this.#doubts("ingress", destination, source) : noDoubts;
    const byEgress = at(this.#names, undetermined, () => new Map());
    const byIngress = at(byEgress, egress, () => new Map());
    return at(byIngress, ingress, () => namesOf([...egress, ...ingress], undetermined));
  }

  #doubts(direction: Direction, subject: PolicyUnit, peer: ListEnd): DirectionDoubts {
    const known = at(this.#subjects[direction], subject, () => ({
      terms: this.#book.termsOf(this.#decide(direction, subject, peer).policies, direction),
      byPeer: new Map<string, DirectionDoubts>(),
    }));
    const key = this.#book.keyOf(known.terms, peer);
    return at(known.byPeer, key, () => this.#decide(direction, subject, peer).doubts);
  }

  #decide(direction: Direction, subject: PolicyUnit, peer: ListEnd) {
    const [source, destination] = direction === "egress" ? [subject, peer] : [peer, subject];
    return this.#engine.decide(endpointOf(source), endpointOf(destination))[direction];
  }
}

const nobody: readonly string[] = Object.freeze([]);
const noDoubts: DirectionDoubts = Object.freeze([]);

const at = <K, V>(map: Map<K, V>, key: K, make: () => V): V => {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
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
