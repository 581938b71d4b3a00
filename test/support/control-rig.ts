import type {
  AgentMessage,
  Applied,
  Hello,
  Plan,
  Plane,
  ServerMessage,
  Settings,
} from "../../common/agent-stream.js";
import type { ProbeSpec } from "../../common/probe.js";
import type { Random } from "../../common/random.js";
import { Interner } from "../../server/mesh/interner.js";
import { ControlPlane } from "../../server/session/control-plane.js";
import type {
  ControlConfig,
  ControlInput,
  ControlOutput,
  Principal,
  StreamEnd,
} from "../../server/session/protocol.js";
import { sha256 } from "./agent-rig.js";

/** What a test may say differently about an agent's Hello. */
export type HelloChanges = Partial<Omit<Hello, "identity" | "settings">> & {
  readonly identity?: Partial<Hello["identity"]>;
  readonly settings?: Partial<Settings>;
};

/** The settings that an agent has by default. */
export const defaultSettings: Settings = {
  heartbeatIntervalS: 5,
  testPort: 22,
  customServiceName: "",
  customServicePort: 80,
  clientPort: 6100,
};

/** The Hello of an agent NODE.PLANE with boot b1; the number in the node's name makes its addresses. */
export const helloOf = (agentId: string, changes: HelloChanges = {}): Hello => {
  const dot = agentId.lastIndexOf(".");
  const node = agentId.slice(0, dot);
  const number = Number(/\d+$/.exec(node)?.[0] ?? 0);
  const host = `${number >> 8}.${number & 255}`;
  const { identity, settings, ...others } = changes;
  return {
    agentId,
    bootId: "b1",
    protocol: { min: 1, max: 1 },
    features: ["tcp", "run"],
    unavailable: {},
    version: "0.1.0",
    identity: {
      node,
      podUid: `uid-${node}`,
      pod: `agent-${node}`,
      namespace: "causeway-system",
      ips: [`10.2.${host}`],
      nodeIp: `10.1.${host}`,
      ...identity,
    },
    plane: agentId.slice(dot + 1) as Plane,
    zone: "",
    settings: { ...defaultSettings, ...settings },
    applied: undefined,
    unacked: { first: 1, last: 0 },
    spooled: { batches: 0, oldestMs: 0 },
    ...others,
  };
};

/** A credential of nobody in particular. */
export const anyPrincipal: Principal = {
  method: "none",
  name: "",
  node: undefined,
  expiresUnixMs: undefined,
};

/** A TCP probe of 10.0.0.1:80. */
export const tcpProbe: ProbeSpec = {
  kind: "tcp",
  address: "10.0.0.1",
  port: 80,
  timeoutMs: 1500,
  hostName: "",
  httpPath: "",
  expectPodUid: "",
};

/** How often the rig ticks. */
export const rigTickMs = 250;

/** A control plane with a clock that the test moves, and the plans that it pushed. */
export class ControlRig {
  readonly interner: Interner;
  readonly core: ControlPlane;
  readonly epoch: string;
  /** Answers of the ackedSeq port, by AGENT/BOOT. */
  readonly acked = new Map<string, number>();
  /** The last plan pushed to each stream. */
  readonly pushed = new Map<number, Plan>();
  /** What the process uses, as every tick says from now on. */
  load: Pick<Extract<ControlInput, { kind: "tick" }>, "loopUtilization" | "rssBytes"> = {};
  nowMs = 0;
  wallBaseMs = 1_700_000_000_000;

  constructor(
    options: {
      readonly config?: Partial<ControlConfig>;
      readonly random?: Random;
      readonly interner?: Interner;
    } = {},
  ) {
    const config: ControlConfig = {
      serverEpoch: "epoch-1",
      lostAfterMs: 15_000,
      durability: "memory",
      ...options.config,
    };
    this.epoch = config.serverEpoch;
    this.interner = options.interner ?? new Interner();
    this.core = new ControlPlane(config, {
      interner: this.interner,
      sha256,
      random: options.random ?? { next: () => 0.5 },
      ackedSeq: (agentId, bootId) => this.acked.get(`${agentId}/${bootId}`) ?? 0,
    });
    this.tick();
  }

  get wallMs(): number {
    return this.wallBaseMs + this.nowMs;
  }

  step(input: ControlInput): ControlOutput[] {
    const outputs = this.core.step(input);
    for (const output of outputs) {
      if (output.kind !== "push_plan") continue;
      for (const stream of output.streams) this.pushed.set(stream, output.plan);
    }
    return outputs;
  }

