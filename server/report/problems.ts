import type { Outcome, ProbeKind } from "../../common/probe.js";
import { type CheckerSources, hostRows, podRows, serviceRows } from "../mesh/checker-results.js";
import type { CellView } from "../mesh/matrix.js";
import { destinationOf, type MeshQuery, type MeshView, type PairCell } from "../mesh/mesh-view.js";

/** How bad a problem is. */
export type Severity = "critical" | "high" | "medium";

/** One kind of probe that fails, or loses packets, on the way to a target. */
export type BrokenKind = {
  readonly kind: ProbeKind;
  readonly state: "down" | "degraded" | "stale";
  readonly outcome: Outcome;
  readonly detail: string;
  readonly destination: string;
  readonly sent: number;
  readonly lost: number;
  readonly measuredUnixUs: number;
};

/** Something that is broken. */
export type Problem =
  | {
      readonly kind: "agent_gone";
      readonly severity: Severity;
      readonly agentId: string;
      readonly state: "suspect" | "lost";
      readonly reason: string;
      readonly sinceUnixMs: number;
    }
  /** No source reaches the target by these kinds. */
  | {
      readonly kind: "target_down";
      readonly severity: Severity;
      readonly target: string;
      readonly sourceCount: number;
      readonly broken: readonly BrokenKind[];
      readonly working: readonly ProbeKind[];
    }
  /** The source reaches no target by these kinds. */
  | {
      readonly kind: "source_down";
      readonly severity: Severity;
      readonly source: string;
      readonly targetCount: number;
      readonly broken: readonly BrokenKind[];
      readonly working: readonly ProbeKind[];
    }
  | {
      readonly kind: "pair";
      readonly severity: Severity;
      readonly source: string;
      readonly target: string;
      readonly broken: readonly BrokenKind[];
      readonly working: readonly ProbeKind[];
    }
  /** A test that a client of /api/v1 posted. */
  | {
      readonly kind: "posted";
      readonly severity: Severity;
      readonly source: string;
      readonly target: string;
      readonly ping: "reachable" | "unreachable";
      readonly port: "open" | "closed" | "unknown";
    }
  | {
      readonly kind: "plan_refused";
      readonly severity: Severity;
      readonly agentId: string;
      readonly error: string;
    };

/** What is broken, worst first. What one cause explains is one problem: a dead target is not a problem of each source. */
export const findProblems = (sources: CheckerSources, query: MeshQuery): Problem[] => {
  const { view } = sources;
  const problems: Problem[] = [...agentProblems(view)];
  const cells = freshCells(view, query);
  const targets = groupsDown(cells, { by: ({ cell }) => cell.target });
  const rest = cells.filter((one) => !targets.explained.has(one));
  const probers = groupsDown(rest, { by: ({ cell }) => cell.source.agentId });
  for (const [target, group] of targets.groups) {
    const { broken, working, count } = group;
    problems.push({
      kind: "target_down",
      severity: "critical",
      target,
      sourceCount: count,
      broken,
      working,
    });
  }
  for (const [source, group] of probers.groups) {
    const { broken, working, count } = group;
    problems.push({
      kind: "source_down",
      severity: "critical",
      source,
      targetCount: count,
      broken,
      working,
    });
  }
  problems.push(...pairProblems(rest.filter((one) => !probers.explained.has(one))));
  problems.push(...postedProblems(sources, query));
  return problems.sort((a, b) => rank[a.severity] - rank[b.severity]);
};

const rank: Readonly<Record<Severity, number>> = { critical: 0, high: 1, medium: 2 };

const agentProblems = (view: MeshView): Problem[] =>
  view.agents().flatMap((agent): Problem[] => {
    const { agentId, state, reason, sinceUnixMs, planError } = agent;
    const problems: Problem[] = [];
    if (state !== "up") {
      const severity = state === "lost" ? "critical" : "high";
      problems.push({ kind: "agent_gone", severity, agentId, state, reason, sinceUnixMs });
    }
    if (planError !== "") {
      problems.push({ kind: "plan_refused", severity: "medium", agentId, error: planError });
    }
    return problems;
  });

type Cell = { readonly cell: PairCell; readonly view: CellView };

/** What agents that are there measured; what a lost agent measured is explained by its loss. */
const freshCells = (view: MeshView, query: MeshQuery): Cell[] =>
  view.agents().flatMap((agent) =>
    agent.state === "lost"
      ? []
      : view.cellsOf(agent, query).flatMap((cell) => {
          const measured = view.view(cell, query);
          const known = measured !== undefined && measured.state !== "not_measured";
          return known ? [{ cell, view: measured }] : [];
        }),
  );

