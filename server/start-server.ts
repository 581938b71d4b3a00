import type { ConnectRouter } from "@connectrpc/connect";
import { systemClock } from "../common/clock.js";
import { isLoopbackHost } from "../common/config-values.js";
import type { Logger } from "../common/logger.js";
import { systemRandom } from "../common/random.js";
import { readVersion } from "../common/version.js";
import { CheckerService } from "../gen/causeway/v1/checker_pb.js";
import { MeshService } from "../gen/causeway/v1/mesh_pb.js";
import { Health } from "../gen/grpc/health/v1/health_pb.js";
import type { ServerConfig } from "./config.js";
import { ControlLoop } from "./control-loop.js";
import { type HttpHandler, sendText } from "./http/handler.js";
import { createMetrics, type Metrics } from "./http/metrics.js";
import { createOpenapiHandler } from "./http/openapi.js";
import { createMemoryLog } from "./ingest/memory-log.js";
import { stopAgentsMsMax, stopConnectionsMsMax, windowDefaultS } from "./limits.js";
import { LegacyClients } from "./mesh/legacy-clients.js";
import { renderText } from "./report/render.js";
import { createReport, type ReportLang } from "./report/report.js";
import { type AgentListener, createAgentListener } from "./rpc/agent-listener.js";
import { createTokenFileAuthenticator, type TokenFileAuthenticator } from "./rpc/api-auth.js";
import { type Authenticator, createAuthenticator } from "./rpc/authenticator.js";
import { createCertificateAuthenticator } from "./rpc/authenticator-certificate.js";
import { createTokenAuthenticator } from "./rpc/authenticator-token.js";
import { createCheckerService } from "./rpc/checker-service.js";
import { createHealthService, type HealthService } from "./rpc/health.js";
import { createMeshService } from "./rpc/mesh-service.js";
import { createQueryListener, type QueryListener } from "./rpc/query-listener.js";
import { createReflectionRoutes, reflectionServices } from "./rpc/reflection.js";
import { type TlsMaterial, watchTlsFiles } from "./rpc/tls-files.js";
import { createRouteTable } from "./rpc/transcode/routes.js";
import type { WatchedFiles } from "./rpc/watched-files.js";

/** What a server is started with. */
export type ServerOptions = {
  readonly config: ServerConfig;
  readonly logger: Logger;
  /** New for every start. */
  readonly serverEpoch: string;
  /** Language of the report on the console. */
  readonly lang: ReportLang;
  /** Gets the report. */
  readonly print: (text: string) => void;
};

/** A server that runs, or one sentence that says why it does not. */
export type StartedServer =
  | {
      readonly kind: "running";
      readonly httpPort: number;
      readonly agentPort: number;
      /** Sends agents away, lets calls finish, and frees both ports; takes less than ten seconds. */
      readonly stop: () => Promise<void>;
    }
  | { readonly kind: "failed"; readonly why: string; readonly code: 1 | 2 };

/** Starts every part of the server, or none. Problems that a user can mend are returned, not thrown. */
export const startServer = async (options: ServerOptions): Promise<StartedServer> => {
  const closers: Closer[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const running = await startParts(options, closers);
    return { ...running, stop: () => stopServer(running, closeAll) };
  } catch (error) {
    await closeAll();
    if (error instanceof StartError)
      return { kind: "failed", why: error.message, code: error.code };
    throw error;
  }
};

type Closer = () => Promise<void> | void;

/** Why a server cannot start, for its user. */
class StartError extends Error {
  override readonly name = "StartError";
  readonly code: 1 | 2;

