import {
  allId,
  type ConnectionId,
  type ConnectionTable,
  noneId,
} from "../sets/connection-table.js";
import {
  allConnections,
  type ConnectionSet,
  connectionsText,
  intersectConnections,
  isEmptyConnections,
  noConnections,
  unionConnections,
} from "../sets/connections.js";
import { pairOutcomesMax } from "./limits.js";

/** What a direction allows and what of it can't be told, as one number of an OutcomeTable. */
export type OutcomeId = number;

/** Nothing is allowed, for certain. */
export const denied: OutcomeId = 0;
/** Everything is allowed, for certain. */
export const open: OutcomeId = 1;

/** What both directions of a pair allow; equal ones are one object, as far as they are remembered. */
export type PairOutcome = {
  readonly allowed: ConnectionSet;
  readonly undetermined: ConnectionSet;
};

/** Nothing is allowed, for certain. */
export const deniedPair: PairOutcome = {
  allowed: noConnections,
  undetermined: noConnections,
};

/** Interns outcomes of directions, so that most pairs are judged by comparing two numbers. */
export class OutcomeTable {
  readonly #table: ConnectionTable;
  readonly #pairOutcomesMax: number;
  readonly #allowed: ConnectionId[] = [];
  readonly #undetermined: ConnectionId[] = [];
  readonly #ids = new Map<number, OutcomeId>();
  readonly #eithers = new Map<number, OutcomeId>();
  /** Outcomes of pairs of directions: there may be as many as the square of the directions', so they are forgotten. */
  readonly #pairs = new Map<number, PairOutcome>();
  readonly #pairsByText = new Map<string, PairOutcome>();

  /** `pairMax`: outcomes of pairs that are remembered. */
  constructor(table: ConnectionTable, pairMax = pairOutcomesMax) {
    this.#table = table;
    this.#pairOutcomesMax = pairMax;
    this.intern(noneId, noneId);
    this.intern(allId, noneId);
  }

  /** How many different outcomes of directions were seen. */
  get size(): number {
    return this.#allowed.length;
  }

  intern(allowed: ConnectionId, undetermined: ConnectionId): OutcomeId {
    const key = allowed * idBase + undetermined;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#allowed.length;
    this.#allowed.push(allowed);
    this.#undetermined.push(undetermined);
    this.#ids.set(key, id);
    return id;
  }

  /** The outcome where one of two holds and it isn't known which: what they do not agree on can't be told. */
  either(one: OutcomeId, other: OutcomeId): OutcomeId {
    if (one === other) return one;
    const key = one < other ? one * idBase + other : other * idBase + one;
    const known = this.#eithers.get(key);
    if (known !== undefined) return known;
    const table = this.#table;
    const [a, b] = [this.#allowedOf(one), this.#allowedOf(other)];
    const allowed = table.intersect(a, b);
    const unsure = table.union(this.#undeterminedOf(one), this.#undeterminedOf(other));
    const disputed = table.subtract(table.union(a, b), allowed);
    const outcome = this.intern(allowed, table.union(unsure, disputed));
    this.#eithers.set(key, outcome);
    return outcome;
  }

  /**
   * What both directions of a pair allow. Undetermined is what is so in one direction and not denied for certain by the
   * other.
   */
  both(egress: OutcomeId, ingress: OutcomeId): PairOutcome {
    if (egress === denied || ingress === denied) return deniedPair;
    const key = egress * idBase + ingress;
    const known = this.#pairs.get(key);
    if (known !== undefined) return known;
    const outcome = this.#sole(this.#combine(this.#setsOf(egress), this.#setsOf(ingress)));
    this.#pairs.set(key, outcome);
    return outcome;
  }

  #combine(egress: PairOutcome, ingress: PairOutcome): PairOutcome {
    const unsure = unionConnections(egress.undetermined, ingress.undetermined);
    return {
      allowed: intersectConnections(egress.allowed, ingress.allowed),
      undetermined: isEmptyConnections(unsure)
        ? noConnections
        : intersectConnections(
            unsure,
            intersectConnections(possibleOf(egress), possibleOf(ingress)),
          ),
    };
  }

  /** One object for equal outcomes, since whoever shows them tells by identity what was shown before. */
  #sole(outcome: PairOutcome): PairOutcome {
    if (this.#pairs.size >= this.#pairOutcomesMax) {
      this.#pairs.clear();
      this.#pairsByText.clear();
    }
    const { allowed, undetermined } = outcome;
    if (isEmptyConnections(allowed) && isEmptyConnections(undetermined)) return deniedPair;
    const text = `${connectionsText(allowed)} ${connectionsText(undetermined)}`;
    const known = this.#pairsByText.get(text);
    if (known !== undefined) return known;
    this.#pairsByText.set(text, outcome);
    return outcome;
  }

  #setsOf(id: OutcomeId): PairOutcome {
    if (id === open) return { allowed: allConnections, undetermined: noConnections };
    return {
      allowed: this.#table.get(this.#allowedOf(id)),
      undetermined: this.#table.get(this.#undeterminedOf(id)),
    };
  }

  #allowedOf(id: OutcomeId): ConnectionId {
    return this.#allowed[id] as ConnectionId;
  }

  #undeterminedOf(id: OutcomeId): ConnectionId {
    return this.#undetermined[id] as ConnectionId;
  }
}

const possibleOf = ({ allowed, undetermined }: PairOutcome): ConnectionSet =>
  unionConnections(allowed, undetermined);

/** More numbers than there are sets in any memory; two of them make one exact number. */
export const idBase = 0x400_0000;
