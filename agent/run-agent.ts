import { createHash, randomBytes } from "node:crypto";
import { isIP } from "node:net";
import { systemClock } from "../common/clock.js";
import type { Environment } from "../common/config-load.js";
import { createLogger, type Logger } from "../common/logger.js";
import { hexFromBytes } from "../common/plan-hash.js";
import { probeKinds } from "../common/probe.js";
import { systemRandom } from "../common/random.js";
import { readVersion } from "../common/version.js";
import { type AgentEnd, AgentLoop } from "./agent-loop.js";
import { createAgentMetrics } from "./agent-metrics.js";
import { type AgentConfig, loadAgentConfig } from "./config.js";
import { createDestinationPolicy } from "./probe/destination-policy.js";
import type { ProbeContext } from "./probe/probe.js";
import { createProbeTable, type Probes } from "./probe/probe-table.js";
import { createRunner } from "./probe/runner.js";
import { createScheduler } from "./probe/scheduler.js";
import { validateProbeSpec } from "./probe/validate.js";
import { BindError, createResponder, type Responder } from "./responder/responder.js";
import { readLinkCredentials } from "./rpc/credentials.js";
import { Link } from "./rpc/link.js";
import { createTokenWatch } from "./rpc/token-watch.js";
import { AgentCore } from "./session/agent-core.js";
import type { AgentCoreConfig } from "./session/protocol.js";

/**
 * Runs an agent until it is told to stop; resolves to the exit code: 0 stopped, 1 a failure such as a taken port, 2 wrong
 * configuration or refused by the server.
 */
export const runAgentProcess = async (
  argv: readonly string[],
  env: Environment,
): Promise<number> => {
  const start = loadAgentConfig(argv, env);
  if (start.kind === "exit") {
    process.stdout.write(start.stdout);
    process.stderr.write(start.stderr);
    return start.code;
  }
  const logger = createLogger(start.config.logLevel).child({ agentId: start.config.agentId });
  const stopping = new AbortController();
  const agent = await startAgent(start.config, logger, stopping.signal);
  if (agent.kind === "failed") {
    process.stderr.write(`causeway agent: ${agent.why}\n`);
    return 1;
  }
  const restore = onSignals((signal) =>
    agent.loop.stop(signal === "SIGTERM" ? "shutdown" : signal),
  );
  const end = await agent.loop.ended;
  restore();
  stopping.abort();
  await agent.close();
  if (end.code !== 0) process.stderr.write(`causeway agent: ${end.message}\n`);
  return end.code;
};

type Started =
  | {
      readonly kind: "running";
      readonly loop: { readonly ended: Promise<AgentEnd>; stop(reason: string): void };
      readonly close: () => Promise<void>;
    }
  | { readonly kind: "failed"; readonly why: string };

const startAgent = async (
  config: AgentConfig,
  logger: Logger,
  signal: AbortSignal,
): Promise<Started> => {
  const version = readVersion();
  // grpc-js names the host in TLS even where it is an address; Node warns of it, and no user can help it.
  if (config.serverUrl.tls && isIP(config.serverUrl.host) !== 0)
    Reflect.set(process, "noDeprecation", true);
  const probes = await createProbeTable({ clock: systemClock, random: systemRandom });
  for (const [kind, reason] of Object.entries(probes.unavailable)) {
    const what =
      kind === "native" ? "native engine is missing, net-ping is used" : "probe is unavailable";
    logger.warn({ kind, reason }, what);
  }
  const agent = composeAgent({ config, logger, signal, probes, version });
  let responder: Responder | undefined;
  try {
    responder = await createResponder({
      addresses: config.bind,
      port: config.clientPort,
      identity: identityOf(config, version),
      metrics: agent.metricsSource(() => responder?.counters),
      logger,
      clock: systemClock,
    });
  } catch (error) {
    probes.close();
    if (error instanceof BindError) return { kind: "failed", why: `CLIENT_PORT: ${error.message}` };
    throw error;
  }
  const { host, port, tls } = config.serverUrl;
  logger.info({ version, host, port, tls, plane: config.plane }, "agent started");
  agent.loop.start();
  return {
    kind: "running",
    loop: agent.loop,
    close: async () => {
      agent.stop();
      probes.close();
      await responder?.close();
    },
  };
};

