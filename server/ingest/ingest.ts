import type { Gap, ResultBatch } from "../../common/agent-stream.js";
import { assertNever } from "../../common/assert.js";
import type { LogFields, LogLevel } from "../../common/logger.js";
import { ackDelayMaxMs, bootsPerAgentMax, ingestAgentsMax, windowBatchesMax } from "../limits.js";
import { badGap, checkBatch, gapFromBatch, type TargetIds } from "./batch-check.js";
import { BootMarks } from "./boot-marks.js";
import { Credit } from "./credit.js";
import type {
  AppendToken,
  IngestCounter,
  IngestInput,
  IngestOutput,
  LogRecord,
  LossView,
} from "./protocol.js";

export type { TargetIds } from "./batch-check.js";

/** What an ingest is made with. */
export type IngestConfig = { readonly serverEpoch: string; readonly interner: TargetIds };

type AgentEntry = {
  readonly agentId: string;
  /** Marks by boot, the current one last. */
  readonly boots: Map<string, BootMarks>;
  current: BootMarks | undefined;
  /** Its stream is being closed: what still arrives on it comes again in the next session. */
  refused: boolean;
  lostResults: number;
  lostBatches: number;
};

type Pending = {
  readonly entry: AgentEntry;
  readonly marks: BootMarks;
  readonly from: number;
};

/** Whose numbered message may be taken. */
type Admitted = { readonly entry: AgentEntry; readonly marks: BootMarks };

type InputOf<K extends IngestInput["kind"]> = Extract<IngestInput, { readonly kind: K }>;

/**
 * A result batch's way: check, de-duplicate by (agent, boot, seq), apply to the matrix once, append to the log, and
 * acknowledge only what the log has. Pure: inputs in, outputs out, in order.
 *
 * A refused stream (broken protocol, or the log failed) stays refused until the agent's next session, and what arrives
 * meanwhile is left out: the agent holds it unacknowledged and sends it again.
 */
export class Ingest {
  readonly #config: IngestConfig;
  readonly #agents = new Map<string, AgentEntry>();
  /** Those of them that are not listed, first to go first. */
  readonly #forgotten = new Set<string>();
  readonly #pending = new Map<AppendToken, Pending>();
  /** Boots whose agent waits for an acknowledgement. */
  readonly #owing = new Map<BootMarks, AgentEntry>();
  readonly #credit = new Credit();
  #loopDelayMs = 0;
  #nextToken = 1;
  #outputs: IngestOutput[] = [];

  constructor(config: IngestConfig) {
    this.#config = config;
  }

  /** Takes one input and says what is to be done, in order. */
  step(input: IngestInput): IngestOutput[] {
    this.#outputs = [];
    this.#take(input);
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  /** Highest sequence number of this boot up to which everything is in the log; 0 for none. */
  ackedSeq(agentId: string, bootId: string): number {
    return this.#agents.get(agentId)?.boots.get(bootId)?.appended ?? 0;
  }

  /** What is known to be missing from an agent since this server knows it. */
  loss(agentId: string): LossView {
    const entry = this.#agents.get(agentId);
    return { lostResults: entry?.lostResults ?? 0, lostBatches: entry?.lostBatches ?? 0 };
  }

  /** Records handed to the log and not yet accepted. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  #take(input: IngestInput): void {
    switch (input.kind) {
      case "session":
        this.#session(input);
        break;
      case "results":
        this.#results(input);
        break;
      case "gap":
        this.#gap(input);
        break;
      case "appended":
        this.#appended(input);
        break;
      case "append_failed":
        this.#appendFailed(input);
        break;
      case "recovered":
        this.#recovered(input);
        break;
      case "tick":
        this.#tick(input);
        break;
      case "forget":
        this.#forget(input.agentId);
        break;
      default:
        assertNever(input);
    }
  }

  #session({ agentId, bootId, unackedFirst, nowMs, wallMs }: InputOf<"session">): void {
    const entry = this.#entryFor(agentId);
    if (entry === undefined) {
      this.#reject(agentId, "resource_exhausted", `at most ${ingestAgentsMax} agents`);
      return;
    }
    const marks = entry.boots.get(bootId) ?? new BootMarks(bootId, 0);
    this.#keepMarks(entry, marks);
    if (entry.current !== undefined) this.#owing.delete(entry.current);
    entry.current = marks;
    entry.refused = false;
    marks.ackSent = marks.appended;
    marks.owedSinceMs = undefined;
    if (unackedFirst > marks.accepted + 1) {
      this.#serverLost({ entry, marks, to: unackedFirst - 1, nowMs, wallMs });
    }
  }

  /** As the newest of its agent; the oldest make room. */
  #keepMarks(entry: AgentEntry, marks: BootMarks): void {
    entry.boots.delete(marks.bootId);
    entry.boots.set(marks.bootId, marks);
    for (const oldest of entry.boots.values()) {
      if (entry.boots.size <= bootsPerAgentMax) break;
      entry.boots.delete(oldest.bootId);
      this.#owing.delete(oldest);
    }
  }

