import type { ResultColumns } from "../../common/agent-stream.js";
import { outcomeNumber, type ProbeOutcome } from "../../common/probe.js";
import type { LogRecord } from "../../server/ingest/protocol.js";
import { SimFailure } from "./sim-trace.js";

/** One start of an agent's process. */
export type SimBoot = {
  readonly agentId: string;
  readonly agentIndex: number;
  readonly bootId: string;
  /** Results that it measured. */
  measuredCount: number;
  /** Whether it died with results that it had not delivered: those may be missing. */
  crashed: boolean;
  /** Whether it runs: one that ended well before its log was lost can tell nobody. */
  running: boolean;
};

/** What one sequence number of a boot stands for in the log. */
type Slot =
  | { readonly kind: "results"; readonly identities: readonly number[]; readonly server: number }
  | { readonly kind: "gap"; readonly dropped: number | undefined; readonly server: number };

type BootLog = {
  slots: Map<number, Slot>;
  /** Highest number up to which there is no hole. */
  mark: number;
  /** What the server that runs now was told of it when it started. */
  recoveredMark: number;
  unnumberedDropped: number;
};

const bootKey = (agentId: string, bootId: string): string => `${agentId} ${bootId}`;

const newBootLog = (): BootLog => ({
  slots: new Map(),
  mark: 0,
  recoveredMark: 0,
  unnumberedDropped: 0,
});

const identitiesFromColumns = (columns: ResultColumns): number[] => {
  const identities: number[] = [];
  for (let i = 0; i < columns.rttUs.length; i++) identities.push((columns.rttUs[i] ?? 0) - 1);
  return identities;
};

const hasSameIdentities = (slot: Slot, identities: readonly number[]): boolean =>
  slot.kind === "results" &&
  slot.identities.length === identities.length &&
  slot.identities.every((identity, i) => identity === identities[i]);

/**
 * Follows every single result from its measurement to the log and the matrix. A result's identity is its round-trip time:
 * the number of the measurement, from 1. Beside the log that a restarted server finds again it keeps what lost logs held.
 */
export class SimLedger {
  readonly boots: SimBoot[] = [];
  readonly #bootByKey = new Map<string, SimBoot>();
  readonly #bootOf: SimBoot[] = [];
  readonly #keyOf: string[] = [];
  readonly #outcomeOf: number[] = [];
  readonly #sentAtMs: number[] = [];
  /** Server generation that last applied a result to its matrix. */
  readonly #appliedBy: number[] = [];
  #log = new Map<string, BootLog>();
  readonly #lost: Map<string, BootLog>[] = [];
  /** Largest accepted error of a result's time stamp, milliseconds; undefined while clocks jump. */
  timeErrorMaxMs: number | undefined = undefined;

  /** Results measured so far. */
  get measuredCount(): number {
    return this.#bootOf.length;
  }

  /** A process starts. */
  startBoot(agentId: string, agentIndex: number, bootId: string): SimBoot {
    const boot = { agentId, agentIndex, bootId, measuredCount: 0, crashed: false, running: true };
    this.boots.push(boot);
    this.#bootByKey.set(bootKey(agentId, bootId), boot);
    return boot;
  }

  /** A probe ended at a virtual instant; returns its result, which carries its identity. */
  measure(boot: SimBoot, key: string, atMs: number, detail: string): ProbeOutcome {
    const identity = this.#bootOf.length;
    const outcome = identity % 7 === 0 ? "refused" : "ok";
    this.#bootOf.push(boot);
    this.#keyOf.push(key);
    this.#outcomeOf.push(outcomeNumber(outcome));
    this.#sentAtMs.push(atMs);
    this.#appliedBy.push(0);
    boot.measuredCount += 1;
    return { outcome, rttUs: identity + 1, detail };
  }

  /** The log takes a record. server: the generation of the server that wrote it; keyOf: the names of that server's ids. */
  commit(
    record: LogRecord,
    server: number,
    keyOf: (id: number) => string | undefined,
    simFromUnixMs: (unixMs: number) => number,
  ): void {
    const log = this.#bootLog(record.agentId, record.bootId);
    if (record.kind === "gap") {
      this.#commitGap(log, record, server);
    } else {
      this.#checkColumns(record, keyOf, simFromUnixMs);
      const identities = identitiesFromColumns(record.columns);
      const old = log.slots.get(record.seq);
      if (old !== undefined) {
        const isKnown = old.server === server || record.seq <= log.recoveredMark;
        // What a dead server wrote beyond a hole comes again; the log keeps what it has.
        if (!isKnown && hasSameIdentities(old, identities)) return;
        throw new SimFailure("results", `${describe(record)} is in the log twice`);
      }
      log.slots.set(record.seq, { kind: "results", identities, server });
    }
    while (log.slots.has(log.mark + 1)) log.mark += 1;
  }

