import { createHash } from "node:crypto";
import type { AgentCore } from "../../agent/session/agent-core.js";
import type { AgentCoreConfig, AgentInput, AgentOutput } from "../../agent/session/protocol.js";
import type { AgentMessage, PlanEntry, RunResult, StatusCode } from "../../common/agent-stream.js";
import { assertNever } from "../../common/assert.js";
import type { Sha256 } from "../../common/plan-hash.js";
import type { Random } from "../../common/random.js";
import { SimCredit } from "./sim-credit.js";
import type { SimBoot, SimLedger } from "./sim-ledger.js";
import type { AgentEnd, Link, SimStream } from "./sim-network.js";
import type { EventQueue } from "./sim-queue.js";
import { SimFailure, type SimTrace } from "./sim-trace.js";

/** What the simulation needs of an agent's core; mutants wrap it. */
export type AgentPort = Pick<AgentCore, "step" | "status" | "nextDeadlineMs">;

/** Virtual 1970 of the simulation's start: wall clocks count from here. */
export const simStartUnixMs = 1_800_000_000_000;

/** Consecutive ticks at one instant after which a core is taken to spin. */
const spinTicksMax = 50;

/** Attempts to connect within a minute: full jitter from 1 s on stays far below. */
const opensPerMinuteMax = 60;

/** Every so manieth step is looked at. */
const observedSteps = 4;

/** Time between two rounds of probes. */
const probePeriodMs = 10_000;

/** SHA-256 of node:crypto. */
export const sha256: Sha256 = (bytes) => createHash("sha256").update(bytes).digest();

/** What an agent's host is made of. */
export type SimAgentOptions = {
  readonly index: number;
  readonly queue: EventQueue;
  readonly trace: SimTrace;
  readonly ledger: SimLedger;
  readonly link: Link;
  readonly random: Random;
  /** How often a fresh credential is read; undefined: never. */
  readonly refreshMs: number | undefined;
  /** Opens a stream to the server over the agent's link. */
  readonly connect: (host: SimAgentHost, end: AgentEnd) => SimStream;
  /** Makes a core: real or mutated. */
  readonly createCore: (config: AgentCoreConfig, random: Random) => AgentPort;
  readonly config: (host: SimAgentHost, bootId: string) => AgentCoreConfig;
  /** Called after every step, with the core's state. */
  readonly observe: (host: SimAgentHost) => void;
};

/** Where an agent's process stands. */
export type SimAgentState = "off" | "running" | "stopped";

const seqOf = (message: AgentMessage): number => {
  if (message.kind === "results") return message.batch.seq;
  return message.kind === "gap" ? message.gap.seq : 0;
};

/** One host with an agent process on it: pumps a core, measures, crashes, freezes, and starts again. */
export class SimAgentHost {
  readonly index: number;
  readonly link: Link;
  readonly #options: SimAgentOptions;
  readonly #queue: EventQueue;
  readonly #random: Random;
  /** Counts processes: tasks of a former one are void. */
  #process = 0;
  #state: SimAgentState = "off";
  #core: AgentPort | undefined;
  #boot: SimBoot | undefined;
  #stream: SimStream | undefined;
  #goneStream: SimStream | undefined;
  #credit = new SimCredit();
  #monoShiftMs = 0;
  #frozen = false;
  readonly #waiting: (() => void)[] = [];
  readonly #inputs: (() => AgentInput)[] = [];
  #busy = false;
  #wakeMs = Number.POSITIVE_INFINITY;
  #stepCount = 0;
  #opens: number[] = [];
  #spinMs = -1;
  #spinTicks = 0;
  /** Counts runs; each open one has its number. */
  #runCount = 0;
  readonly #runs = new Map<string, number>();
  /** Added to the wall clock; jumps. */
  wallShiftMs = 0;
  /** Whether fresh credentials are to be had. */
  refreshing = true;
  /** Whether probes run. */
  probing = true;
  /** Changes with a new pod address: plans of the others change. */
  address = 0;
  /** What the environment says; a restart takes it over. */
  settingsVariant = 0;
  /** When the last process ended. */
  endedMs = Number.NEGATIVE_INFINITY;
  /** The plan that runs. */
  plan: { epoch: string; revision: number; entries: readonly PlanEntry[] } | undefined;

