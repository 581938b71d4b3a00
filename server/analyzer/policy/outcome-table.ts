import {
  allId,
  type ConnectionId,
  type ConnectionTable,
  noneId,
} from "../sets/connection-table.js";

/** What a direction, or a pair, allows and what of it can't be told, as one number of an OutcomeTable. */
export type OutcomeId = number;

/** Nothing is allowed, for certain. */
export const denied: OutcomeId = 0;
/** Everything is allowed, for certain. */
export const open: OutcomeId = 1;

/** Interns outcomes, so that most pairs are judged by comparing two numbers. */
export class OutcomeTable {
  readonly #table: ConnectionTable;
  readonly #allowed: ConnectionId[] = [];
  readonly #undetermined: ConnectionId[] = [];
  readonly #ids = new Map<number, OutcomeId>();
  readonly #pairs = new Map<number, OutcomeId>();

  constructor(table: ConnectionTable) {
    this.#table = table;
    this.intern(noneId, noneId);
    this.intern(allId, noneId);
  }

  /** How many different outcomes were seen. */
  get size(): number {
    return this.#allowed.length;
  }

  intern(allowed: ConnectionId, undetermined: ConnectionId): OutcomeId {
    const key = allowed * keyBase + undetermined;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#allowed.length;
    this.#allowed.push(allowed);
    this.#undetermined.push(undetermined);
    this.#ids.set(key, id);
    return id;
  }

  allowedOf(id: OutcomeId): ConnectionId {
    return this.#allowed[id] as ConnectionId;
  }

  undeterminedOf(id: OutcomeId): ConnectionId {
    return this.#undetermined[id] as ConnectionId;
  }

  /**
   * What both directions of a pair allow. Undetermined is what is so in one direction and not denied for certain by the
   * other.
   */
  both(egress: OutcomeId, ingress: OutcomeId): OutcomeId {
    if (egress === denied || ingress === denied) return denied;
    if (egress === open || egress === ingress) return ingress;
    if (ingress === open) return egress;
    const key = egress * keyBase + ingress;
    const known = this.#pairs.get(key);
    if (known !== undefined) return known;
    const outcome = this.#combine(egress, ingress);
    this.#pairs.set(key, outcome);
    return outcome;
  }

  #combine(egress: OutcomeId, ingress: OutcomeId): OutcomeId {
    const table = this.#table;
    const [oneAllowed, otherAllowed] = [this.allowedOf(egress), this.allowedOf(ingress)];
    const [oneOpen, otherOpen] = [this.undeterminedOf(egress), this.undeterminedOf(ingress)];
    const possible = table.intersect(
      table.union(oneAllowed, oneOpen),
      table.union(otherAllowed, otherOpen),
    );
    return this.intern(
      table.intersect(oneAllowed, otherAllowed),
      table.intersect(table.union(oneOpen, otherOpen), possible),
    );
  }
}

/** Ids stay below it: a set takes more than a hundred bytes, so that many fill any memory before. */
const keyBase = 0x400_0000;
