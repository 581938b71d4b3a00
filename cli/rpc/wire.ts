import type { DescEnum } from "@bufbuild/protobuf";
import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import {
  type Agent,
  AgentKindSchema,
  AgentStateSchema,
  type Cell,
  type Matrix,
  type Pair,
  type PairKind,
  PairStateSchema,
  type RunProbeResponse,
} from "../../gen/causeway/v1/mesh_pb.js";
import { OutcomeSchema } from "../../gen/causeway/v1/types_pb.js";
import type { AgentView, CellView, MatrixView, PairKindView, PairView, RunView } from "../model.js";

/** The word of an enumeration's value: its name in lower case without the prefix; "unknown_N" for one that is newer. */
export const wordFromEnum = (schema: DescEnum, value: number): string =>
  schema.value[value]?.name.slice(schema.sharedPrefix?.length ?? 0).toLowerCase() ??
  `unknown_${value}`;

const msFromTimestamp = (time: Timestamp | undefined): number | undefined =>
  time === undefined ? undefined : timestampMs(time);

/** An agent for display. */
export const agentFromWire = (agent: Agent): AgentView => ({
  agentId: agent.agentId,
  node: agent.node,
  plane: agent.plane,
  kind: wordFromEnum(AgentKindSchema, agent.kind),
  state: wordFromEnum(AgentStateSchema, agent.state),
  reason: agent.reason,
  version: agent.version,
  nodeIp: agent.nodeIp,
  podIp: agent.podIp,
  pod: agent.pod === "" ? "" : `${agent.namespace}/${agent.pod}`,
  zone: agent.zone,
  sinceMs: msFromTimestamp(agent.since),
  lastSeenMs: msFromTimestamp(agent.lastSeen),
  clockSkewUs: agent.clockSkewUs === undefined ? undefined : Number(agent.clockSkewUs),
  appliedRevision: String(agent.appliedRevision),
  spooledBatches: agent.spooledBatches,
  lostResults: Number(agent.lostResults),
  unavailable: agent.unavailable,
  planError: agent.planError,
});

/** A cell for display. */
export const cellFromWire = (cell: Cell): CellView => ({
  target: cell.target,
  kind: cell.kind,
  state: wordFromEnum(PairStateSchema, cell.state),
  rttUs: cell.rttUs,
  lossRatio: cell.lossRatio,
  sent: cell.sent,
  lost: cell.lost,
  outcome: wordFromEnum(OutcomeSchema, cell.outcome),
  measuredAtMs: msFromTimestamp(cell.measuredAt),
});

/** A matrix, or a frame of one, for display. */
export const matrixFromWire = (matrix: Matrix): MatrixView => ({
  sources: matrix.sources,
  targets: matrix.targets,
  rows: new Map(
    matrix.rows.map((row) => [
      row.source,
      new Map(row.cells.map((cell) => [cell.target, cellFromWire(cell)])),
    ]),
  ),
  notMeasured: matrix.notMeasured,
  whole: matrix.whole,
  serverTimeMs: msFromTimestamp(matrix.serverTime),
});

const pairKindFromWire = (kind: PairKind): PairKindView => ({
  kind: kind.kind,
  state: wordFromEnum(PairStateSchema, kind.state),
  destination: kind.destination,
  outcome: wordFromEnum(OutcomeSchema, kind.last?.outcome ?? 0),
  detail: kind.last?.detail ?? "",
  rttUs: kind.last?.rttUs,
  measuredAtMs: msFromTimestamp(kind.last?.measuredAt),
  sent: kind.window?.sent ?? 0,
  lost: kind.window?.lost ?? 0,
  rttUsP50: kind.window?.rttUsP50,
  rttUsP99: kind.window?.rttUsP99,
});

/** A pair for display. */
export const pairFromWire = (pair: Pair): PairView => ({
  source: pair.source,
  target: pair.target,
  kinds: pair.kinds.map(pairKindFromWire),
  reverse:
    pair.reverse === undefined
      ? undefined
      : {
          source: pair.reverse.source,
          target: pair.reverse.target,
          kinds: pair.reverse.kinds.map(pairKindFromWire),
        },
});

/** A run of probes for display. */
export const runFromWire = (run: RunProbeResponse): RunView => ({
  source: run.source,
  target: run.target,
  results: run.results.map((result) => ({
    kind: result.kind,
    destination: result.destination,
    outcome: wordFromEnum(OutcomeSchema, result.outcome),
    rttUs: result.rttUs,
    detail: result.detail,
  })),
});