type Composition = {
  readonly config: AgentConfig;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly probes: Probes;
  readonly version: string;
};

/** Puts core, link, scheduler and runner together; nothing runs yet. */
const composeAgent = ({ config, logger, signal, probes, version }: Composition) => {
  const context: ProbeContext = {
    signal,
    clock: systemClock,
    random: systemRandom,
    self: { podUid: config.podUid, podIps: config.podIps },
  };
  const policy = createDestinationPolicy(config.probeAllow);
  const core = new AgentCore(coreConfigOf(config, probes, version), {
    random: systemRandom,
    sha256: (bytes) => createHash("sha256").update(bytes).digest(),
  });
  const scheduler = createScheduler({
    self: config.agentId,
    table: probes.table,
    context,
    onResult: (result) => {
      metrics.countResult(result);
      loop.onResult(result);
    },
  });
  const link = new Link({
    serverUrl: config.serverUrl,
    useProxy: config.useProxy,
    credentials: () => readLinkCredentials({ ...config, tls: config.serverUrl.tls }),
    onEvent: (event) => loop.onLinkEvent(event),
  });
  const runner = createRunner({ table: probes.table, policy, context });
  const loop = new AgentLoop({
    core,
    clock: systemClock,
    logger,
    link,
    scheduler,
    policy,
    runner,
  });
  const tokens = createTokenWatch({
    path: config.tokenFile,
    logger,
    onChange: (token) => loop.onToken(token),
  });
  let responderCounters: () => Responder["counters"] | undefined = () => undefined;
  const metrics = createAgentMetrics(
    { agent_id: config.agentId, node: config.nodeName, plane: config.plane, version },
    {
      engine: probes.engine,
      status: () => core.status(),
      scheduler: () => scheduler.status(),
      responder: () => responderCounters(),
      loopDelayMs: () => loop.loopDelayMs,
    },
  );
  return {
    loop,
    metricsSource: (counters: typeof responderCounters) => {
      responderCounters = counters;
      return metrics.source;
    },
    stop: () => {
      tokens.stop();
      scheduler.stop();
    },
  };
};

const coreConfigOf = (config: AgentConfig, probes: Probes, version: string): AgentCoreConfig => ({
  agentId: config.agentId,
  bootId: hexFromBytes(randomBytes(16)),
  version,
  identity: {
    node: config.nodeName,
    podUid: config.podUid,
    pod: config.podName,
    namespace: config.namespace,
    ips: config.podIps,
    nodeIp: config.nodeIp,
  },
  plane: config.plane,
  zone: config.zone,
  settings: {
    heartbeatIntervalS: config.heartbeatInterval,
    testPort: config.testPort,
    customServiceName: config.customServiceName,
    customServicePort: config.customServicePort,
    clientPort: config.clientPort,
  },
  features: [
    ...probeKinds.filter((kind) => probes.unavailable[kind] === undefined),
    "run",
    ...(probes.engine === "native" ? ["native"] : []),
  ],
  unavailable: probes.unavailable,
  validate: ({ probe }) => {
    const check = validateProbeSpec(probe);
    return check.kind === "error" ? check.message : undefined;
  },
});

const identityOf = (config: AgentConfig, version: string) => ({
  podUid: config.podUid,
  pod: config.podName,
  namespace: config.namespace,
  node: config.nodeName,
  agentId: config.agentId,
  version,
});

/** The first signal stops in good order, the second at once. Returns what undoes it. */
const onSignals = (stop: (signal: string) => void): (() => void) => {
  let seen = 0;
  const handle = (signal: NodeJS.Signals): void => {
    seen += 1;
    if (seen > 1) process.exit(1);
    stop(signal);
  };
  process.on("SIGTERM", handle);
  process.on("SIGINT", handle);
  return () => {
    process.off("SIGTERM", handle);
    process.off("SIGINT", handle);
  };
};
