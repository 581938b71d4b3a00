import type { JsonObject } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import type { Clock } from "../../common/clock.js";
import type {
  CheckerService,
  SubmitResultsRequest,
  SubmitServiceResultRequest,
} from "../../gen/causeway/v1/checker_pb.js";
import { legacyResultsPerPostMax, windowDefaultS } from "../limits.js";
import {
  activeClientCount,
  type CheckerRow,
  type CheckerServiceRow,
  hostIps,
  hostRows,
  podIps,
  podRows,
  serviceRows,
} from "../mesh/checker-results.js";
import { printGoDuration } from "../mesh/go-duration.js";
import type { LegacyClients, LegacyLayer, LegacyRow, LegacyTaken } from "../mesh/legacy-clients.js";
import type { MeshQuery, MeshView } from "../mesh/mesh-view.js";
import { parseHeartbeat, parseResult, parseWord } from "./checker-fields.js";
import { RpcError } from "./errors.js";
import { wrongField } from "./request-fields.js";

/** What the service answers from. */
export type CheckerServiceDeps = {
  readonly view: MeshView;
  readonly legacy: LegacyClients;
  readonly clock: Clock;
  /** CAUSEWAY_LEGACY_CLIENTS: whether clients may post. */
  readonly posts: "open" | "closed";
};

/** The HTTP API of k8snet-checker: figures of our own agents and of the clients that post here. */
export const createCheckerService = (
  deps: CheckerServiceDeps,
): ServiceImpl<typeof CheckerService> => {
  const { legacy, clock } = deps;
  /** What can be said now: the silent are gone. */
  const sources = () => {
    legacy.expire(clock.nowMs());
    return deps;
  };
  const query = (): MeshQuery => ({
    nowUnixUs: Math.floor(clock.wallMs() * 1000),
    windowS: windowDefaultS,
  });
  const submit = (layer: LegacyLayer, row: LegacyRow) => {
    assertTaken(legacy.submit(layer, row, { nowMs: clock.nowMs() }));
    return success(`${row.results.length} results of ${layer} accepted`);
  };
  return {
    sendHeartbeat: (request) => {
      assertOpen(deps);
      const times = { nowMs: clock.nowMs(), wallMs: clock.wallMs() };
      assertTaken(legacy.heartbeat(parseHeartbeat(request), times));
      return success("heartbeat accepted");
    },
    submitHostResults: (request) => submit("hosts", rowOf(deps, request)),
    submitPodResults: (request) => submit("pods", rowOf(deps, request)),
    submitServiceResult: (request) => submit("service", serviceRowOf(deps, request)),
    listHosts: () => {
      const ips = hostIps(sources());
      return { hostIps: ips, count: ips.length };
    },
    listPods: () => {
      const ips = podIps(sources());
      return { podIps: ips, count: ips.length };
    },
    getHostResults: () => ({ results: rowsToJson(hostRows(sources(), query())) }),
    getPodResults: () => ({ results: rowsToJson(podRows(sources(), query())) }),
    getServiceResults: () => ({ results: serviceToJson(serviceRows(sources(), query())) }),
    countClients: () => ({ activeClientCount: activeClientCount(sources()) }),
    getResults: () => ({
      activeClientCount: activeClientCount(sources()),
      hostIps: hostIps(deps),
      hostTestResults: rowsToJson(hostRows(deps, query())),
      podIps: podIps(deps),
      podTestResults: rowsToJson(podRows(deps, query())),
      serviceTestResults: serviceToJson(serviceRows(deps, query())),
    }),
    getHealth: () => ({ status: "healthy" }),
  };
};

const success = (message: string) => ({ status: "success", message });

const assertOpen = ({ posts }: CheckerServiceDeps): void => {
  if (posts === "open") return;
  const message =
    "this server takes no posts of k8snet-checker clients: set CAUSEWAY_LEGACY_CLIENTS";
  throw new RpcError({ code: "permission_denied", message });
};

const assertTaken = (taken: LegacyTaken): void => {
  if (taken.kind === "taken") return;
  const message = `no room for more than ${taken.max} ${taken.what}`;
  throw new RpcError({ code: "resource_exhausted", message });
};

const rowOf = (deps: CheckerServiceDeps, request: SubmitResultsRequest): LegacyRow => {
  assertOpen(deps);
  const sourceIp = parseWord("source_ip", request.sourceIp);
  if (request.results.length > legacyResultsPerPostMax) {
    throw wrongField("results", `must have at most ${legacyResultsPerPostMax} entries`);
  }
  const wallMs = deps.clock.wallMs();
  const results = request.results.map((result, index) =>
    parseResult(result, { path: `results[${index}]`, sourceIp, wallMs, target: "required" }),
  );
  return { sourceIp, results };
};

const serviceRowOf = (
  deps: CheckerServiceDeps,
  { sourceIp: source, result }: SubmitServiceResultRequest,
): LegacyRow => {
  assertOpen(deps);
  const sourceIp = parseWord("source_ip", source);
  if (result === undefined) throw wrongField("result", "must be set");
  const options = { path: "result", sourceIp, wallMs: deps.clock.wallMs() };
  return { sourceIp, results: [parseResult(result, { ...options, target: "optional" })] };
};

/** Results by source and target address. Rows come sorted by source. */
const rowsToJson = (rows: readonly CheckerRow[]): JsonObject => {
  const bySource = new Map<string, [string, JsonObject][]>();
  for (const { source, target, ping, port, durationNs } of rows) {
    const shown = { ping, port_status: port, test_duration: printGoDuration(durationNs) };
    const targets = bySource.get(source);
    if (targets === undefined) bySource.set(source, [[target, shown]]);
    else targets.push([target, shown]);
  }
  return Object.fromEntries(
    [...bySource].map(([source, targets]) => [source, Object.fromEntries(targets)]),
  );
};

const serviceToJson = (rows: readonly CheckerServiceRow[]): JsonObject =>
  Object.fromEntries(
    rows.map((row) => [
      row.source,
      {
        source_ip: row.source,
        target_ip: row.target,
        ping_status: row.ping,
        port_status: { ...row.ports },
        latency: printGoDuration(row.latencyNs),
        test_duration: printGoDuration(row.durationNs),
        timestamp: new Date(row.measuredUnixMs).toISOString(),
      },
    ]),
  );
