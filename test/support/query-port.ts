import type { ConnectRouter, HandlerContext } from "@connectrpc/connect";
import { silentLogger } from "../../common/logger.js";
import { CheckerService } from "../../gen/causeway/v1/checker_pb.js";
import { AgentState, MeshService } from "../../gen/causeway/v1/mesh_pb.js";
import { Health } from "../../gen/grpc/health/v1/health_pb.js";
import type { HttpHandler } from "../../server/http/handler.js";
import { apiUserKey } from "../../server/rpc/api-auth.js";
import { RpcError } from "../../server/rpc/errors.js";
import { createHealthService, type HealthService } from "../../server/rpc/health.js";
import {
  createQueryListener,
  type QueryListener,
  type QueryListenerOptions,
} from "../../server/rpc/query-listener.js";
import { createReflectionRoutes, reflectionServices } from "../../server/rpc/reflection.js";

/** What the fake services saw, and the switches that tests turn. */
export type FakeServices = {
  /** WatchMatrix calls whose signal was aborted. */
  readonly abortedWatches: number;
  /** Frames of 16 KiB that were asked of a WatchMatrix of kind "flood". */
  readonly floodFrames: number;
  /** Calls that handlers have begun, by method name. */
  readonly begun: readonly string[];
  /** Resolves when a handler of this name has begun. */
  waitBegun(name: string): Promise<void>;
  /** Resolves when a watch has ended. */
  readonly watchAborted: Promise<void>;
  /** Lets waiting RunProbe calls end. */
  release(): void;
};

/** A query port on a free loopback port, with fake services that answer from nothing but their requests. */
export type FakePort = {
  readonly listener: QueryListener;
  readonly health: HealthService;
  readonly services: FakeServices;
  /** http://127.0.0.1:PORT */
  readonly url: string;
};

/** Opens one; close it with `listener.close`. */
export const openFakePort = async (
  options: Partial<QueryListenerOptions> = {},
): Promise<FakePort> => {
  const fakes = createFakes();
  const services = [MeshService, CheckerService];
  const health = createHealthService(services.map(({ typeName }) => typeName));
  health.setServing(true);
  const reflection = createReflectionRoutes([...services, Health, ...reflectionServices]);
  const listener = await createQueryListener({
    host: "127.0.0.1",
    port: 0,
    routes: (router) => {
      fakes.routes(router);
      health.routes(router);
      reflection(router);
    },
    restServices: services,
    httpHandlers: new Map<string, HttpHandler>([
      ["/readyz", { access: "open", handle: (_, response) => void response.end("ready\n") }],
      ["/secret", { access: "get", handle: (_, response) => void response.end("secret\n") }],
    ]),
    agentPort: 8443,
    logger: silentLogger,
    ...options,
  });
  const scheme = options.tls === undefined ? "http" : "https";
  return { listener, health, services: fakes, url: `${scheme}://127.0.0.1:${listener.port}` };
};

/** A promise and what fulfils it. */
const latch = () => {
  const waiting = new Set<() => void>();
  const opened = new Promise<void>((resolve) => waiting.add(resolve));
  return {
    opened,
    open: () => {
      for (const resolve of waiting) resolve();
    },
  };
};

const createFakes = () => {
  const begun: string[] = [];
  const waiters = new Set<() => void>();
  let abortedWatches = 0;
  let floodFrames = 0;
  const release = latch();
  const watchAborted = latch();
  const begin = (name: string) => {
    begun.push(name);
    for (const wake of waiters) wake();
  };

  async function* watchMatrix({ kind }: { kind: string }, { signal }: HandlerContext) {
    begin("watchMatrix");
    if (kind === "refused")
      throw new RpcError({ code: "invalid_argument", message: "no such kind" });
    yield { whole: true, sources: ["a.pod"], notMeasured: 1 };
    if (kind === "two") {
      yield { sources: ["b.pod"] };
      return;
    }
    if (kind === "late") throw new RpcError({ code: "unavailable", message: "the matrix is gone" });
    try {
      while (kind === "flood" && !signal.aborted) {
        floodFrames += 1;
        yield { sources: ["x".repeat(16_384)] };
      }
      await new Promise((resolve) => {
        signal.addEventListener("abort", resolve);
        if (signal.aborted) resolve(undefined);
      });
    } finally {
      abortedWatches += 1;
      watchAborted.open();
    }
  }

  const routes = (router: ConnectRouter) => {
    router.service(MeshService, {
      listAgents: ({ pageSize, state, plane }, { values }) => {
        begin("listAgents");
        return {
          agents: [{ agentId: "a.pod", state, plane, appliedRevision: 5n }],
          nextPageToken: `size ${pageSize} user ${values.get(apiUserKey)}`,
        };
      },
      getAgent: ({ agentId }) => {
        begin("getAgent");
        if (agentId === "broken") throw new Error("secret detail of a bug");
        if (agentId === "busy") {
          const details = [{ kind: "retry_info" as const, retryAfterMs: 1500 }];
          throw new RpcError({ code: "resource_exhausted", message: "too many", details });
        }
        if (agentId === "none") throw new RpcError({ code: "not_found", message: "no agent none" });
        return { agentId, state: AgentState.UP };
      },
      getPair: ({ source, target, windowS }) => ({
        source,
        target,
        kinds: [{ kind: `${windowS}` }],
      }),
      watchMatrix,
      runProbe: async ({ source, target, kind, port }) => {
        begin("runProbe");
        if (kind === "wait") await release.opened;
        if (kind === "never") await new Promise(() => undefined);
        return { source, target, results: [{ kind, destination: `:${port}` }] };
      },
    });
    router.service(CheckerService, {
      sendHeartbeat: ({ podName }) => {
        begin("sendHeartbeat");
        if (podName === "") {
          const details = [
            { kind: "bad_field" as const, field: "pod_name", description: "is required" },
          ];
          throw new RpcError({ code: "invalid_argument", message: "bad heartbeat", details });
        }
        return { status: "success", message: podName };
      },
      listHosts: () => ({ hostIps: ["10.0.0.1"], count: 1 }),
      getHostResults: () => ({ results: {} }),
    });
  };

  return {
    routes,
    begun,
    get abortedWatches() {
      return abortedWatches;
    },
    get floodFrames() {
      return floodFrames;
    },
    watchAborted: watchAborted.opened,
    release: release.open,
    waitBegun: (name: string) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (!begun.includes(name)) return;
          waiters.delete(look);
          resolve();
        };
        waiters.add(look);
        look();
      }),
  };
};
