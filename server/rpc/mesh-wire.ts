import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Outcome as OutcomeName, outcomeNumber } from "../../common/probe.js";
import { timestampFromUnixMs } from "../../common/wire-values.js";
import {
  AgentKind,
  type AgentSchema,
  AgentState,
  type CellSchema,
  type MatrixSchema,
  type PairKindSchema,
  PairState,
} from "../../gen/causeway/v1/mesh_pb.js";
import type { Outcome } from "../../gen/causeway/v1/types_pb.js";
import type { LossView } from "../ingest/protocol.js";
import type { LegacyClientView } from "../mesh/legacy-clients.js";
import type { PairState as PairStateName } from "../mesh/matrix.js";
import type { FrameCell, MatrixFrame } from "../mesh/matrix-frame.js";
import { destinationOf, type MeshQuery, type MeshView, type PairCell } from "../mesh/mesh-view.js";
import type { AgentState as AgentStateName, AgentView } from "../session/protocol.js";

const agentStates: Readonly<Record<AgentStateName, AgentState>> = {
  up: AgentState.UP,
  suspect: AgentState.SUSPECT,
  lost: AgentState.LOST,
};

const pairStates: Readonly<Record<PairStateName, PairState>> = {
  ok: PairState.OK,
  degraded: PairState.DEGRADED,
  down: PairState.DOWN,
  stale: PairState.STALE,
  not_measured: PairState.NOT_MEASURED,
};

/** The wire's number of an outcome. */
export const outcomeToWire = (outcome: OutcomeName): Outcome => outcomeNumber(outcome) as Outcome;

/** A native agent as the API shows it. */
export const agentToWire = (
  agent: AgentView,
  loss: LossView,
): MessageInitShape<typeof AgentSchema> => ({
  agentId: agent.agentId,
  node: agent.node,
  plane: agent.plane,
  kind: AgentKind.NATIVE,
  state: agentStates[agent.state],
  reason: agent.reason,
  version: agent.version,
  nodeIp: agent.nodeIp,
  podIp: agent.podIps[0] ?? "",
  podIps: [...agent.podIps],
  pod: agent.pod,
  namespace: agent.namespace,
  zone: agent.zone,
  since: timestampFromUnixMs(agent.sinceUnixMs),
  lastSeen: timestampFromUnixMs(agent.lastSeenUnixMs),
  ...(agent.clockSkewUs === undefined
    ? {}
    : { clockSkewUs: BigInt(Math.round(agent.clockSkewUs)) }),
  appliedRevision: BigInt(agent.appliedRevision),
  spooledBatches: agent.spooledBatches,
  lostResults: BigInt(loss.lostResults),
  lostBatches: BigInt(loss.lostBatches),
  features: [...agent.features],
  unavailable: { ...agent.unavailable },
  planError: agent.planError,
});

/** A client of /api/v1 as the API shows it. */
export const legacyToWire = (client: LegacyClientView): MessageInitShape<typeof AgentSchema> => ({
  agentId: client.agentId,
  kind: AgentKind.LEGACY,
  state: agentStates[client.state],
  reason: client.reason,
  nodeIp: client.nodeIp,
  podIp: client.podIp,
  podIps: [client.podIp],
  pod: client.podName,
  namespace: client.namespace,
  since: timestampFromUnixMs(client.sinceUnixMs),
  lastSeen: timestampFromUnixMs(client.lastSeenUnixMs),
});

/** A cell as the API shows it. */
export const cellToWire = ({ cell, view }: FrameCell): MessageInitShape<typeof CellSchema> => ({
  target: cell.target,
  kind: cell.kind,
  state: pairStates[view.state],
  ...(view.rttUs === undefined ? {} : { rttUs: view.rttUs }),
  ...(view.sent === 0 ? {} : { lossRatio: view.lost / view.sent }),
  sent: view.sent,
  lost: view.lost,
  outcome: outcomeToWire(view.last.outcome),
  measuredAt: timestampFromUnixMs(view.last.measuredUnixUs / 1000),
});

/** A matrix, or a frame of it, as the API shows it. */
export const frameToWire = (
  frame: MatrixFrame,
  { whole, nowUnixUs }: { readonly whole: boolean; readonly nowUnixUs: number },
): MessageInitShape<typeof MatrixSchema> => ({
  sources: [...frame.sources],
  targets: [...frame.targets],
  rows: frame.rows.map(({ source, cells }) => ({ source, cells: cells.map(cellToWire) })),
  notMeasured: frame.notMeasured,
  whole,
  serverTime: timestampFromUnixMs(nowUnixUs / 1000),
});

/** One kind of a pair as the API shows it, measured or not. */
export const pairKindToWire = (
  cell: PairCell,
  { view, query }: { readonly view: MeshView; readonly query: MeshQuery },
): MessageInitShape<typeof PairKindSchema> => {
  const measured = view.view(cell, query);
  const quantiles = view.quantiles(cell, query);
  const destination = cell.entry === undefined ? "" : destinationOf(cell.entry.probe);
  const counts = { sent: measured?.sent ?? 0, lost: measured?.lost ?? 0 };
  const window =
    quantiles === undefined
      ? counts
      : { ...counts, rttUsP50: quantiles.p50, rttUsP99: quantiles.p99 };
  const kind = { kind: cell.kind, destination, window };
  if (measured === undefined) return { ...kind, state: PairState.NOT_MEASURED };
  const { outcome, rttUs, measuredUnixUs, detail } = measured.last;
  return {
    ...kind,
    state: pairStates[measured.state],
    last: {
      outcome: outcomeToWire(outcome),
      ...(rttUs === undefined ? {} : { rttUs }),
      measuredAt: timestampFromUnixMs(measuredUnixUs / 1000),
      detail,
    },
  };
};
