import { createHash } from "node:crypto";
import { AgentCore } from "../../agent/session/agent-core.js";
import type {
  AgentCoreConfig,
  AgentInput,
  AgentOutput,
  AgentStatus,
  Measured,
} from "../../agent/session/protocol.js";
import type {
  AgentMessage,
  Plan,
  PlanEntry,
  ServerMessage,
  StatusCode,
  Welcome,
} from "../../common/agent-stream.js";
import { computePlanHash, type Sha256 } from "../../common/plan-hash.js";
import { type Outcome, parseTargetKey } from "../../common/probe.js";
import type { Random } from "../../common/random.js";

/** SHA-256 of node:crypto. */
export const sha256: Sha256 = (bytes) => createHash("sha256").update(bytes).digest();

/** A configuration of agent n1.pod on node n1. */
export const agentConfig = (changes: Partial<AgentCoreConfig> = {}): AgentCoreConfig => ({
  agentId: "n1.pod",
  bootId: "b1",
  version: "0.1.0",
  identity: {
    node: "n1",
    podUid: "",
    pod: "",
    namespace: "",
    ips: ["127.2.0.1"],
    nodeIp: "127.1.0.1",
  },
  plane: "pod",
  zone: "",
  settings: {
    heartbeatIntervalS: 5,
    testPort: 22,
    customServiceName: "",
    customServicePort: 80,
    clientPort: 6100,
  },
  features: ["tcp", "run"],
  unavailable: {},
  validate: (entry) => (entry.probe.address === "" ? "address is missing" : undefined),
  ...changes,
});

/** A Welcome of epoch e1 with a window of 8 batches. */
export const welcomeOf = (changes: Partial<Welcome> = {}): Welcome => ({
  serverEpoch: "e1",
  sessionId: "s1",
  sessionGeneration: 1,
  ackSeq: 0,
  durability: "memory",
  heartbeatMs: 5000,
  window: { batches: 8, bytes: 1_000_000 },
  limits: { messageBytesMax: 262_144, batchResultsMax: 100, runsMax: 4 },
  serverTimeMs: 0,
  protocolVersion: 1,
  features: [],
  ...changes,
});

/** A plan entry whose hash follows from its id and key. */
export const entryOf = (id: number, key: string, changes: Partial<PlanEntry> = {}): PlanEntry => {
  const parsed = parseTargetKey(key);
  const target = parsed?.target ?? "";
  return {
    id,
    hash: createHash("sha256").update(`${id} ${key}`).digest("hex").slice(0, 16),
    key,
    probe: {
      kind: parsed?.kind ?? "tcp",
      address: "127.1.0.2",
      port: 22,
      timeoutMs: 1500,
      hostName: "",
      httpPath: "",
      expectPodUid: "",
    },
    intervalMs: 10_000,
    agentId: target.startsWith("node/") ? "" : target,
    node: target.startsWith("node/") ? target.slice("node/".length) : "",
    ...changes,
  };
};

/** A whole plan of these entries. */
export const planOf = (revision: number, entries: readonly PlanEntry[]): Plan => ({
  revision,
  nonce: revision,
  baseRevision: undefined,
  upserts: entries,
  removes: [],
  hash: computePlanHash(entries, sha256),
});

/** Outputs of one kind. */
export const outputsOf = <Kind extends AgentOutput["kind"]>(
  outputs: readonly AgentOutput[],
  kind: Kind,
): Extract<AgentOutput, { kind: Kind }>[] =>
  outputs.filter((output): output is Extract<AgentOutput, { kind: Kind }> => output.kind === kind);

/** Messages of one kind that were sent. */
export const sentOf = <Kind extends AgentMessage["kind"]>(
  outputs: readonly AgentOutput[],
  kind: Kind,
): Extract<AgentMessage, { kind: Kind }>[] =>
  outputsOf(outputs, "send")
    .map((output) => output.message)
    .filter((message): message is Extract<AgentMessage, { kind: Kind }> => message.kind === kind);

/** An agent core with two clocks that stand still until they are moved. */
export class AgentRig {
  readonly core: AgentCore;
  nowMs = 1000;
  /** Wall clock minus monotonic clock. */
  wallBaseMs = 1_800_000_000_000;

  constructor(options: { config?: Partial<AgentCoreConfig>; random?: Random } = {}) {
    this.core = new AgentCore(agentConfig(options.config), {
      random: options.random ?? { next: () => 0.5 },
      sha256,
    });
  }

  get wallMs(): number {
    return this.wallBaseMs + this.nowMs;
  }

  get status(): AgentStatus {
    return this.core.status();
  }

  step(input: AgentInput): AgentOutput[] {
    return this.core.step(input);
  }

  tick(afterMs = 0, loopDelayUs = 0): AgentOutput[] {
    this.nowMs += afterMs;
    return this.step({ kind: "tick", nowMs: this.nowMs, wallMs: this.wallMs, loopDelayUs });
  }

  /** Lets time pass and ticks whenever the core asks for it, as an adapter does. */
  wait(ms: number): AgentOutput[] {
    const untilMs = this.nowMs + ms;
    const outputs: AgentOutput[] = [];
    for (let ticks = 0; ; ticks++) {
      if (ticks > 100_000) throw new Error("the core asks for ticks without end");
      const dueMs = this.core.nextDeadlineMs();
      if (dueMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, dueMs);
      outputs.push(...this.tick());
    }
    this.nowMs = untilMs;
    return outputs;
  }

  message(message: ServerMessage): AgentOutput[] {
    return this.step({ kind: "message", message, nowMs: this.nowMs, wallMs: this.wallMs });
  }

  welcome(changes: Partial<Welcome> = {}): AgentOutput[] {
    const welcome = welcomeOf({ serverTimeMs: this.wallMs, ...changes });
    return this.message({ kind: "welcome", welcome });
  }

  /** Opens a stream that is answered. */
  connect(changes: Partial<Welcome> = {}): AgentOutput[] {
    const outputs = this.wait(Math.max(0, this.core.nextDeadlineMs() - this.nowMs));
    return [...outputs, ...this.welcome(changes)];
  }

  ack(seq: number): AgentOutput[] {
    return this.message({ kind: "ack", seq });
  }

  plan(plan: Plan): AgentOutput[] {
    return this.message({ kind: "plan", plan });
  }

  closed(code: StatusCode, message = "", retryAfterMs?: number): AgentOutput[] {
    return this.step({ kind: "closed", code, message, retryAfterMs, nowMs: this.nowMs });
  }

  measured(results: readonly Measured[]): AgentOutput[] {
    return this.step({ kind: "measured", results, nowMs: this.nowMs, wallMs: this.wallMs });
  }

  /** So many results for ids 1 to 4, sent just now. */
  measure(count: number, changes: Partial<Measured> = {}): AgentOutput[] {
    const results: Measured[] = [];
    for (let i = 0; i < count; i++) results.push(measuredOf(1 + (i % 4), this.nowMs, changes));
    return this.measured(results);
  }

  stop(reason = "shutdown"): AgentOutput[] {
    return this.step({ kind: "stop", reason, nowMs: this.nowMs, wallMs: this.wallMs });
  }
}

/** A result for an id of epoch e1. */
export const measuredOf = (
  id: number,
  sentAtMs: number,
  changes: Partial<Measured> = {},
  outcome: Outcome = "ok",
): Measured => ({
  id,
  epoch: "e1",
  key: `tcp|node/n${id}`,
  sentAtMs,
  result: { outcome, rttUs: outcome === "ok" ? 100 * id : undefined, detail: "" },
  ...changes,
});
