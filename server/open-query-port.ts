import type { DescService } from "@bufbuild/protobuf";
import type { ConnectRouter } from "@connectrpc/connect";
import { systemClock } from "../common/clock.js";
import { isLoopbackHost } from "../common/config-values.js";
import type { Logger } from "../common/logger.js";
import { AnalysisService } from "../gen/causeway/v1/analysis_pb.js";
import { CheckerService } from "../gen/causeway/v1/checker_pb.js";
import { MeshService } from "../gen/causeway/v1/mesh_pb.js";
import { PolicyService } from "../gen/causeway/v1/policy_pb.js";
import { Health } from "../gen/grpc/health/v1/health_pb.js";
import type { Closer } from "./closer.js";
import type { ServerConfig } from "./config.js";
import { type HttpHandler, sendText } from "./http/handler.js";
import { createOpenapiHandler } from "./http/openapi.js";
import { queryRequestBytesMax } from "./limits.js";
import type { LegacyClients } from "./mesh/legacy-clients.js";
import type { AgentPortOptions } from "./open-agent-port.js";
import { policyRequestBytesMax } from "./policy/limits.js";
import type { PolicyDesk } from "./policy/policy-desk.js";
import { createAnalysisService } from "./rpc/analysis-service.js";
import { createTokenFileAuthenticator, type TokenFileAuthenticator } from "./rpc/api-auth.js";
import { createCheckerService } from "./rpc/checker-service.js";
import { createHealthService, type HealthService } from "./rpc/health.js";
import { createMeshService } from "./rpc/mesh-service.js";
import { createPolicyService } from "./rpc/policy-service.js";
import { createQueryListener, type QueryListener } from "./rpc/query-listener.js";
import { createReflectionRoutes, reflectionServices } from "./rpc/reflection.js";
import type { TlsMaterial } from "./rpc/tls-files.js";
import { createRouteTable } from "./rpc/transcode/routes.js";
import { orRefuse, orTaken } from "./start-error.js";

/** What the query port is opened with. */
export type QueryPortOptions = AgentPortOptions & {
  readonly legacy: LegacyClients;
  /** Answers questions about policies. */
  readonly desk: PolicyDesk;
  readonly version: string;
  readonly agentPort: number;
};

/** The services of this port that REST serves, too. */
const services: readonly DescService[] = [
  MeshService,
  CheckerService,
  PolicyService,
  AnalysisService,
];

/** Requests of these carry manifests. */
const withManifests: ReadonlySet<DescService> = new Set([PolicyService, AnalysisService]);

/** Opens the port of queries with all that it serves. Throws a StartError when it cannot be had. */
export const openQueryPort = async (
  options: QueryPortOptions,
  closers: Closer[],
): Promise<{ readonly queries: QueryListener; readonly setReady: (ready: boolean) => void }> => {
  const { config, logger, loop, legacy, tls, desk } = options;
  const health = createHealthService(services.map(({ typeName }) => typeName));
  const readiness = createReadiness(health);
  const authenticator = await openApiAuthenticator(config, logger, closers);
  const deps = { view: loop.mesh.view, legacy, clock: systemClock };
  const mesh = createMeshService({
    ...deps,
    loss: (agentId) => loop.core.loss(agentId),
    runs: loop,
  });
  const checker = createCheckerService({
    ...deps,
    posts: config.legacyClients ? "open" : "closed",
  });
  const policy = createPolicyService({ desk });
  const analysis = createAnalysisService({ desk });
  const reflection = createReflectionRoutes([...services, Health, ...reflectionServices]);
  const routes = (router: ConnectRouter): void => {
    router.service(MeshService, mesh);
    router.service(CheckerService, checker);
    router.service(PolicyService, policy, { readMaxBytes: policyRequestBytesMax });
    router.service(AnalysisService, analysis, { readMaxBytes: policyRequestBytesMax });
    health.routes(router);
    reflection(router);
  };
  const where = { setting: "HTTP_PORT", host: config.bind, port: config.httpPort };
  const queries = await orTaken(where, () =>
    createQueryListener({
      host: config.bind,
      port: config.httpPort,
      ...(config.httpTls && tls !== undefined ? { tls: withoutCa(tls) } : {}),
      routes,
      restServices: services,
      requestBytesMax: ({ parent }) =>
        withManifests.has(parent) ? policyRequestBytesMax : queryRequestBytesMax,
      httpHandlers: httpHandlersOf(options, () => readiness.why),
      corsOrigins: config.corsOrigins,
      ...(authenticator === undefined ? {} : { authenticator }),
      openLegacy: config.legacyClients,
      agentPort: options.agentPort,
      logger,
    }),
  );
  closers.push(() => queries.close(0));
  loop.onLoad((load) => readiness.setOverloaded(load === "overloaded"));
  return { queries, setReady: (ready) => readiness.setReady(ready) };
};

/** Joins what readiness depends on: /readyz and health always say the same. */
const createReadiness = (health: HealthService) => {
  let isReady = false;
  let isOverloaded = false;
  const show = (): void => health.setServing(isReady && !isOverloaded);
  return {
    /** Why the server is not ready; undefined when it is. */
    get why(): "not ready" | "overloaded" | undefined {
      if (!isReady) return "not ready";
      return isOverloaded ? "overloaded" : undefined;
    },
    setReady: (value: boolean): void => {
      isReady = value;
      show();
    },
    setOverloaded: (value: boolean): void => {
      isOverloaded = value;
      show();
    },
  };
};

const httpHandlersOf = (
  { metrics, version }: QueryPortOptions,
  whyNotReady: () => string | undefined,
): ReadonlyMap<string, HttpHandler> => {
  const { routes } = createRouteTable(services);
  return new Map<string, HttpHandler>([
    ["/metrics", metrics.handler],
    ["/openapi.json", createOpenapiHandler({ routes, version })],
    ["/healthz", statusHandler(() => [200, "ok\n"])],
    [
      "/readyz",
      statusHandler(() => {
        const why = whyNotReady();
        return why === undefined ? [200, "ready\n"] : [503, `${why}\n`];
      }),
    ],
  ]);
};

const statusHandler = (read: () => readonly [status: number, text: string]): HttpHandler => ({
  access: "open",
  handle: (_request, response) => {
    const [status, text] = read();
    sendText(response, { status, contentType: "text/plain; charset=utf-8", text });
  },
});

/** Undefined lets everybody in: on loopback, or when the user forces it. */
const openApiAuthenticator = async (
  { apiTokenFile, bind, insecure }: ServerConfig,
  logger: Logger,
  closers: Closer[],
): Promise<Pick<TokenFileAuthenticator, "authorize"> | undefined> => {
  if (apiTokenFile !== undefined) {
    const tokens = await orRefuse("CAUSEWAY_API_TOKEN_FILE", () =>
      createTokenFileAuthenticator({ path: apiTokenFile, logger }),
    );
    closers.push(() => tokens.stop());
    return tokens;
  }
  if (isLoopbackHost(bind) || insecure) return undefined;
  logger.warn({ bind }, "no CAUSEWAY_API_TOKEN_FILE: nobody beyond loopback may ask");
  return {
    authorize: async () => ({
      kind: "unauthenticated",
      message: "this server knows no tokens: its CAUSEWAY_API_TOKEN_FILE is not set",
    }),
  };
};

/** The query port asks for no client certificate. */
export const withoutCa = ({ cert, key }: TlsMaterial): TlsMaterial => ({ cert, key });