  /** A former server acknowledged what no log of ours has: say so, and go on after it. */
  #serverLost({
    entry,
    marks,
    to,
    nowMs,
    wallMs,
  }: {
    readonly entry: AgentEntry;
    readonly marks: BootMarks;
    readonly to: number;
    readonly nowMs: number;
    readonly wallMs: number;
  }): void {
    const seqFrom = marks.accepted + 1;
    const lost = to - Math.max(marks.counted, marks.accepted);
    if (lost > 0) {
      entry.lostBatches = addedUp(entry.lostBatches, lost);
      marks.counted = to;
      this.#count("batches_lost", "server_lost", lost);
      const fields = {
        agent_id: entry.agentId,
        boot_id: marks.bootId,
        seq_from: seqFrom,
        seq_to: to,
      };
      this.#log("warn", fields, "a former server acknowledged batches that no log has");
    }
    const record: LogRecord = {
      kind: "gap",
      agentId: entry.agentId,
      bootId: marks.bootId,
      seqFrom,
      seqTo: to,
      fromUnixMs: 0,
      toUnixMs: wallMs,
      dropped: undefined,
      reason: "server_lost",
    };
    this.#append({ entry, marks, from: seqFrom, to, record, nowMs });
  }

  #results({ agentId, batch, nowMs, wallMs }: InputOf<"results">): void {
    const taken = this.#admit(agentId, batch, nowMs);
    if (taken === undefined) return;
    const { entry, marks } = taken;
    const { serverEpoch, interner } = this.#config;
    const count = batch.columns.targetId.length;
    if (batch.seq <= marks.accepted) {
      this.#count("results_duplicate", "resent", count);
      return;
    }
    const checked = checkBatch({ batch, serverEpoch, interner, wallMs });
    if (checked.kind === "bad") {
      this.#count("results_rejected", checked.reason, count);
      // A clock was wrong; the agent broke nothing, and would only send it again.
      if (checked.reason === "age") this.#takeGap(taken, gapFromBatch(batch), nowMs);
      else this.#refuse(entry, "invalid_argument", checked.why);
      return;
    }
    const { columns, unplaced, shiftedUs } = checked;
    if (batch.seq > marks.counted) {
      marks.counted = batch.seq;
      this.#count("results_accepted", "", columns.targetId.length);
      this.#count("results_rejected", "no_id_left", unplaced);
      if (shiftedUs > 0) this.#logShift(agentId, shiftedUs);
      this.#outputs.push({ kind: "apply", agentId, columns });
    } else {
      this.#count("results_duplicate", "retried", count);
    }
    const record: LogRecord = {
      kind: "results",
      agentId,
      bootId: batch.bootId,
      seq: batch.seq,
      columns,
    };
    this.#append({ entry, marks, from: batch.seq, to: batch.seq, record, nowMs });
  }

  #gap({ agentId, gap, nowMs }: InputOf<"gap">): void {
    const taken = this.#admit(agentId, gap, nowMs);
    if (taken === undefined) return;
    const { entry, marks } = taken;
    if (gap.seq <= marks.accepted) return;
    const why = badGap(gap);
    if (why !== undefined) {
      this.#refuse(entry, "invalid_argument", why);
      return;
    }
    this.#takeGap(taken, gap, nowMs);
  }

  /** Results are gone, and how many is known. */
  #takeGap({ entry, marks }: Admitted, gap: Gap, nowMs: number): void {
    const { agentId } = entry;
    if (gap.seq > marks.counted) {
      marks.counted = gap.seq;
      entry.lostResults = addedUp(entry.lostResults, gap.dropped);
      this.#count("results_lost", gap.reason, gap.dropped);
      const fields = { agent_id: agentId, dropped: gap.dropped, reason: gap.reason };
      this.#log("warn", fields, "results are lost");
    }
    const record: LogRecord = {
      kind: "gap",
      agentId,
      bootId: gap.bootId,
      seqFrom: gap.seq,
      seqTo: gap.seq,
      fromUnixMs: gap.fromUnixMs,
      toUnixMs: gap.toUnixMs,
      dropped: gap.dropped,
      reason: gap.reason,
    };
    this.#append({ entry, marks, from: gap.seq, to: gap.seq, record, nowMs });
  }

  /** Whether a numbered message may be looked at: right session, right boot, right number. */
  #admit(
    agentId: string,
    { bootId, seq }: Pick<ResultBatch | Gap, "bootId" | "seq">,
    nowMs: number,
  ): Admitted | undefined {
    const entry = this.#agents.get(agentId);
    const marks = entry?.current;
    if (entry === undefined || marks === undefined) {
      this.#reject(agentId, "failed_precondition", "results before a session");
      return undefined;
    }
    if (entry.refused) return undefined;
    if (bootId !== marks.bootId) {
      // What a superseded stream had still under way: its process is gone, or will come back with its own session.
      if (!entry.boots.has(bootId)) {
        this.#refuse(entry, "invalid_argument", "boot_id is not the session's");
      }
      return undefined;
    }
    if (!(Number.isSafeInteger(seq) && seq >= 1)) {
      this.#refuse(entry, "invalid_argument", "seq must be a whole number from 1");
      return undefined;
    }
    if (seq <= marks.accepted) {
      this.#oweAck(entry, marks, nowMs - ackDelayMaxMs);
      return { entry, marks };
    }
    if (seq !== marks.accepted + 1) {
      const why = `seq ${seq} is out of order, expected ${marks.accepted + 1}`;
      this.#refuse(entry, "invalid_argument", why);
      return undefined;
    }
    const inFlight = Math.min(marks.aheadCount, marks.accepted - marks.appended);
    if (inFlight > windowBatchesMax) {
      this.#refuse(entry, "resource_exhausted", `more than ${windowBatchesMax} batches in flight`);
      return undefined;
    }
    return { entry, marks };
  }

  #append({
    entry,
    marks,
    from,
    to,
    record,
    nowMs,
  }: Pending & {
    readonly to: number;
    readonly record: LogRecord;
    readonly nowMs: number;
  }): void {
    if (!marks.claim({ from, to })) return;
    const token = this.#nextToken++;
    this.#pending.set(token, { entry, marks, from });
    this.#outputs.push({ kind: "append", token, record });
    this.#updateCredit(nowMs);
  }

  #appended({ token, nowMs }: InputOf<"appended">): void {
    const pending = this.#pending.get(token);
    if (pending === undefined) return;
    this.#pending.delete(token);
    const { entry, marks, from } = pending;
    marks.finish(from);
    if (entry.current !== marks || marks.appended <= marks.ackSent) return;
    const enough = Math.max(1, Math.floor(this.#credit.window.batches / 2));
    if (marks.appended - marks.ackSent >= enough) this.#sendAck(entry, marks);
    else this.#oweAck(entry, marks, nowMs);
  }

  #appendFailed({ token, why }: InputOf<"append_failed">): void {
    const pending = this.#pending.get(token);
    if (pending === undefined) return;
    this.#pending.delete(token);
    const { entry, marks, from } = pending;
    marks.fail(from);
    const fields = { agent_id: entry.agentId, boot_id: marks.bootId, seq: from, error: why };
    this.#log("error", fields, "results log refused a record");
    if (entry.current === marks && !entry.refused) {
      this.#refuse(entry, "unavailable", "the results log did not accept a batch; send it again");
    }
  }

  #recovered({ marks: recovered }: InputOf<"recovered">): void {
    for (const { agentId, bootId, seq } of recovered) {
      const entry = this.#entryFor(agentId);
      if (entry === undefined) continue;
      this.#keepMarks(entry, new BootMarks(bootId, seq));
      // Nobody is listed yet: who never comes back makes room for who comes.
      this.#forgotten.add(agentId);
    }
  }

  #tick({ nowMs, loopDelayMs }: InputOf<"tick">): void {
    this.#loopDelayMs = loopDelayMs;
    for (const [marks, entry] of this.#owing) {
      if (marks.owedSinceMs !== undefined && nowMs - marks.owedSinceMs >= ackDelayMaxMs) {
        this.#sendAck(entry, marks);
      }
    }
    this.#updateCredit(nowMs);
  }

  /**
   * The agent is no longer listed. Its marks stay, as long as there is room: a process that was cut off for longer than
   * agents are listed comes back with the numbers that it had, and what the log has of it is not lost.
   */
  #forget(agentId: string): void {
    const entry = this.#agents.get(agentId);
    if (entry === undefined) return;
    for (const marks of entry.boots.values()) this.#owing.delete(marks);
    entry.current = undefined;
    entry.lostResults = 0;
    entry.lostBatches = 0;
    this.#forgotten.add(agentId);
  }

  #entryFor(agentId: string): AgentEntry | undefined {
    this.#forgotten.delete(agentId);
    const known = this.#agents.get(agentId);
    if (known !== undefined) return known;
    if (this.#agents.size >= ingestAgentsMax && !this.#maybeEvict()) return undefined;
    const entry: AgentEntry = {
      agentId,
      boots: new Map(),
      current: undefined,
      refused: false,
      lostResults: 0,
      lostBatches: 0,
    };
    this.#agents.set(agentId, entry);
    return entry;
  }

  /** Drops the marks of who was forgotten first; returns whether there was one. */
  #maybeEvict(): boolean {
    for (const agentId of this.#forgotten) {
      this.#forgotten.delete(agentId);
      this.#agents.delete(agentId);
      return true;
    }
    return false;
  }

  #oweAck(entry: AgentEntry, marks: BootMarks, sinceMs: number): void {
    marks.owedSinceMs = Math.min(marks.owedSinceMs ?? sinceMs, sinceMs);
    this.#owing.set(marks, entry);
  }

  #sendAck(entry: AgentEntry, marks: BootMarks): void {
    marks.ackSent = marks.appended;
    marks.owedSinceMs = undefined;
    this.#owing.delete(marks);
    const { agentId } = entry;
    this.#outputs.push({ kind: "ack", agentId, bootId: marks.bootId, seq: marks.appended });
  }

  #updateCredit(nowMs: number): void {
    const load = { pending: this.#pending.size, loopDelayMs: this.#loopDelayMs, nowMs };
    const window = this.#credit.update(load);
    if (window === undefined) return;
    this.#outputs.push({ kind: "credit", ...window });
    this.#log("info", { ...window, pending: load.pending }, "credit changed");
  }

  #refuse(entry: AgentEntry, code: Refusal, why: string): void {
    entry.refused = true;
    this.#reject(entry.agentId, code, why);
  }

  #reject(agentId: string, code: Refusal, why: string): void {
    this.#outputs.push({ kind: "reject", agentId, code, why });
  }

  #logShift(agentId: string, shiftedUs: number): void {
    const fields = { agent_id: agentId, shifted_us: shiftedUs };
    this.#log("warn", fields, "results from the future were moved back");
  }

  #log(level: LogLevel, fields: LogFields, message: string): void {
    this.#outputs.push({ kind: "log", level, fields, message });
  }

  #count(name: IngestCounter, label: string, by: number): void {
    if (by > 0) this.#outputs.push({ kind: "count", name, label, by });
  }
}

/** Stays a safe integer, whatever agents claim to have lost. */
const addedUp = (total: number, more: number): number =>
  Math.min(total + more, Number.MAX_SAFE_INTEGER);

type Refusal = "invalid_argument" | "failed_precondition" | "resource_exhausted" | "unavailable";
