import { type DescMessage, type JsonValue, type MessageShape, toJson } from "@bufbuild/protobuf";
import {
  type CallOptions,
  type Client,
  Code,
  ConnectError,
  createClient,
} from "@connectrpc/connect";
import {
  type Agent,
  GetReportResponseSchema,
  ListAgentsResponseSchema,
  ListWorstPairsResponseSchema,
  MatrixSchema,
  MeshService,
  PairSchema,
  RunProbeResponseSchema,
} from "../../gen/causeway/v1/mesh_pb.js";
import { CliError, exitCodes } from "../exit.js";
import { agentPagesMax, agentsPageSize, readTimeoutMs } from "../limits.js";
import type { AgentView, MatrixView, PairView, RunView, WorstView } from "../model.js";
import { cliErrorFrom } from "./errors.js";
import { type Connection, openTransport } from "./transport.js";
import { agentFromWire, cellFromWire, matrixFromWire, pairFromWire, runFromWire } from "./wire.js";

/** An answer for people, and on demand as the JSON that every interface of the server gives. */
export type Answer<T> = { readonly value: T; readonly json: () => JsonValue };

/** Which matrix. */
export type MatrixQuery = {
  readonly kind: string;
  readonly plane: string;
  readonly windowS: number;
};

/** Which probes to run. */
export type RunQuery = {
  readonly source: string;
  readonly target: string;
  readonly kind: string;
  readonly port: number;
  readonly timeoutMs: number;
};

/** The server as the command line sees it. Every failure is a CliError. */
export interface MeshClient {
  listAgents(): Promise<Answer<readonly AgentView[]>>;
  getMatrix(query: MatrixQuery): Promise<Answer<MatrixView>>;
  watchMatrix(query: MatrixQuery, signal: AbortSignal): AsyncIterable<Answer<MatrixView>>;
  getPair(query: {
    readonly source: string;
    readonly target: string;
    readonly windowS: number;
  }): Promise<Answer<PairView>>;
  listWorstPairs(
    query: MatrixQuery & { readonly max: number },
  ): Promise<Answer<readonly WorstView[]>>;
  runProbe(query: RunQuery): Promise<Answer<RunView>>;
  getReport(query: { readonly format: string; readonly lang: string }): Promise<Answer<string>>;
  /** Closes the connection; the client is of no use afterwards. */
  close(): void;
}

/**
 * Connects on the first call; the signal ends calls, on the server as well. Throws a CliError when a file cannot be read.
 */
export const createMeshClient = (connection: Connection, signal: AbortSignal): MeshClient => {
  const { transport, close } = openTransport(connection);
  const client = createClient(MeshService, transport);
  return meshClient(client, { close, signal, url: connection.url });
};

const meshClient = (
  client: Client<typeof MeshService>,
  {
    close,
    signal: ending,
    url,
  }: {
    readonly close: () => void;
    readonly signal: AbortSignal;
    readonly url: string;
  },
): MeshClient => {
  const options: CallOptions = { timeoutMs: readTimeoutMs, signal: ending };
  const guard = async <T>(
    call: () => Promise<T>,
    waitsFor: "server" | "agent" = "server",
  ): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      if (ending.aborted) throw new CliError(exitCodes.undetermined, "interrupted");
      throw cliErrorFrom(error, url, waitsFor);
    }
  };
  return {
    listAgents: () => guard(() => listAllAgents(client, options)),
    getMatrix: (query) =>
      guard(async () => {
        const matrix = await client.getMatrix(query, options);
        return answer(MatrixSchema, matrix, matrixFromWire(matrix));
      }),
    watchMatrix: async function* (query, signal) {
      const late = new AbortController();
      const timer = setTimeout(() => {
        const message = "the first frame did not come";
        late.abort(new ConnectError(message, Code.DeadlineExceeded));
      }, readTimeoutMs);
      try {
        const either = AbortSignal.any([signal, late.signal]);
        for await (const frame of client.watchMatrix(query, { signal: either })) {
          clearTimeout(timer);
          yield answer(MatrixSchema, frame, matrixFromWire(frame));
        }
      } catch (error) {
        if (!signal.aborted)
          throw cliErrorFrom(late.signal.aborted ? late.signal.reason : error, url);
      } finally {
        clearTimeout(timer);
      }
    },
    getPair: (query) =>
      guard(async () => {
        const pair = await client.getPair(query, options);
        return answer(PairSchema, pair, pairFromWire(pair));
      }),
    listWorstPairs: ({ max, ...query }) =>
      guard(async () => {
        const list = await client.listWorstPairs({ ...query, pageSize: max }, options);
        const pairs = list.pairs.flatMap(({ source, cell }) =>
          cell === undefined ? [] : [{ source, cell: cellFromWire(cell) }],
        );
        return answer(ListWorstPairsResponseSchema, list, pairs);
      }),
    runProbe: (query) =>
      guard(async () => {
        const timeoutMs = query.timeoutMs + readTimeoutMs;
        const run = await client.runProbe(query, { ...options, timeoutMs });
        return answer(RunProbeResponseSchema, run, runFromWire(run));
      }, "agent"),
    getReport: (query) =>
      guard(async () => {
        const report = await client.getReport(query, options);
        const content = report.body.case === "content" ? report.body.value : "";
        return answer(GetReportResponseSchema, report, content);
      }),
    close,
  };
};

const listAllAgents = async (
  client: Client<typeof MeshService>,
  options: CallOptions,
): Promise<Answer<readonly AgentView[]>> => {
  const agents: Agent[] = [];
  let pageToken = "";
  for (let page = 0; page < agentPagesMax; page++) {
    const list = await client.listAgents({ pageSize: agentsPageSize, pageToken }, options);
    agents.push(...list.agents);
    pageToken = list.nextPageToken;
    if (pageToken === "") break;
  }
  const whole = { $typeName: ListAgentsResponseSchema.typeName, agents, nextPageToken: pageToken };
  return answer(ListAgentsResponseSchema, whole, agents.map(agentFromWire));
};

const answer = <Desc extends DescMessage, T>(
  schema: Desc,
  message: MessageShape<Desc>,
  value: T,
): Answer<T> => ({
  value,
  json: () => toJson(schema, message, { useProtoFieldName: true, alwaysEmitImplicit: true }),
});