  constructor(message: string, code: 1 | 2, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

type Parts = {
  readonly kind: "running";
  readonly httpPort: number;
  readonly agentPort: number;
  readonly loop: ControlLoop;
  readonly agents: AgentListener;
  readonly queries: QueryListener;
  readonly setReady: (ready: boolean) => void;
};

const startParts = async (options: ServerOptions, closers: Closer[]): Promise<Parts> => {
  const { config, logger, serverEpoch } = options;
  const version = readVersion();
  const tls = await openTls(config, logger, closers);
  const log = createMemoryLog();
  closers.push(() => log.close());
  const loop: ControlLoop = new ControlLoop({
    serverEpoch,
    lostAfterMs: config.cacheKeySecond * 1000,
    log,
    clock: systemClock,
    random: systemRandom,
    logger,
    observer: () => metrics,
  });
  const legacy = new LegacyClients({ ttlMs: config.cacheKeySecond * 1000 });
  const metrics: Metrics = createMetrics({
    mesh: loop.mesh,
    legacy,
    clock: systemClock,
    version,
    pendingAppends: () => loop.pendingAppends,
  });
  await loop.start();
  closers.push(() => loop.stop());
  const agents = await openAgentPort(
    { ...options, tls: tls?.files.current, loop, metrics },
    closers,
  );
  const { queries, setReady } = await openQueryPort(
    { ...options, tls: tls?.files.current, loop, metrics, legacy, version, agentPort: agents.port },
    closers,
  );
  tls?.onChange((material) => {
    agents.setTls(material);
    if (config.httpTls) queries.setTls(withoutCa(material));
  });
  closers.push(startReports({ ...options, loop, legacy }));
  setReady(true);
  logger.info(
    { version, serverEpoch, bind: config.bind, httpPort: queries.port, agentPort: agents.port },
    "server started",
  );
  const ports = { httpPort: queries.port, agentPort: agents.port };
  return { kind: "running", ...ports, loop, agents, queries, setReady };
};

/** Agents are told to leave and finish what is in flight, then both ports close within their time. */
const stopServer = async (parts: Parts, closeAll: () => Promise<void>): Promise<void> => {
  const { loop, agents, queries, setReady } = parts;
  setReady(false);
  loop.drain("shutdown");
  const untilMs = systemClock.nowMs() + stopAgentsMsMax;
  while (agents.streams > 0 && systemClock.nowMs() < untilMs) await pause();
  await Promise.all([agents.close(stopConnectionsMsMax), queries.close(stopConnectionsMsMax)]);
  await closeAll();
};

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

type Tls = {
  readonly files: WatchedFiles<TlsMaterial>;
  readonly onChange: (act: (material: TlsMaterial) => void) => void;
};

const openTls = async (
  { tlsCert, tlsKey, clientCa }: ServerConfig,
  logger: Logger,
  closers: Closer[],
): Promise<Tls | undefined> => {
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  let act: (material: TlsMaterial) => void = () => undefined;
  const files = await orRefuse("CAUSEWAY_TLS_CERT, CAUSEWAY_TLS_KEY, CAUSEWAY_CLIENT_CA", () =>
    watchTlsFiles({
      certPath: tlsCert,
      keyPath: tlsKey,
      ...(clientCa === undefined ? {} : { caPath: clientCa }),
      logger,
      onChange: (material) => act(material),
    }),
  );
  closers.push(() => files.stop());
  return {
    files,
    onChange: (next) => {
      act = next;
    },
  };
};

/** The query port asks for no client certificate. */
const withoutCa = ({ cert, key }: TlsMaterial): TlsMaterial => ({ cert, key });

/** Names the settings whose files cannot be used. */
const orRefuse = async <T>(settings: string, open: () => Promise<T>): Promise<T> => {
  try {
    return await open();
  } catch (error) {
    throw new StartError(`${settings}: ${messageOf(error)}`, 2, { cause: error });
  }
};

/** Names the setting whose port cannot be had. */
const orTaken = async <T>(
  {
    setting,
    host,
    port,
  }: { readonly setting: string; readonly host: string; readonly port: number },
  open: () => Promise<T>,
): Promise<T> => {
  try {
    return await open();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (!Object.hasOwn(portProblems, code)) throw error;
    const problem = portProblems[code as keyof typeof portProblems];
    const why = `${setting}: cannot listen on ${host} port ${port}: ${problem} (${code})`;
    throw new StartError(why, 1, { cause: error });
  }
};

const portProblems = {
  EADDRINUSE: "it is taken",
  EADDRNOTAVAIL: "this host does not have the address",
  EACCES: "it needs more privileges",
  EAFNOSUPPORT: "this host does not have that kind of address",
} as const;

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

type AgentPortOptions = ServerOptions & {
  readonly tls: TlsMaterial | undefined;
  readonly loop: ControlLoop;
  readonly metrics: Metrics;
};

const openAgentPort = async (
  { config, logger, tls, loop, metrics }: AgentPortOptions,
  closers: Closer[],
): Promise<AgentListener> => {
  const authenticator = await openAuthenticator(config, logger);
  closers.push(() => authenticator.stop());
  const where = { setting: "CAUSEWAY_AGENT_PORT", host: config.bind, port: config.agentPort };
  const agents = await orTaken(where, () =>
    createAgentListener({
      host: config.bind,
      port: config.agentPort,
      tls,
      authenticator,
      queryPort: config.httpPort,
      clock: systemClock,
      logger,
      onInput: (input) => loop.feed(input),
      onCount: (count) => metrics.count({ ...count, by: 1 }),
    }),
  );
  closers.push(() => agents.close(0));
  loop.attach(agents);
  return agents;
};

const openAuthenticator = async (config: ServerConfig, logger: Logger): Promise<Authenticator> => {
  const adapters: Authenticator[] = [];
  if (config.clientCa !== undefined) adapters.push(createCertificateAuthenticator());
  const { tokenFile } = config;
  if (tokenFile !== undefined) {
    adapters.push(
      await orRefuse("CAUSEWAY_TOKEN_FILE", () =>
        createTokenAuthenticator({ path: tokenFile, logger }),
      ),
    );
  }
  return createAuthenticator(adapters);
};

type QueryPortOptions = AgentPortOptions & {
  readonly legacy: LegacyClients;
  readonly version: string;
  readonly agentPort: number;
};

const openQueryPort = async (
  options: QueryPortOptions,
  closers: Closer[],
): Promise<{ readonly queries: QueryListener; readonly setReady: (ready: boolean) => void }> => {
  const { config, logger, loop, legacy, tls } = options;
  const health = createHealthService([MeshService.typeName, CheckerService.typeName]);
  const ready = { value: false };
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
  const reflection = createReflectionRoutes([
    MeshService,
    CheckerService,
    Health,
    ...reflectionServices,
  ]);
  const routes = (router: ConnectRouter): void => {
    router.service(MeshService, mesh);
    router.service(CheckerService, checker);
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
      restServices: [MeshService, CheckerService],
      httpHandlers: httpHandlersOf(options, () => ready.value),
      corsOrigins: config.corsOrigins,
      ...(authenticator === undefined ? {} : { authenticator }),
      openLegacy: config.legacyClients,
      agentPort: options.agentPort,
      logger,
    }),
  );
  closers.push(() => queries.close(0));
  return { queries, setReady: readySwitch(ready, health) };
};

