import { systemClock } from "../common/clock.js";
import type { Logger } from "../common/logger.js";
import { systemRandom } from "../common/random.js";
import { readVersion } from "../common/version.js";
import type { Closer } from "./closer.js";
import type { ServerConfig } from "./config.js";
import { ControlLoop } from "./control-loop.js";
import { createMetrics, type Metrics } from "./http/metrics.js";
import { createMemoryLog } from "./ingest/memory-log.js";
import { stopAgentsMsMax, stopConnectionsMsMax, windowDefaultS } from "./limits.js";
import { LegacyClients } from "./mesh/legacy-clients.js";
import { openAgentPort } from "./open-agent-port.js";
import { openQueryPort, withoutCa } from "./open-query-port.js";
import { openPolicyDesk, type PolicyDesk } from "./policy/policy-desk.js";
import { rssBytesMaxHere } from "./process-watch.js";
import { renderText } from "./report/render.js";
import { createReport, type ReportLang } from "./report/report.js";
import type { AgentListener } from "./rpc/agent-listener.js";
import type { QueryListener } from "./rpc/query-listener.js";
import { type TlsMaterial, watchTlsFiles } from "./rpc/tls-files.js";
import type { WatchedFiles } from "./rpc/watched-files.js";
import { orRefuse, StartError } from "./start-error.js";

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
    rssBytesMax: rssBytesMaxHere(),
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
    policy: () => desk.figures,
  });
  const desk: PolicyDesk = openPolicyDesk({
    manifests: config.manifests,
    memoryBytes: rssBytesMaxHere(),
    epoch: serverEpoch.slice(0, 8),
    clock: systemClock,
    logger,
    observer: metrics.policy,
  });
  closers.push(() => desk.close());
  await loop.start();
  closers.push(() => loop.stop());
  const agents = await openAgentPort(
    { ...options, tls: tls?.files.current, loop, metrics },
    closers,
  );
  const { queries, setReady } = await openQueryPort(
    {
      ...options,
      tls: tls?.files.current,
      loop,
      metrics,
      legacy,
      desk,
      version,
      agentPort: agents.port,
    },
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
      // What changed while the ports were opened.
      next(files.current);
    },
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
