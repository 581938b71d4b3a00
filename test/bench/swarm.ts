import { createHash, randomBytes } from "node:crypto";
import { AgentLoop } from "../../agent/agent-loop.js";
import { createResponder } from "../../agent/responder/responder.js";
import { readLinkCredentials } from "../../agent/rpc/credentials.js";
import { Link } from "../../agent/rpc/link.js";
import { AgentCore } from "../../agent/session/agent-core.js";
import { systemClock } from "../../common/clock.js";
import { silentLogger } from "../../common/logger.js";
import { systemRandom } from "../../common/random.js";

/**
 * Many agents in one process: the real core, loop and link of each, with no probes behind them. Started with one JSON argument;
 * answers "status" over IPC. With responders, every agent's pod address answers probes.
 */
type SwarmOptions = {
  readonly count: number;
  /** Number of the first agent; 1 unless told. */
  readonly first?: number;
  readonly port: number;
  readonly tls: boolean;
  readonly ca?: string;
  readonly tokenFile?: string;
  readonly responderPort?: number;
  /** 2 puts two agents on every node, one of each plane. */
  readonly planes?: 1 | 2;
};

const options = JSON.parse(process.argv[2] ?? "{}") as SwarmOptions;

const addressOf = (index: number, base: number): string =>
  `127.${base}.${index >> 8}.${index & 255}`;

/** Agents of both planes stand on the same nodes, as the two DaemonSets of one cluster do. */
const planeOf = (index: number) =>
  options.planes === 2 && index % 2 === 0 ? ("host" as const) : ("pod" as const);

const identityOf = (index: number) => {
  const node = options.planes === 2 ? Math.ceil(index / 2) : index;
  const nodeIp = addressOf(node, 3);
  return {
    node: `peer-${node}`,
    podUid: "",
    pod: `causeway-peer-${index}`,
    namespace: "bench",
    ips: [planeOf(index) === "host" ? nodeIp : addressOf(index, 4)],
    nodeIp,
  };
};

const createAgent = (index: number): AgentCore => {
  const identity = identityOf(index);
  const core = new AgentCore(
    {
      agentId: `${identity.node}.${planeOf(index)}`,
      bootId: randomBytes(16).toString("hex"),
      version: "bench",
      identity,
      plane: planeOf(index),
      zone: "",
      settings: {
        heartbeatIntervalS: 5,
        testPort: options.responderPort ?? 22,
        customServiceName: "",
        customServicePort: 80,
        clientPort: options.responderPort ?? 6100,
      },
      features: [],
      unavailable: {},
      validate: () => undefined,
    },
    { random: systemRandom, sha256: (bytes) => createHash("sha256").update(bytes).digest() },
  );
  const link = new Link({
    serverUrl: { host: "127.0.0.1", port: options.port, tls: options.tls },
    useProxy: false,
    credentials: () =>
      readLinkCredentials({
        tls: options.tls,
        ca: options.ca,
        tlsCert: undefined,
        tlsKey: undefined,
        tokenFile: options.tokenFile,
      }),
    onEvent: (event) => loop.onLinkEvent(event),
  });
  const loop = new AgentLoop({
    core,
    clock: systemClock,
    logger: silentLogger,
    link,
    scheduler: { replace: () => undefined },
    policy: { replacePlanned: () => undefined },
    runner: { run: async () => ({ kind: "refused", error: "a benchmark runs no probes" }) },
  });
  loop.start();
  return core;
};

if (options.responderPort !== undefined) {
  const port = options.responderPort;
  for (let index = 1; index <= options.count; index++) {
    const { node, pod, podUid, namespace } = identityOf(index);
    await createResponder({
      addresses: [addressOf(index, 4), addressOf(index, 3)],
      port,
      identity: { podUid, pod, namespace, node, agentId: `${node}.pod`, version: "bench" },
      logger: silentLogger,
      clock: systemClock,
    });
  }
}
const cores = Array.from({ length: options.count }, (_, index) =>
  createAgent((options.first ?? 1) + index),
);

process.on("message", (command) => {
  if (command !== "status") return;
  const all = cores.map((core) => core.status());
  const connected = all.filter((status) => status.connected);
  process.send?.({
    connected: connected.length,
    epochs: [...new Set(connected.map((status) => status.serverEpoch))],
    revisions: [...new Set(connected.map((status) => status.revision))],
    entriesMin: Math.min(...all.map((status) => status.planEntries)),
    entriesMax: Math.max(...all.map((status) => status.planEntries)),
  });
});
process.on("disconnect", () => process.exit(0));
process.send?.("ready");
