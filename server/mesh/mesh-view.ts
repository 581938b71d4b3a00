import type { PlanEntry } from "../../common/agent-stream.js";
import { type ProbeKind, type ProbeSpec, parseTargetKey } from "../../common/probe.js";
import type { AgentView } from "../session/protocol.js";
import { type CellView, type Matrix, type PairState, stalePeriods } from "./matrix.js";

/** The agents as queries see them; the control plane. */
export interface AgentDirectory {
  /** Every listed agent, by agent_id. */
  agents(): readonly AgentView[];
  /** One listed agent. */
  agent(agentId: string): AgentView | undefined;
}

/** What the view puts together. */
export type MeshParts = {
  readonly directory: AgentDirectory;
  /** The newest plan made for an agent, its own entries included. */
  readonly planFor: (agentId: string) => readonly PlanEntry[];
  readonly matrix: Matrix;
  readonly interner: { keyOf(id: number): string | undefined };
};

/** One kind of probe from one agent to one target. */
export type PairCell = {
  readonly source: AgentView;
  /** agent_id, node/NAME or dns/NAME. */
  readonly target: string;
  readonly kind: ProbeKind;
  readonly targetId: number;
  /** Undefined when it is not planned any more. */
  readonly entry: PlanEntry | undefined;
  readonly periodMs: number;
};

/** A cell with what was measured; undefined when nothing was. */
export type MeasuredCell = PairCell & { readonly view: CellView | undefined };

/** Point and width of a look at the matrix. */
export type MeshQuery = { readonly nowUnixUs: number; readonly windowS: number };

/** A former look at the matrix. */
export type MatrixMark = { readonly seq: number; readonly nowUnixUs: number };

/** Period of what is not planned any more: the longest default interval. */
const unplannedPeriodMs = 60_000;

type ParsedPlan = {
  readonly cells: readonly Omit<PairCell, "source">[];
  readonly ids: ReadonlySet<number>;
};

/** Puts agents, plans and measurements side by side. */
export class MeshView {
  readonly #parts: MeshParts;
  /** Plans are immutable snapshots: each is taken apart once. */
  readonly #parsed = new WeakMap<readonly PlanEntry[], ParsedPlan>();

  constructor(parts: MeshParts) {
    this.#parts = parts;
  }

  /** Every listed agent. */
  agents(): readonly AgentView[] {
    return this.#parts.directory.agents();
  }

  /** One listed agent. */
  agent(agentId: string): AgentView | undefined {
    return this.#parts.directory.agent(agentId);
  }

  /** Whether anything was measured: grows with every batch. */
  get seq(): number {
    return this.#parts.matrix.seq;
  }

  /** The sequence number of a cell's newest batch; 0 for none. */
  cellSeq(cell: PairCell): number {
    return this.#parts.matrix.cellSeq(cell.source.agentId, cell.targetId);
  }

  /** Whether a cell was measured anew, or became stale, after that look. */
  hasChanged(cell: PairCell, since: MatrixMark, nowUnixUs: number): boolean {
    if (this.cellSeq(cell) > since.seq) return true;
    const lastUnixUs = this.#parts.matrix.lastUnixUs(cell.source.agentId, cell.targetId);
    const staleUs = lastUnixUs + stalePeriods * cell.periodMs * 1000;
    return lastUnixUs > 0 && staleUs > since.nowUnixUs && staleUs <= nowUnixUs;
  }

  /** What an agent is to measure, and what it measured of late without being planned any more. */
  cellsOf(source: AgentView, query: MeshQuery): PairCell[] {
    const plan = this.#planOf(source.agentId);
    const cells: PairCell[] = [];
    for (const cell of plan.cells) {
      const entry = cell.entry;
      if (entry !== undefined && isOwn(entry, source)) continue;
      cells.push({ source, ...cell });
    }
    for (const targetId of this.#parts.matrix.targetsOf(source.agentId)) {
      const cell = plan.ids.has(targetId) ? undefined : this.#unplanned(source, targetId, query);
      if (cell !== undefined) cells.push(cell);
    }
    return cells;
  }

