import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { Clock } from "../../common/clock.js";
import {
  AgentKind,
  type AgentSchema,
  AgentState,
  type GetMatrixRequest,
  type GetPairRequest,
  type ListAgentsRequest,
  type ListAgentsResponseSchema,
  type ListWorstPairsRequest,
  type ListWorstPairsResponseSchema,
  type MeshService,
  type PairSchema,
  type RunProbeRequest,
} from "../../gen/causeway/v1/mesh_pb.js";
import type { LossView } from "../ingest/protocol.js";
import type { LegacyClients } from "../mesh/legacy-clients.js";
import { type FrameQuery, matrixFrame, worstCells } from "../mesh/matrix-frame.js";
import type { MeshQuery, MeshView, PairCell } from "../mesh/mesh-view.js";
import { type Resolved, resolveAgent, resolveTarget, unresolvedText } from "../mesh/names.js";
import type { AgentState as AgentStateName, AgentView } from "../session/protocol.js";
import { RpcError } from "./errors.js";
import { getReport } from "./get-report.js";
import { agentToWire, cellToWire, frameToWire, legacyToWire, pairKindToWire } from "./mesh-wire.js";
import {
  pageToken,
  parseEnum,
  parseKind,
  parseName,
  parsePageSize,
  parsePlane,
  parseWindowS,
} from "./request-fields.js";
import { type ProbeRuns, parseRunRequest, runToWire } from "./run-probe.js";
import { createMatrixWatch } from "./watch-matrix.js";

/** What the service answers from. */
export type MeshServiceDeps = {
  readonly view: MeshView;
  readonly legacy: LegacyClients;
  /** What is known to be missing from an agent. */
  readonly loss: (agentId: string) => LossView;
  readonly runs: ProbeRuns;
  readonly clock: Clock;
};

const agentsPageDefault = 100;
const worstPageDefault = 20;

/** What the mesh of agents measures right now, and probes on demand. Faults are thrown as RpcErrors. */
export const createMeshService = (deps: MeshServiceDeps): ServiceImpl<typeof MeshService> => {
  const watchMatrix = createMatrixWatch(deps);
  return {
    listAgents: (request) => listAgents(deps, request),
    getAgent: ({ agentId }) => getAgent(deps, agentId),
    getMatrix: (request) => {
      const query = frameQuery(deps, request);
      const frame = matrixFrame(deps.view, query);
      return frameToWire(frame, { whole: true, nowUnixUs: query.nowUnixUs });
    },
    watchMatrix: (request, context) => {
      // Checked before the stream opens, so that a wrong field is a plain error.
      frameQuery(deps, request);
      return watchMatrix(() => frameQuery(deps, request), context.signal);
    },
    getPair: (request) => getPair(deps, request),
    listWorstPairs: (request) => listWorstPairs(deps, request),
    runProbe: (request, context) => runProbe(deps, request, context),
    getReport: (request) => getReport(deps, request),
  };
};

const nowUnixUs = ({ clock }: MeshServiceDeps): number => Math.floor(clock.wallMs() * 1000);

const frameQuery = (
  deps: MeshServiceDeps,
  { kind, plane, windowS }: Pick<GetMatrixRequest, "kind" | "plane" | "windowS">,
): FrameQuery => ({
  kind: parseKind(kind),
  plane: parsePlane(plane) ?? "pod",
  windowS: parseWindowS(windowS),
  nowUnixUs: nowUnixUs(deps),
});

const stateNames: Readonly<Record<number, AgentStateName>> = {
  [AgentState.UP]: "up",
  [AgentState.SUSPECT]: "suspect",
  [AgentState.LOST]: "lost",
};

const kindNames: Readonly<Record<number, "native" | "legacy">> = {
  [AgentKind.NATIVE]: "native",
  [AgentKind.LEGACY]: "legacy",
};

type Listed = {
  readonly agentId: string;
  readonly plane: string;
  readonly state: AgentStateName;
  readonly kind: "native" | "legacy";
  readonly toWire: () => MessageInitShape<typeof AgentSchema>;
};

const listed = ({ view, legacy, loss, clock }: MeshServiceDeps): Listed[] => {
  legacy.expire(clock.nowMs());
  return [
    ...view.agents().map((agent) => ({
      agentId: agent.agentId,
      plane: agent.plane,
      state: agent.state,
      kind: "native" as const,
      toWire: () => agentToWire(agent, loss(agent.agentId)),
    })),
    ...legacy.clients().map((client) => ({
      agentId: client.agentId,
      plane: "",
      state: client.state,
      kind: "legacy" as const,
      toWire: () => legacyToWire(client),
    })),
  ];
};