const readySwitch = (ready: { value: boolean }, health: HealthService) => (value: boolean) => {
  ready.value = value;
  health.setServing(value);
};

const httpHandlersOf = (
  { metrics, version }: QueryPortOptions,
  isReady: () => boolean,
): ReadonlyMap<string, HttpHandler> => {
  const { routes } = createRouteTable([MeshService, CheckerService]);
  return new Map<string, HttpHandler>([
    ["/metrics", metrics.handler],
    ["/openapi.json", createOpenapiHandler({ routes, version })],
    ["/healthz", statusHandler(() => [200, "ok\n"])],
    ["/readyz", statusHandler(() => (isReady() ? [200, "ready\n"] : [503, "not ready\n"]))],
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

/** Prints the report every REPORT_INTERVAL; returns what ends that. */
const startReports = ({
  config,
  lang,
  print,
  loop,
  legacy,
}: ServerOptions & { readonly loop: ControlLoop; readonly legacy: LegacyClients }): Closer => {
  const timer = setInterval(() => {
    legacy.expire(systemClock.nowMs());
    const sources = { view: loop.mesh.view, legacy };
    const report = createReport(sources, {
      wallMs: systemClock.wallMs(),
      windowS: windowDefaultS,
    });
    print(renderText(report, lang));
  }, config.reportInterval * 1000);
  return () => clearInterval(timer);
};
