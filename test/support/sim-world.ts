import { AgentCore } from "../../agent/session/agent-core.js";
import type { AgentCoreConfig } from "../../agent/session/protocol.js";
import { createSeededRandom, type Random } from "../../common/random.js";
import { Interner } from "../../server/mesh/interner.js";
import { ServerCore } from "../../server/session/server-core.js";
import { type AgentPort, SimAgentHost, sha256 } from "./sim-agent.js";
import { checkAgent, checkServer } from "./sim-checks.js";
import { SimLedger } from "./sim-ledger.js";
import { type AgentEnd, type Link, SimStream } from "./sim-network.js";
import { EventQueue } from "./sim-queue.js";
import { type ServerPort, SimServerHost } from "./sim-server.js";
import { SimTrace } from "./sim-trace.js";
import { simLostAfterMs } from "./sim-watch.js";

/** Agents of the simulated fleet: two on each node, one of each plane. */
export const simAgentsDefault = 100;

/** Processes that may be started under a name that another one already has. */
const duplicateHosts = 2;

/** Life of a credential, in those seeds in which it ends. */
const credentialMs = 120_000;

/** How long a refused process may stay away after its rival ended. */
const contestedMs = 90_000;

/** A seeded protocol bug: the real cores, with something wrong around them. */
export type SimMutation = {
  readonly agentRandom?: (random: Random) => Random;
  readonly agent?: (port: AgentPort, config: AgentCoreConfig, random: Random) => AgentPort;
  readonly server?: (port: ServerPort, epoch: string) => ServerPort;
};

/** What a simulated world is made with. */
export type SimWorldOptions = {
  readonly seed: number;
  readonly agents?: number;
  readonly mutation?: SimMutation;
  /** Names of faults that happen for certain, beside the random ones. */
  readonly faults?: readonly string[];
  readonly sink?: (line: string) => void;
};

/** One server, its agents, the network between them, and virtual time. */
export class SimWorld {
  readonly queue = new EventQueue();
  readonly trace: SimTrace;
  readonly ledger = new SimLedger();
  readonly server: SimServerHost;
  /** The fleet. */
  readonly agents: readonly SimAgentHost[];
  /** Processes that fight for the name of an agent; duplicates[i] takes names[i]. */
  readonly duplicates: readonly SimAgentHost[];
  /** Chance of the faults. */
  readonly random: Random;
  /** Whether HTTP/2 pings run; without them only the cores' own rules find dead peers. */
  readonly keepalive: boolean;
  /** Keys of plan entries that agents refuse now. */
  readonly refusedKeys = new Set<string>();
  readonly #options: SimWorldOptions;
  readonly #credentialMs: number | undefined;
  readonly #streams = new Map<number, SimStream>();
  readonly #duplicateOf: number[] = [0, 1];
  readonly #networkRandom: Random;
  #nextStream = 1;