  /** Ticks now. */
  tick(loopDelayMs = 0): ControlOutput[] {
    const { nowMs, wallMs, load } = this;
    return this.step({ kind: "tick", nowMs, wallMs, loopDelayMs, ...load });
  }

  /** Lets time pass, with a tick every 250 ms and one at the end. */
  wait(ms: number, each?: () => ControlOutput[]): ControlOutput[] {
    const endMs = this.nowMs + ms;
    const outputs: ControlOutput[] = [];
    while (this.nowMs < endMs) {
      this.nowMs = Math.min(this.nowMs + rigTickMs, endMs);
      if (each !== undefined) outputs.push(...each());
      outputs.push(...this.tick());
    }
    return outputs;
  }

  open(stream: number, principal: Partial<Principal> = {}): ControlOutput[] {
    return this.step({
      kind: "opened",
      stream,
      principal: { ...anyPrincipal, ...principal },
      remote: `10.9.0.${stream}`,
      nowMs: this.nowMs,
      wallMs: this.wallMs,
    });
  }

  message(stream: number, message: AgentMessage): ControlOutput[] {
    return this.step({
      kind: "message",
      stream,
      message,
      nowMs: this.nowMs,
      wallMs: this.wallMs,
    });
  }

  hello(stream: number, agentId: string, changes: HelloChanges = {}): ControlOutput[] {
    return this.message(stream, { kind: "hello", hello: helloOf(agentId, changes) });
  }

  /** Opens a stream and says Hello. */
  join(stream: number, agentId: string, changes: HelloChanges = {}): ControlOutput[] {
    return [...this.open(stream), ...this.hello(stream, agentId, changes)];
  }

  closed(stream: number, end: StreamEnd = "reset"): ControlOutput[] {
    return this.step({
      kind: "closed",
      stream,
      end,
      nowMs: this.nowMs,
      wallMs: this.wallMs,
    });
  }

  heartbeat(stream: number, skewMs = 0): ControlOutput[] {
    return this.message(stream, {
      kind: "heartbeat",
      loopDelayUs: 0,
      clockUnixMs: this.wallMs + skewMs,
      spooled: { batches: 0, oldestMs: 0 },
    });
  }

  /** Acknowledges the plan that was pushed last on a stream. */
  ackPlan(stream: number): ControlOutput[] {
    const plan = this.pushedTo(stream);
    return this.message(stream, {
      kind: "plan_ack",
      nonce: plan.nonce,
      revision: plan.revision,
    });
  }

  /** The plan that was pushed last on a stream. */
  pushedTo(stream: number): Plan {
    const plan = this.pushed.get(stream);
    if (plan === undefined) throw new Error(`no plan was pushed to stream ${stream}`);
    return plan;
  }

  /** What an agent says that it runs after the last push on a stream. */
  appliedOn(stream: number): Applied {
    const { revision, hash } = this.pushedTo(stream);
    return { serverEpoch: this.epoch, revision, hash };
  }

  run(requestId: string, agentId: string, waitMs = 2000, probes = [tcpProbe]): ControlOutput[] {
    return this.step({
      kind: "run",
      requestId,
      agentId,
      probes,
      deadlineMs: this.nowMs + waitMs,
      nowMs: this.nowMs,
      wallMs: this.wallMs,
    });
  }

  state(agentId: string): string {
    const agent = this.core.agent(agentId);
    return agent === undefined ? "not listed" : `${agent.state} ${agent.reason}`;
  }
}

/** Outputs of one kind. */
export const only = <K extends ControlOutput["kind"]>(
  outputs: readonly ControlOutput[],
  kind: K,
): Extract<ControlOutput, { readonly kind: K }>[] =>
  outputs.filter((output): output is Extract<ControlOutput, { kind: K }> => output.kind === kind);

/** Messages of one kind that were sent. */
export const sent = <K extends ServerMessage["kind"]>(
  outputs: readonly ControlOutput[],
  kind: K,
): { stream: number; message: Extract<ServerMessage, { readonly kind: K }> }[] =>
  only(outputs, "send").flatMap(({ stream, message }) =>
    message.kind === kind
      ? [{ stream, message: message as Extract<ServerMessage, { readonly kind: K }> }]
      : [],
  );

/** What was added to a counter with a label. */
export const counted = (outputs: readonly ControlOutput[], name: string, label: string): number =>
  only(outputs, "count")
    .filter((output) => output.name === name && output.label === label)
    .reduce((sum, output) => sum + output.by, 0);
