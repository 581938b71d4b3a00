import type { CheckResultView, ConnectionRowView } from "../answers.js";
import {
  type ConnectionSet,
  connectionsText,
  intersectConnections,
  isEmptyConnections,
  isSubsetOfConnections,
  subtractConnections,
} from "../sets/connections.js";
import type { CheckRule } from "./check-rule.js";
import { violationsMax } from "./limits.js";

/** What one pair of a rule may do. */
export type JudgedPair = {
  readonly source: string;
  readonly destination: string;
  readonly allowed: ConnectionSet;
  readonly undetermined: ConnectionSet;
  /** Why something can't be told; asked for the pairs that are shown. */
  readonly because: () => readonly string[];
};

/** What a pair makes of a rule. */
export type PairOutcome = "kept" | "broken" | "unsure";

/** What a pair makes of an assertion about connections, which are some. */
export const pairOutcome = (
  kind: CheckRule["kind"],
  asked: ConnectionSet,
  { allowed, undetermined }: Pick<JudgedPair, "allowed" | "undetermined">,
): PairOutcome => {
  const certain = subtractConnections(allowed, undetermined);
  const isOpen = !isEmptyConnections(intersectConnections(asked, undetermined));
  if (kind === "forbid") {
    if (!isEmptyConnections(intersectConnections(asked, certain))) return "broken";
    return isOpen ? "unsure" : "kept";
  }
  const missing = subtractConnections(asked, certain);
  if (isEmptyConnections(missing)) return "kept";
  return isSubsetOfConnections(missing, undetermined) ? "unsure" : "broken";
};

/** Counts the pairs of a rule by what they make of it, and keeps the first that break it or can't be told. */
export class RuleTally {
  readonly rule: CheckRule;
  readonly #broken: ConnectionRowView[] = [];
  readonly #unsure: ConnectionRowView[] = [];
  #pairs = 0;
  #brokenCount = 0;
  #unsureCount = 0;

  constructor(rule: CheckRule) {
    this.rule = rule;
  }

  add(pair: JudgedPair, outcome: PairOutcome): void {
    this.#pairs++;
    if (outcome === "kept") return;
    const rows = outcome === "broken" ? this.#broken : this.#unsure;
    if (outcome === "broken") this.#brokenCount++;
    else this.#unsureCount++;
    if (rows.length < violationsMax) rows.push(rowOf(pair));
  }

  /** The result; `nothing` says what was not there when there is no pair. */
  result(nothing: string): CheckResultView {
    const { kind, number, from, to, ports, line } = this.rule;
    const rule = { kind, number, from: from.text, to: to.text, line };
    return { ...rule, ports: ports.map(({ text }) => text), ...this.#outcome(nothing) };
  }

  #outcome(nothing: string): Pick<CheckResultView, "outcome" | "message" | "violations"> {
    const what = portsText(this.rule);
    const of = `of ${this.#pairs} ${this.#pairs === 1 ? "pair" : "pairs"}`;
    if (this.#pairs === 0) return { outcome: "vacuous", message: nothing, violations: [] };
    if (this.#brokenCount > 0) {
      const does = this.rule.kind === "permit" ? "not allowed all of" : "allowed some of";
      return {
        outcome: "failed",
        message: `${this.#brokenCount} ${of} ${isOrAre(this.#brokenCount)} ${does} ${what}`,
        violations: this.#broken,
      };
    }
    if (this.#unsureCount > 0) {
      return {
        outcome: "unknown",
        message: `${this.#unsureCount} ${of} can't be told for ${what}`,
        violations: this.#unsure,
      };
    }
    const does = this.rule.kind === "permit" ? "allow all of" : "allow none of";
    return { outcome: "passed", message: `all ${of} ${does} ${what}`, violations: [] };
  }
}

const isOrAre = (count: number): string => (count === 1 ? "is" : "are");

const portsText = ({ ports }: CheckRule): string =>
  ports.length === 0 ? "all connections" : ports.map(({ text }) => text).join(", ");

const rowOf = ({
  source,
  destination,
  allowed,
  undetermined,
  because,
}: JudgedPair): ConnectionRowView => ({
  source,
  destination,
  connections: connectionsText(subtractConnections(allowed, undetermined)),
  undetermined: isEmptyConnections(undetermined) ? "" : connectionsText(undetermined),
  because: because(),
});