  constructor(options: SimWorldOptions) {
    const { seed } = options;
    this.#options = options;
    this.trace = new SimTrace(options.sink);
    this.random = createSeededRandom(seed);
    this.#networkRandom = createSeededRandom(seed ^ 0x5bd1e995);
    this.keepalive = this.random.next() < 0.5;
    this.#credentialMs = this.random.next() < 0.3 ? credentialMs : undefined;
    const count = options.agents ?? simAgentsDefault;
    this.agents = Array.from({ length: count }, (_, index) => this.#createAgent(index));
    this.duplicates = Array.from({ length: duplicateHosts }, (_, i) =>
      this.#createAgent(count + i),
    );
    this.server = new SimServerHost({
      queue: this.queue,
      trace: this.trace,
      ledger: this.ledger,
      random: createSeededRandom(seed ^ 0x27d4eb2f),
      agentIdOf: (index) => this.agentIdOf(index),
      credentialMs: this.#credentialMs,
      isContested: (agentId) => this.#isContested(agentId),
      createCore: (epoch) => this.#createServer(epoch),
      observe: (host) => checkServer(this, host),
    });
  }

  /** Name of the agent on a host. */
  agentIdOf(index: number): string {
    const count = this.agents.length;
    const named = index < count ? index : (this.#duplicateOf[index - count] ?? 0);
    const nodes = Math.ceil(count / 2);
    return named < nodes ? `n${named}.pod` : `n${named - nodes}.host`;
  }

  /** Network that the agent on a host stands in. */
  planeOf(index: number): "pod" | "host" {
    return this.agentIdOf(index).endsWith(".host") ? "host" : "pod";
  }

  /** Address of the agent on a host. */
  addressOf(host: SimAgentHost): string {
    const isPod = this.planeOf(host.index) === "pod";
    const second = isPod ? host.address % 200 : 200 + (host.address % 50);
    return `10.${second}.0.${1 + (host.index % 250)}`;
  }

  /** Lets a duplicate take an agent's name from its next start on. */
  nameDuplicate(duplicate: number, agentIndex: number): void {
    this.#duplicateOf[duplicate] = agentIndex;
  }

  /** Streams that one end or both still hold. */
  streams(): readonly SimStream[] {
    return [...this.#streams.values()];
  }

  /** Cuts directions of an agent's link for some time. */
  cut(index: number, direction: "up" | "down" | "both", durationMs: number): void {
    const host = this.#host(index);
    const change = (by: number): void => {
      if (direction !== "down") host.link.up.blocks += by;
      if (direction !== "up") host.link.down.blocks += by;
      host.link.generation += 1;
      this.trace.add(this.queue.nowMs, by > 0 ? "cut" : "heal", index, durationMs, direction);
      for (const stream of this.#streams.values()) {
        if (stream.agentIndex === index) stream.linkChanged(this.keepalive);
      }
    };
    change(1);
    this.queue.after(durationMs, () => change(-1));
  }

  /** Makes an agent's link slower for some time. */
  slow(index: number, byMs: number, durationMs: number): void {
    const { link } = this.#host(index);
    link.latencyMs += byMs;
    link.jitterMs += byMs;
    this.trace.add(this.queue.nowMs, "slow", index, byMs);
    this.queue.after(durationMs, () => {
      link.latencyMs -= byMs;
      link.jitterMs -= byMs;
    });
  }

  #isContested(agentId: string): boolean {
    const sinceMs = this.queue.nowMs - contestedMs;
    return this.duplicates.some(
      (host) =>
        this.agentIdOf(host.index) === agentId &&
        (host.state === "running" || host.endedMs > sinceMs),
    );
  }

  #host(index: number): SimAgentHost {
    const host = this.agents[index] ?? this.duplicates[index - this.agents.length];
    if (host === undefined) throw new Error(`no host ${index}`);
    return host;
  }

  #createAgent(index: number): SimAgentHost {
    const random = createSeededRandom(Math.imul(this.#options.seed ^ 0x165667b1, index + 1));
    const link: Link = {
      up: { blocks: 0 },
      down: { blocks: 0 },
      latencyMs: 0.2 + 20 * random.next(),
      jitterMs: 5 * random.next(),
      generation: 0,
    };
    const host = new SimAgentHost({
      index,
      queue: this.queue,
      trace: this.trace,
      ledger: this.ledger,
      link,
      random,
      refreshMs: this.#credentialMs && this.#credentialMs * 0.8,
      connect: (agent, end) => this.#connect(agent, end),
      createCore: (config, coreRandom) => {
        const random = this.#options.mutation?.agentRandom?.(coreRandom) ?? coreRandom;
        const core = new AgentCore(config, { random, sha256 });
        return this.#options.mutation?.agent?.(core, config, coreRandom) ?? core;
      },
      config: (agent, bootId) => this.#agentConfig(agent, bootId),
      observe: checkAgent,
    });
    host.wallShiftMs = Math.floor((random.next() - 0.5) * 1_200_000);
    return host;
  }

  #connect(host: SimAgentHost, agentEnd: AgentEnd): SimStream {
    for (const [id, old] of this.#streams) if (!old.isAlive) this.#streams.delete(id);
    const stream = new SimStream({
      id: this.#nextStream++,
      agentIndex: host.index,
      link: host.link,
      queue: this.queue,
      random: this.#networkRandom,
      agentEnd,
      serverEnd: this.server,
    });
    this.#streams.set(stream.id, stream);
    return stream;
  }

  #agentConfig(host: SimAgentHost, bootId: string): AgentCoreConfig {
    const agentId = this.agentIdOf(host.index);
    const dot = agentId.lastIndexOf(".");
    const node = agentId.slice(0, dot);
    const variant = host.settingsVariant;
    return {
      agentId,
      bootId,
      version: "1.0.0",
      identity: {
        node,
        podUid: `uid-${host.index}-${host.address}`,
        pod: `agent-${host.index}`,
        namespace: "causeway-system",
        ips: [this.addressOf(host)],
        nodeIp: `192.168.0.${1 + (Number(node.slice(1)) % 250)}`,
      },
      plane: this.planeOf(host.index),
      zone: `z${host.index % 3}`,
      settings: {
        heartbeatIntervalS: 5,
        testPort: variant === 1 ? 2222 : 22,
        customServiceName: variant === 2 ? "shop.default.svc" : "",
        customServicePort: 80,
        clientPort: 6100,
      },
      features: ["icmp", "tcp", "udp", "http", "dns", "run"],
      unavailable: {},
      validate: (entry) => (this.refusedKeys.has(entry.key) ? "not on this host" : undefined),
    };
  }

  #createServer(serverEpoch: string): ServerPort {
    const interner = new Interner();
    const config = { serverEpoch, lostAfterMs: simLostAfterMs, durability: "memory" as const };
    const random = createSeededRandom(this.#options.seed ^ this.server.generation);
    const core = new ServerCore(config, { interner, sha256, random });
    const port: ServerPort = {
      step: (input) => core.step(input),
      agent: (agentId) => core.agent(agentId),
      agents: () => core.agents(),
      planFor: (agentId) => core.planFor(agentId),
      newestRevisionFor: (agentId) => core.newestRevisionFor(agentId),
      keyOf: (id) => interner.keyOf(id),
    };
    return this.#options.mutation?.server?.(port, serverEpoch) ?? port;
  }
}