const listAgents = (
  deps: MeshServiceDeps,
  request: ListAgentsRequest,
): MessageInitShape<typeof ListAgentsResponseSchema> => {
  const size = parsePageSize(request.pageSize, agentsPageDefault);
  const plane = parsePlane(request.plane);
  const state = parseEnum("state", request.state, stateNames);
  const kind = parseEnum("kind", request.kind, kindNames);
  const filters = ["agents", plane ?? "", state ?? "", kind ?? ""];
  const after = pageToken.parse(request.pageToken, filters);
  const rest = listed(deps)
    .filter(
      (one) =>
        (plane === undefined || one.plane === plane) &&
        (state === undefined || one.state === state) &&
        (kind === undefined || one.kind === kind) &&
        (typeof after !== "string" || one.agentId > after),
    )
    .sort((a, b) => (a.agentId < b.agentId ? -1 : 1));
  const page = rest.slice(0, size);
  const last = rest.length > size ? page.at(-1) : undefined;
  return {
    agents: page.map(({ toWire }) => toWire()),
    nextPageToken: last === undefined ? "" : pageToken.print(filters, last.agentId),
  };
};

const getAgent = (deps: MeshServiceDeps, name: string): MessageInitShape<typeof AgentSchema> => {
  const all = listed(deps);
  const wanted = parseName("agent_id", name);
  const exact = all.find(({ agentId }) => agentId === wanted);
  if (exact !== undefined) return exact.toWire();
  const agent = found("agent_id", wanted, resolveAgent(wanted, deps.view.agents()));
  return agentToWire(agent, deps.loss(agent.agentId));
};

/** What a name meant; throws NOT_FOUND with a near miss, or INVALID_ARGUMENT with the candidates. */
const found = <T>(field: string, name: string, resolved: Resolved<T>): T => {
  if (resolved.kind === "found") return resolved.value;
  throw new RpcError({
    code: resolved.kind === "ambiguous" ? "invalid_argument" : "not_found",
    message: unresolvedText(field, name, resolved),
  });
};

const getPair = (
  deps: MeshServiceDeps,
  request: GetPairRequest,
): MessageInitShape<typeof PairSchema> => {
  const { view } = deps;
  const agents = view.agents();
  const query = { windowS: parseWindowS(request.windowS), nowUnixUs: nowUnixUs(deps) };
  const sourceName = parseName("source", request.source);
  const source = found("source", sourceName, resolveAgent(sourceName, agents));
  const targetName = parseName("target", request.target);
  const known = { agents, targets: view.targets() };
  const target = found("target", targetName, resolveTarget(targetName, known));
  const back = reverseOf(source, target, agents);
  const kindsOf = (from: AgentView, to: string) =>
    pairCells(view, from, { target: to, query }).map((cell) =>
      pairKindToWire(cell, { view, query }),
    );
  return {
    source: source.agentId,
    target,
    kinds: kindsOf(source, target),
    ...(back === undefined
      ? {}
      : {
          reverse: {
            source: back.source.agentId,
            target: back.target,
            kinds: kindsOf(back.source, back.target),
          },
        }),
  };
};

const pairCells = (
  view: MeshView,
  source: AgentView,
  { target, query }: { readonly target: string; readonly query: MeshQuery },
): PairCell[] =>
  view
    .cellsOf(source, query)
    .filter((cell) => cell.target === target)
    .sort((a, b) => (a.kind < b.kind ? -1 : 1));

/** The other direction: from the target's agent, or from the agent on the target's node, back to the source. */
const reverseOf = (
  source: AgentView,
  target: string,
  agents: readonly AgentView[],
): { readonly source: AgentView; readonly target: string } | undefined => {
  const agent = agents.find(({ agentId }) => agentId === target);
  if (agent !== undefined) {
    return agent === source ? undefined : { source: agent, target: source.agentId };
  }
  const onNode = agents.find(
    ({ node, plane }) => target === `node/${node}` && plane === source.plane,
  );
  return onNode === undefined || onNode === source
    ? undefined
    : { source: onNode, target: `node/${source.node}` };
};

const listWorstPairs = (
  deps: MeshServiceDeps,
  request: ListWorstPairsRequest,
): MessageInitShape<typeof ListWorstPairsResponseSchema> => {
  const size = parsePageSize(request.pageSize, worstPageDefault);
  const kind = parseKind(request.kind);
  const plane = parsePlane(request.plane);
  const windowS = parseWindowS(request.windowS);
  const filters = ["worst", kind ?? "", plane ?? "", windowS];
  const after = pageToken.parse(request.pageToken, filters);
  const start = typeof after === "number" && Number.isSafeInteger(after) && after > 0 ? after : 0;
  const cells = worstCells(deps.view, { kind, plane, windowS, nowUnixUs: nowUnixUs(deps) });
  const end = start + size;
  return {
    pairs: cells.slice(start, end).map((one) => ({
      source: one.cell.source.agentId,
      cell: cellToWire(one),
    })),
    nextPageToken: cells.length > end ? pageToken.print(filters, end) : "",
  };
};

const runProbe = async (
  { view, runs }: MeshServiceDeps,
  request: RunProbeRequest,
  context: HandlerContext,
) => {
  const run = parseRunRequest(request, view);
  const callerMs = context.timeoutMs();
  const outcome = await runs.run({
    agentId: run.source.agentId,
    probes: run.probes,
    deadlineMs: Math.min(run.deadlineMs, callerMs ?? run.deadlineMs),
    signal: context.signal,
  });
  return runToWire(run, outcome);
};