  constructor(options: SimAgentOptions) {
    this.index = options.index;
    this.link = options.link;
    this.#options = options;
    this.#queue = options.queue;
    this.#random = options.random;
  }

  /** Where the process stands. */
  get state(): SimAgentState {
    return this.#state;
  }

  /** The process's core while it runs. */
  get core(): AgentPort | undefined {
    return this.#core;
  }

  /** The process that runs or ran last. */
  get boot(): SimBoot | undefined {
    return this.#boot;
  }

  /** The stream of the process, if it has one. */
  get stream(): SimStream | undefined {
    return this.#stream;
  }

  /** Whether the process is frozen. */
  get isFrozen(): boolean {
    return this.#frozen;
  }

  /** Runs that the core started and that did not end. */
  get openRunCount(): number {
    return this.#runs.size;
  }

  /** Starts a process. */
  start(): void {
    if (this.#state === "running") return;
    this.#goneStream?.hostBack();
    this.#goneStream = undefined;
    this.#process += 1;
    this.#state = "running";
    this.#monoShiftMs = Math.floor(this.#random.next() * 1e7);
    const bootId = this.#newBootId();
    const config = this.#options.config(this, bootId);
    this.#boot = this.#options.ledger.startBoot(config.agentId, this.index, bootId);
    this.#core = this.#options.createCore(config, this.#random);
    this.#trace("start", this.#process);
    this.#wakeMs = Number.POSITIVE_INFINITY;
    this.#opens = [];
    this.#tick();
    this.#probeLater(this.#random.next() * probePeriodMs);
  }

  /** The process is killed; its kernel closes its stream. */
  crashProcess(): void {
    if (this.#state !== "running") return;
    this.#trace("crash", this.#process);
    this.#stream?.agentProcessDied();
    this.#die();
  }

  /** The machine loses power: nobody says anything. */
  crashHost(): void {
    if (this.#state !== "running") return;
    this.#trace("host down", this.#process);
    this.#stream?.agentHostDied();
    this.#goneStream = this.#stream;
    this.#die();
  }

  /** Asks the process to say goodbye and to end. */
  stop(): void {
    if (this.#state !== "running") return;
    this.#trace("stop", this.#process);
    this.#feed(() => ({ kind: "stop", reason: "shutdown", ...this.#times() }));
  }

  /** SIGSTOP. */
  freeze(): void {
    this.#frozen = true;
    this.#trace("freeze", this.#process);
  }

  /** SIGCONT: what waited comes in a burst. */
  thaw(): void {
    if (!this.#frozen) return;
    this.#frozen = false;
    this.#trace("thaw", this.#process);
    const process = this.#process;
    if (this.#random.next() < 0.5) this.#tick();
    for (const task of this.#waiting.splice(0)) {
      if (process === this.#process) task();
    }
    this.#tick();
  }

  /** Many results with long explanations at once: fills a spool. */
  flood(count: number): void {
    const entry = this.plan?.entries[0];
    if (this.#state !== "running" || entry === undefined || this.#frozen) return;
    const detail = "x".repeat(200);
    this.#measured(
      Array.from({ length: count }, () => ({ entry, atMs: this.#queue.nowMs, detail })),
    );
  }

  #newBootId(): string {
    let id = "";
    for (let i = 0; i < 4; i++) {
      id += Math.floor(this.#random.next() * 0x1_0000_0000)
        .toString(16)
        .padStart(8, "0");
    }
    return id;
  }

  #die(): void {
    const status = this.#core?.status();
    const held = status && status.openResults + status.spooledResults + status.unackedResults;
    if (this.#boot !== undefined) {
      this.#boot.crashed = held === undefined || held > 0;
      this.#boot.running = false;
    }
    this.#state = "stopped";
    this.endedMs = this.#queue.nowMs;
    this.#process += 1;
    this.#core = undefined;
    this.#stream = undefined;
    this.plan = undefined;
    this.#frozen = false;
    this.#waiting.length = 0;
    this.#inputs.length = 0;
    this.#runs.clear();
  }

  #times(): { nowMs: number; wallMs: number } {
    return { nowMs: this.#queue.nowMs + this.#monoShiftMs, wallMs: this.#wallMs() };
  }

  #wallMs(): number {
    return Math.floor(simStartUnixMs + this.#queue.nowMs + this.wallShiftMs);
  }

  #trace(what: string, value: number, text = ""): void {
    this.#options.trace.add(this.#queue.nowMs, what, this.index, value, text);
  }

  /** Runs a task of this process now, or when it is thawed. */
  #inProcess(task: () => void): void {
    if (this.#state !== "running") return;
    if (this.#frozen) this.#waiting.push(task);
    else task();
  }

  #after(delayMs: number, task: () => void): void {
    const process = this.#process;
    this.#queue.after(delayMs, () => {
      if (process === this.#process) this.#inProcess(task);
    });
  }

  #tick(lateMs = 0): void {
    const loopDelayUs = Math.floor(lateMs * 1000);
    this.#feed(() => ({ kind: "tick", ...this.#times(), loopDelayUs }));
  }

  /** Gives the core an input; inputs that outputs give rise to wait until all outputs are carried out. */
  #feed(input: () => AgentInput): void {
    this.#inputs.push(input);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (;;) {
        const next = this.#inputs.shift();
        const core = this.#core;
        if (next === undefined || core === undefined) break;
        for (const output of core.step(next())) this.#carryOut(output);
      }
    } finally {
      this.#busy = false;
    }
    if (this.#core === undefined) return;
    this.#stepCount += 1;
    if (this.#stepCount % observedSteps === 0) this.#options.observe(this);
    this.#scheduleWake();
  }

  /** At most one wake is scheduled; when it comes too early, because the deadline moved, it is put off. */
  #scheduleWake(): void {
    const core = this.#core;
    if (core === undefined) return;
    const nowMs = this.#queue.nowMs;
    const deadlineMs = core.nextDeadlineMs() - this.#monoShiftMs;
    if (deadlineMs <= nowMs) this.#countSpin(nowMs);
    const wakeMs = Math.max(deadlineMs, nowMs + 1);
    if (wakeMs >= this.#wakeMs) return;
    this.#wakeMs = wakeMs;
    const process = this.#process;
    this.#queue.at(wakeMs + this.#random.next(), () => {
      if (process !== this.#process || this.#wakeMs !== wakeMs) return;
      this.#inProcess(() => this.#wake(wakeMs));
    });
  }

  #wake(wakeMs: number): void {
    this.#wakeMs = Number.POSITIVE_INFINITY;
    const dueMs = (this.#core?.nextDeadlineMs() ?? 0) - this.#monoShiftMs;
    if (dueMs > this.#queue.nowMs) this.#scheduleWake();
    else this.#tick(Math.max(0, this.#queue.nowMs - wakeMs));
  }

  #countSpin(nowMs: number): void {
    if (nowMs - this.#spinMs > 100) {
      this.#spinMs = nowMs;
      this.#spinTicks = 0;
    }
    this.#spinTicks += 1;
    if (this.#spinTicks > 2 * spinTicksMax) {
      throw new SimFailure(
        "spin",
        `agent ${this.index} asks for a tick in the past again and again`,
      );
    }
  }

  #carryOut(output: AgentOutput): void {
    switch (output.kind) {
      case "open":
        this.#open();
        break;
      case "send":
        this.#trace("send", seqOf(output.message), output.message.kind);
        this.#credit.sent(output.message);
        if (this.#stream?.sendFromAgent(output.message) === false) {
          this.#inputs.push(() => ({ kind: "blocked", nowMs: this.#times().nowMs }));
        }
        break;
      case "close":
        this.#trace("close", output.graceful ? 1 : 0);
        this.#stream?.closeFromAgent(output.graceful);
        break;
      case "apply_plan":
        this.#trace("apply plan", output.revision);
        this.plan = output;
        break;
      case "start_run":
        this.#startRun(output);
        break;
      case "cancel_run":
        this.#runs.delete(output.requestId);
        break;
      case "exit":
        this.#exit(output.code, output.message);
        break;
      case "log":
        break;
      default:
        assertNever(output);
    }
  }

  #open(): void {
    if (this.#stream?.isAgentOpen === true) {
      throw new SimFailure(
        "sessions",
        `agent ${this.index} opens a second stream beside the first`,
      );
    }
    this.#opens = this.#opens.filter((atMs) => atMs > this.#queue.nowMs - 60_000);
    this.#opens.push(this.#queue.nowMs);
    if (this.#opens.length > opensPerMinuteMax) {
      throw new SimFailure("sessions", `agent ${this.index} connects again and again`);
    }
    this.#credit = new SimCredit();
    const process = this.#process;
    const guarded =
      <A extends unknown[]>(task: (...args: A) => void) =>
      (...args: A): void => {
        if (process === this.#process && this.#stream === stream) {
          this.#inProcess(() => task(...args));
        }
      };
    const stream = this.#options.connect(this, {
      message: guarded((message) => {
        this.#trace("got", 0, message.kind);
        this.#credit.received(message);
        this.#feed(() => ({ kind: "message", message, ...this.#times() }));
      }),
      closed: guarded((code: StatusCode, message: string, retryAfterMs: number | undefined) => {
        this.#trace("closed", retryAfterMs ?? 0, `${code} ${message}`);
        this.#stream = undefined;
        const { nowMs } = this.#times();
        this.#feed(() => ({ kind: "closed", code, message, retryAfterMs, nowMs }));
      }),
      writable: guarded(() => this.#feed(() => ({ kind: "writable", ...this.#times() }))),
    });
    this.#stream = stream;
    this.#trace("open", stream.id);
    this.#refreshLater(stream);
  }

  #refreshLater(stream: SimStream): void {
    const { refreshMs } = this.#options;
    if (refreshMs === undefined) return;
    this.#after(refreshMs, () => {
      if (this.#stream !== stream) return;
      if (this.refreshing) {
        this.#feed(() => ({ kind: "token", token: "fresh", nowMs: this.#times().nowMs }));
      }
      this.#refreshLater(stream);
    });
  }

  /** A process that fails is started again, as its node does. */
  #exit(code: number, message: string): void {
    this.#trace("exit", code, message);
    this.#stream?.agentProcessDied();
    this.#die();
    if (code === 0) return;
    const process = this.#process;
    this.#queue.after(5_000 + this.#random.next() * 15_000, () => {
      if (process === this.#process) this.start();
    });
  }

  #startRun(run: AgentOutput & { kind: "start_run" }): void {
    const { requestId } = run;
    if (this.#runs.has(requestId)) throw new SimFailure("runs", `run ${requestId} started twice`);
    this.#runCount += 1;
    const started = this.#runCount;
    this.#runs.set(requestId, started);
    this.#after(50 + this.#random.next() * 2000, () => {
      if (this.#runs.get(requestId) !== started) return;
      this.#runs.delete(requestId);
      const result: RunResult = {
        outcome: "ok",
        rttUs: 1,
        detail: "",
        measuredAtUnixMs: this.#wallMs(),
      };
      const results = run.probes.map(() => result);
      this.#feed(() => ({
        kind: "run_done",
        requestId,
        results,
        error: "",
        nowMs: this.#times().nowMs,
      }));
    });
  }

  #probeLater(delayMs: number): void {
    this.#after(delayMs, () => {
      this.#probeLater(probePeriodMs * (0.9 + 0.2 * this.#random.next()));
      const entries = this.plan?.entries ?? [];
      if (!this.probing || entries.length === 0) return;
      const picked: { entry: PlanEntry; atMs: number; detail: string }[] = [];
      const count = 1 + Math.floor(this.#random.next() * 4);
      for (let i = 0; i < count; i++) {
        const entry = entries[Math.floor(this.#random.next() * entries.length)];
        const detail = this.#random.next() < 0.05 ? "connection refused by the peer" : "";
        if (entry !== undefined) picked.push({ entry, atMs: this.#queue.nowMs, detail });
      }
      const epoch = this.plan?.epoch ?? "";
      this.#after(1 + this.#random.next() * 1500, () => this.#measured(picked, epoch));
    });
  }

  #measured(
    picked: readonly { entry: PlanEntry; atMs: number; detail: string }[],
    epoch = this.plan?.epoch ?? "",
  ): void {
    const boot = this.#boot;
    if (boot === undefined) return;
    const results = picked.map(({ entry, atMs, detail }) => ({
      id: entry.id,
      epoch,
      key: entry.key,
      sentAtMs: atMs + this.#monoShiftMs,
      result: this.#options.ledger.measure(boot, entry.key, atMs, detail),
    }));
    this.#trace("measured", results.length);
    this.#feed(() => ({ kind: "measured", results, ...this.#times() }));
  }
}