  /** The planned entries of an agent for one target. */
  entriesFor(source: AgentView, target: string): PlanEntry[] {
    return this.#planOf(source.agentId).cells.flatMap((cell) =>
      cell.target === target && cell.entry !== undefined && !isOwn(cell.entry, source)
        ? [cell.entry]
        : [],
    );
  }

  /** Every target that any agent is planned to measure. */
  targets(): Set<string> {
    const targets = new Set<string>();
    const seen = new Set<readonly PlanEntry[]>();
    for (const { agentId } of this.agents()) {
      const plan = this.#parts.planFor(agentId);
      if (seen.has(plan)) continue;
      seen.add(plan);
      for (const { target } of this.#planOf(agentId).cells) targets.add(target);
    }
    return targets;
  }

  /** What a cell shows; undefined when nothing was measured. */
  view(cell: PairCell, query: MeshQuery): CellView | undefined {
    const { source, targetId, periodMs } = cell;
    return this.#parts.matrix.cell(source.agentId, targetId, { ...query, periodMs });
  }

  /** Percentiles of a cell; undefined when the window has no good answer. */
  quantiles(cell: PairCell, query: MeshQuery) {
    return this.#parts.matrix.quantiles(cell.source.agentId, cell.targetId, query);
  }

  /** Round-trip times of a cell's good answers in the window. */
  goodRtts(cell: PairCell, { nowUnixUs, windowS }: MeshQuery): number[] {
    const sinceUnixUs = nowUnixUs - windowS * 1_000_000;
    return this.#parts.matrix.goodRtts(cell.source.agentId, cell.targetId, sinceUnixUs);
  }

  #planOf(agentId: string): ParsedPlan {
    const entries = this.#parts.planFor(agentId);
    const known = this.#parsed.get(entries);
    if (known !== undefined) return known;
    const cells = entries.flatMap((entry) => {
      const key = parseTargetKey(entry.key);
      const { id: targetId, intervalMs: periodMs } = entry;
      return key === undefined ? [] : [{ ...key, targetId, entry, periodMs }];
    });
    const plan = { cells, ids: new Set(entries.map(({ id }) => id)) };
    this.#parsed.set(entries, plan);
    return plan;
  }

  #unplanned(source: AgentView, targetId: number, query: MeshQuery): PairCell | undefined {
    const key = parseTargetKey(this.#parts.interner.keyOf(targetId) ?? "");
    if (key === undefined) return undefined;
    const cell = { source, ...key, targetId, entry: undefined, periodMs: unplannedPeriodMs };
    return this.view(cell, query)?.state === "stale" ? undefined : cell;
  }
}

/** Whether an entry is about the agent itself, which skips it. */
export const isOwn = (
  entry: PlanEntry,
  agent: { readonly agentId: string; readonly node: string },
): boolean =>
  (entry.agentId !== "" && entry.agentId === agent.agentId) ||
  (entry.node !== "" && entry.node === agent.node);

/** The state of a cell that may not have been measured. */
export const stateOfView = (view: CellView | undefined): PairState => view?.state ?? "not_measured";

const badness: Readonly<Record<PairState, number>> = {
  down: 4,
  degraded: 3,
  stale: 2,
  ok: 1,
  not_measured: 0,
};

/** Orders cells worst first: by state, then loss, then round-trip time. */
export const compareWorst = (a: CellView | undefined, b: CellView | undefined): number =>
  badness[stateOfView(b)] - badness[stateOfView(a)] ||
  lossRatio(b) - lossRatio(a) ||
  (b?.rttUs ?? 0) - (a?.rttUs ?? 0);

const lossRatio = (view: CellView | undefined): number =>
  view === undefined || view.sent === 0 ? 0 : view.lost / view.sent;

/** Where a probe goes: ADDRESS, ADDRESS:PORT, NAME:PORT or a name. */
export const destinationOf = ({ kind, address, port, hostName }: ProbeSpec): string => {
  if (kind === "dns") return hostName;
  const host = address === "" ? hostName : address;
  if (kind === "icmp" || port === 0) return host;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
};