  #commitGap(log: BootLog, record: LogRecord & { kind: "gap" }, server: number): void {
    if (record.seqTo < record.seqFrom) {
      log.unnumberedDropped += record.dropped ?? 0;
      return;
    }
    for (let seq = record.seqFrom; seq <= record.seqTo; seq++) {
      const old = log.slots.get(seq);
      if (old !== undefined) {
        const isKnown = old.server === server || seq <= log.recoveredMark;
        if (!isKnown && record.dropped !== undefined) continue;
        throw new SimFailure("results", `${describe(record)} covers ${seq}, which the log has`);
      }
      const dropped = seq === record.seqFrom ? record.dropped : record.dropped && 0;
      log.slots.set(seq, { kind: "gap", dropped, server });
    }
  }

  #checkColumns(
    record: LogRecord & { kind: "results" },
    keyOf: (id: number) => string | undefined,
    simFromUnixMs: (unixMs: number) => number,
  ): void {
    const { columns } = record;
    const boot = this.#bootByKey.get(bootKey(record.agentId, record.bootId));
    for (let i = 0; i < columns.rttUs.length; i++) {
      const identity = (columns.rttUs[i] ?? 0) - 1;
      const fail = (what: string): never => {
        throw new SimFailure("results", `${describe(record)} result ${identity}: ${what}`);
      };
      if (boot === undefined || this.#bootOf[identity] !== boot) fail("was not measured by it");
      const key = keyOf(columns.targetId[i] ?? 0);
      if (key !== this.#keyOf[identity]) fail(`is of ${this.#keyOf[identity]}, not ${key}`);
      if (columns.outcome[i] !== this.#outcomeOf[identity]) fail("has another outcome");
      const unixMs = (columns.baseUnixUs + (columns.timeDeltaUs[i] ?? 0)) / 1000;
      const errorMs = Math.abs(simFromUnixMs(unixMs) - (this.#sentAtMs[identity] ?? 0));
      if (this.timeErrorMaxMs !== undefined && errorMs > this.timeErrorMaxMs) {
        throw new SimFailure("time", `${describe(record)} is wrong by ${errorMs.toFixed(0)} ms`);
      }
    }
  }

  /** The matrix of a server generation takes results. */
  apply(agentId: string, columns: ResultColumns, server: number): void {
    for (const identity of identitiesFromColumns(columns)) {
      if (this.#appliedBy[identity] === server || this.#bootOf[identity]?.agentId !== agentId) {
        throw new SimFailure("results", `${agentId} result ${identity} is in the matrix twice`);
      }
      this.#appliedBy[identity] = server;
    }
  }

  /** Highest contiguous sequence number of a boot in the log. */
  mark(agentId: string, bootId: string): number {
    return this.#log.get(bootKey(agentId, bootId))?.mark ?? 0;
  }

  /** What a restarted server reads from the log. */
  marks(): { agentId: string; bootId: string; seq: number }[] {
    const marks: { agentId: string; bootId: string; seq: number }[] = [];
    for (const boot of this.boots) {
      const log = this.#log.get(bootKey(boot.agentId, boot.bootId));
      if (log !== undefined && log.mark > 0) {
        log.recoveredMark = log.mark;
        marks.push({ agentId: boot.agentId, bootId: boot.bootId, seq: log.mark });
      }
    }
    return marks;
  }

  /** The log was only memory and is gone. */
  loseLog(): void {
    this.#lost.push(this.#log);
    this.#log = new Map();
  }

  /** The last check: nothing that was measured is unaccounted for. server: the generation that runs now. */
  finish(server: number): void {
    for (const boot of this.boots) this.#finishBoot(boot, server);
  }

  #finishBoot(boot: SimBoot, server: number): void {
    const key = bootKey(boot.agentId, boot.bootId);
    const log = this.#log.get(key) ?? newBootLog();
    const accounted = new Set<number>();
    const name = `${boot.agentId} boot ${boot.bootId.slice(0, 8)}`;
    let dropped = log.unnumberedDropped;
    /** Numbers whose content is known; a server_lost gap says nothing about what it covers. */
    const decided = new Set<number>();
    const decide = (seq: number, slot: Slot): void => {
      if (slot.kind === "gap" && slot.dropped === undefined) return;
      decided.add(seq);
      if (slot.kind === "gap") dropped += slot.dropped ?? 0;
      else for (const identity of slot.identities) this.#account(accounted, identity, name);
    };
    for (const [seq, slot] of log.slots) {
      decide(seq, slot);
      if (slot.kind === "results" && slot.server === server) this.#checkApplied(slot, server, name);
    }
    // What came again after a loss is counted where it came to last.
    for (const lost of [...this.#lost].reverse()) {
      for (const [seq, slot] of lost.get(key)?.slots ?? []) {
        if (!log.slots.has(seq) && boot.running) {
          throw new SimFailure("results", `${name} seq ${seq} was lost without a gap record`);
        }
        if (!decided.has(seq)) decide(seq, slot);
      }
    }
    const total = accounted.size + dropped;
    if (total > boot.measuredCount || (!boot.crashed && total !== boot.measuredCount)) {
      const parts = `${accounted.size} logged + ${dropped} dropped`;
      throw new SimFailure("results", `${name}: ${boot.measuredCount} measured, ${parts}`);
    }
  }

  #account(accounted: Set<number>, identity: number, name: string): void {
    if (accounted.has(identity)) {
      throw new SimFailure("results", `${name} result ${identity} is in the log twice`);
    }
    accounted.add(identity);
  }

  #checkApplied(slot: Slot & { kind: "results" }, server: number, name: string): void {
    for (const identity of slot.identities) {
      if (this.#appliedBy[identity] !== server) {
        throw new SimFailure("results", `${name} result ${identity} is in the log, not the matrix`);
      }
    }
  }

  #bootLog(agentId: string, bootId: string): BootLog {
    const key = bootKey(agentId, bootId);
    let log = this.#log.get(key);
    if (log === undefined) {
      log = newBootLog();
      this.#log.set(key, log);
    }
    return log;
  }
}

const describe = (record: LogRecord): string => {
  const seq = record.kind === "gap" ? `${record.seqFrom}-${record.seqTo}` : `${record.seq}`;
  return `${record.agentId} boot ${record.bootId.slice(0, 8)} ${record.kind} ${seq}`;
};
