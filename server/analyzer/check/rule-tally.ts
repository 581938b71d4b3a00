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
  /** Why something can't be told. */
  readonly because: readonly string[];
};

/** What a pair makes of a rule. */
export type PairOutcome = "kept" | "broken" | "unsure";

/** What a pair makes of an assertion about connections, which are some. */
export const pairOutcome = (
  { kind, connections: asked }: Pick<CheckRule, "kind" | "connections">,
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
  readonly #counts = { kept: 0, broken: 0, unsure: 0 };
  readonly #rows: Readonly<Record<PairOutcome, ConnectionRowView[]>> = {
    kept: [],
    broken: [],
    unsure: [],
  };

  constructor(rule: CheckRule) {
    this.rule = rule;
  }

  /** `pair` is asked for when it is to be shown. */
  add(outcome: PairOutcome, pair: () => JudgedPair): void {
    this.#counts[outcome]++;
    const rows = this.#rows[outcome];
    if (outcome !== "kept" && rows.length < violationsMax) rows.push(rowOf(pair()));
  }

  /** The result; `nothing` says what was not there when there is no pair. */
  result(nothing: string): CheckResultView {
    const { kind, number, from, to, ports, line } = this.rule;
    return {
      kind,
      number,
      from: from.text,
      to: to.text,
      ports: ports.map(({ text }) => text),
      ...this.#outcome(nothing),
      line,
    };
  }

  #outcome(nothing: string): Pick<CheckResultView, "outcome" | "message" | "violations"> {
    const { kept, broken, unsure } = this.#counts;
    const count = kept + broken + unsure;
    const pairs = count === 1 ? "1 pair" : `${count} pairs`;
    const { all, some, none } = amountsOf(this.rule);
    const isPermit = this.rule.kind === "permit";
    if (count === 0) return { outcome: "vacuous", message: nothing, violations: [] };
    if (broken > 0) {
      const does = isPermit
        ? `${broken === 1 ? "does" : "do"} not allow ${all}`
        : `${allowWord(broken)} ${some}`;
      const message = `${broken} of ${pairs} ${does}`;
      return { outcome: "failed", message, violations: this.#rows.broken };
    }
    if (unsure > 0) {
      const message = `whether ${unsure} of ${pairs} ${allowWord(unsure)} ${isPermit ? all : some} can't be told`;
      return { outcome: "unknown", message, violations: this.#rows.unsure };
    }
    const message = `${pairs} ${allowWord(count)} ${isPermit ? all : none}`;
    return { outcome: "passed", message, violations: [] };
  }
}

const allowWord = (count: number): string => (count === 1 ? "allows" : "allow");

const amountsOf = ({
  ports,
}: CheckRule): { readonly all: string; readonly some: string; readonly none: string } => {
  if (ports.length === 0) {
    return { all: "all connections", some: "some connections", none: "no connection" };
  }
  const text = ports.map((port) => port.text).join(", ");
  return ports.length === 1 && ports[0]?.first === ports[0]?.last
    ? { all: text, some: text, none: `no ${text}` }
    : { all: `all of ${text}`, some: `some of ${text}`, none: `none of ${text}` };
};

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
  because,
});