type Group = {
  readonly broken: readonly BrokenKind[];
  readonly working: readonly ProbeKind[];
  /** Pairs of the largest kind. */
  readonly count: number;
};

type Groups = {
  readonly groups: ReadonlyMap<string, Group>;
  /** Cells that a group speaks for. */
  readonly explained: ReadonlySet<Cell>;
};

/** At least so many pairs that are all down are one problem. */
const groupPairsMin = 2;

const groupsDown = (
  cells: readonly Cell[],
  { by }: { readonly by: (cell: Cell) => string },
): Groups => {
  const groups = new Map<string, Group>();
  const explained = new Set<Cell>();
  for (const [name, members] of grouped(cells, by)) {
    const kinds = [...grouped(members, ({ cell }) => cell.kind).values()];
    const down = kinds.filter(isGroupDown);
    if (down.length === 0) continue;
    for (const one of down.flat()) explained.add(one);
    groups.set(name, {
      broken: down.map((ofKind) => brokenOf(mostCommon(ofKind))),
      working: kinds.filter(isGroupWorking).flatMap(([one]) => one?.cell.kind ?? []),
      count: Math.max(...down.map(({ length }) => length)),
    });
  }
  return { groups, explained };
};

const isGroupDown = (cells: readonly Cell[]): boolean =>
  cells.length >= groupPairsMin && cells.every(({ view }) => view.state === "down");

const isGroupWorking = (cells: readonly Cell[]): boolean =>
  cells.every(({ view }) => view.state === "ok");

const grouped = (cells: readonly Cell[], by: (cell: Cell) => string): Map<string, Cell[]> => {
  const groups = new Map<string, Cell[]>();
  for (const cell of cells) {
    const name = by(cell);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [cell]);
    else group.push(cell);
  }
  return groups;
};

const mostCommon = (cells: readonly Cell[]): Cell => {
  const [most] = [...grouped(cells, ({ view }) => view.last.outcome).values()].sort(
    (a, b) => b.length - a.length,
  );
  const cell = most?.[0] ?? cells[0];
  if (cell === undefined) throw new Error("broken invariant: a group has members");
  return cell;
};

const brokenOf = ({ cell, view }: Cell): BrokenKind => ({
  kind: cell.kind,
  state: view.state === "down" ? "down" : view.state === "stale" ? "stale" : "degraded",
  outcome: view.last.outcome,
  detail: view.last.detail,
  destination: cell.entry === undefined ? "" : destinationOf(cell.entry.probe),
  sent: view.sent,
  lost: view.lost,
  measuredUnixUs: view.last.measuredUnixUs,
});

const pairProblems = (cells: readonly Cell[]): Problem[] => {
  const pairs = grouped(cells, ({ cell }) => `${cell.source.agentId} ${cell.target}`);
  return [...pairs.values()].flatMap((members): Problem[] => {
    const broken = members.filter(({ view }) => view.state !== "ok").map(brokenOf);
    const [first] = members;
    if (broken.length === 0 || first === undefined) return [];
    const working = members.filter(({ view }) => view.state === "ok").map(({ cell }) => cell.kind);
    const severity = broken.some(({ state }) => state === "down") ? "high" : "medium";
    const { source, target } = first.cell;
    return [{ kind: "pair", severity, source: source.agentId, target, broken, working }];
  });
};

/** Failed tests of clients of /api/v1; those of our own agents are in the matrix, with a reason. */
const postedProblems = ({ legacy, view }: CheckerSources, query: MeshQuery): Problem[] => {
  const own = new Set(view.agents().flatMap(({ nodeIp, podIps }) => [nodeIp, ...podIps]));
  const sources = { legacy, view };
  const tests = [...hostRows(sources, query), ...podRows(sources, query)].map((row) => ({
    ...row,
    failed: row.ping === "unreachable" || row.port === "closed",
  }));
  const services = serviceRows(sources, query).map(({ ports, ...row }) => {
    const open = Object.values(ports).every((port) => port === "open");
    const resolved = Object.keys(ports).length > 0;
    const port = !resolved ? ("unknown" as const) : open ? ("open" as const) : ("closed" as const);
    return { ...row, port, failed: row.ping === "unreachable" || port !== "open" };
  });
  return [...tests, ...services].flatMap(({ failed, source, target, ping, port }): Problem[] =>
    failed && !own.has(source)
      ? [{ kind: "posted", severity: "high", source, target, ping, port }]
      : [],
  );
};
