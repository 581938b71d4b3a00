import type { AgentView, CellView, MatrixView } from "../model.js";

/** What the demo knows of the mesh. */
export type MeshNews = {
  readonly agents: readonly AgentView[];
  readonly matrix: MatrixView | undefined;
};

/** Lines that say what changed; pairs beyond this are counted, since one fault changes many at once. */
const pairLinesMax = 8;

/** What changed between two looks at the mesh, one line each. */
export const newsLines = (before: MeshNews, after: MeshNews): readonly string[] => [
  ...agentLines(before.agents, after.agents),
  ...pairLines(before.matrix, after.matrix),
];

/**
 * Whether every agent has measured every other one and its node. `agentIds` are those that take part; a node's name is its
 * agent's without the plane.
 */
export const isFullMatrix = (matrix: MatrixView, agentIds: readonly string[]): boolean =>
  agentIds.every((source) =>
    agentIds
      .filter((target) => target !== source)
      .flatMap((target) => [target, `node/${target.replace(/\.[a-z]+$/, "")}`])
      .every((target) => isMeasured(matrix.rows.get(source)?.get(target))),
  );

const isMeasured = (cell: CellView | undefined): boolean =>
  cell !== undefined && cell.state !== "not_measured" && cell.measuredAtMs !== undefined;

const agentLines = (
  before: readonly AgentView[],
  after: readonly AgentView[],
): readonly string[] => {
  const former = new Map(before.map((agent) => [agent.agentId, agent]));
  return after.flatMap((agent) => {
    const old = former.get(agent.agentId);
    const lines: string[] = [];
    if (old?.state !== agent.state) {
      lines.push(
        agent.state === "up"
          ? `agent ${agent.agentId} is ${wasAway(old) ? "back" : "up"}`
          : `agent ${agent.agentId} is ${agent.state}: ${agent.reason}`,
      );
    }
    for (const [ability, reason] of Object.entries(agent.unavailable)) {
      if (old?.unavailable[ability] === undefined) {
        lines.push(`agent ${agent.agentId} cannot measure ${ability}: ${reason}`);
      }
    }
    return lines;
  });
};

const wasAway = (agent: AgentView | undefined): boolean =>
  agent !== undefined && agent.state !== "up";

const pairLines = (
  before: MatrixView | undefined,
  after: MatrixView | undefined,
): readonly string[] => {
  const lines: string[] = [];
  for (const [source, cells] of after?.rows ?? []) {
    for (const [target, cell] of cells) {
      const old = before?.rows.get(source)?.get(target);
      if (isWorthSaying(old, cell)) lines.push(pairLine(source, target, cell));
    }
  }
  return lines.length <= pairLinesMax
    ? lines
    : [
        ...lines.slice(0, pairLinesMax),
        `… and ${lines.length - pairLinesMax} more pairs changed their state`,
      ];
};

const pairLine = (source: string, target: string, cell: CellView): string => {
  const why = cell.state === "down" || cell.state === "degraded" ? ` (${cell.outcome})` : "";
  return `${source} -> ${target} ${cell.kind}: ${cell.state}${why}`;
};

/** A first measurement that is good is no news; every other change of state is. */
const isWorthSaying = (old: CellView | undefined, cell: CellView): boolean => {
  const wasSilent = old === undefined || old.state === "not_measured";
  if (cell.state === "not_measured") return false;
  return wasSilent ? cell.state !== "ok" : old.state !== cell.state;
};
