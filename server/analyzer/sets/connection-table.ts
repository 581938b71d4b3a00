import {
  allConnections,
  type ConnectionSet,
  connectionsText,
  intersectConnections,
  noConnections,
  subtractConnections,
  unionConnections,
} from "./connections.js";
import { connectionMemoMax } from "./limits.js";

/** A connection set by its number in one table; equal numbers are equal sets. */
export type ConnectionId = number;

/** The number of the empty set in every table. */
export const noneId: ConnectionId = 0;
/** The number of the full set in every table. */
export const allId: ConnectionId = 1;

/**
 * Interns connection sets, so that a set is a number and an operation on two sets is a look-up: a cluster of thousands of
 * policies holds a few hundred different sets.
 */
export class ConnectionTable {
  readonly #sets: ConnectionSet[] = [];
  readonly #ids = new Map<string, ConnectionId>();
  readonly #unions = new Map<number, ConnectionId>();
  readonly #intersections = new Map<number, ConnectionId>();
  readonly #differences = new Map<number, ConnectionId>();

  readonly #memoMax: number;

  /** `memoMax`: results of one operation that are remembered. */
  constructor(memoMax = connectionMemoMax) {
    this.#memoMax = memoMax;
    this.intern(noConnections);
    this.intern(allConnections);
  }

  /** How many different sets were seen. */
  get size(): number {
    return this.#sets.length;
  }

  /** The number of a set. */
  intern(set: ConnectionSet): ConnectionId {
    const text = connectionsText(set);
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const id = this.#sets.length;
    this.#sets.push(set);
    this.#ids.set(text, id);
    return id;
  }

  /** The set of a number that this table gave. */
  get(id: ConnectionId): ConnectionSet {
    return this.#sets[id] as ConnectionSet;
  }

  /** Connections in either. */
  union(one: ConnectionId, other: ConnectionId): ConnectionId {
    if (one === other || other === noneId || one === allId) return one;
    if (one === noneId || other === allId) return other;
    const [low, high] = one < other ? [one, other] : [other, one];
    return this.#memo(this.#unions, low, high, unionConnections);
  }

  /** Connections in both. */
  intersect(one: ConnectionId, other: ConnectionId): ConnectionId {
    if (one === other || other === allId || one === noneId) return one;
    if (one === allId || other === noneId) return other;
    const [low, high] = one < other ? [one, other] : [other, one];
    return this.#memo(this.#intersections, low, high, intersectConnections);
  }

  /** Connections of the first that are not in the second. */
  subtract(from: ConnectionId, other: ConnectionId): ConnectionId {
    if (from === other || from === noneId || other === allId) return noneId;
    if (other === noneId) return from;
    return this.#memo(this.#differences, from, other, subtractConnections);
  }

  #memo(
    results: Map<number, ConnectionId>,
    one: ConnectionId,
    other: ConnectionId,
    operation: (one: ConnectionSet, other: ConnectionSet) => ConnectionSet,
  ): ConnectionId {
    const key = one * idBase + other;
    const known = results.get(key);
    if (known !== undefined) return known;
    const result = this.intern(operation(this.get(one), this.get(other)));
    if (results.size >= this.#memoMax) results.clear();
    results.set(key, result);
    return result;
  }
}

/** More numbers than there are sets in any memory; two of them make one exact number. */
const idBase = 0x400_0000;
