import type { ProbeSpec } from "../../common/probe.js";
import {
  probeFirstEachMs,
  probeFirstMsMax,
  probeLatenessMsMax,
  probeStartsPerTickMax,
  probesInFlightMax,
  sshProbeGapMsMin,
} from "../limits.js";
import { DueHeap } from "./due-heap.js";

/** One thing to probe, all the time. */
export type ScheduleEntry = {
  /** Interned id; belongs to the plan's epoch. */
  readonly id: number;
  /** Stable name; its hash is the phase. */
  readonly key: string;
  readonly spec: ProbeSpec;
  readonly intervalMs: number;
};

/** What the schedule did, from its start. */
export type ScheduleCounters = {
  /** Probes started. */
  started: number;
  /** Turns that were skipped, because the process was stalled or too many probes were in flight. */
  missed: number;
};

/** An entry to probe now. */
export type Start<Entry extends ScheduleEntry> = { readonly entry: Entry; readonly dueMs: number };

type Slot<Entry> = {
  readonly phase: number;
  entry: Entry;
  dueMs: number;
  /** Time that the first probes of its plan are spread over; undefined once it was started. */
  firstWithinMs: number | undefined;
};

/**
 * When to probe what: pure, times come in. Every target has its place in its interval by the hash of (self, key), so the
 * rate is flat however the plan was made. What could not be started in time is skipped and counted, never made up for.
 */
export class Schedule<Entry extends ScheduleEntry> {
  readonly counters: ScheduleCounters = { started: 0, missed: 0 };
  readonly #self: string;
  readonly #slots = new Map<string, Slot<Entry>>();
  readonly #due = new DueHeap<Slot<Entry>>();
  /** Last connection to port 22 by address; outlives plans. */
  readonly #sshStartedMs = new Map<string, number>();
  #inFlight = 0;

  constructor(self: string) {
    this.#self = self;
  }

  /** Entries in the plan. */
  get size(): number {
    return this.#slots.size;
  }

  /** Probes started and not finished. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * Takes a whole plan. A key that stays keeps its time, also under another id and with another spec; a new key is due
   * within five seconds, sooner when few are new, and then in its phase.
   */
  replace(entries: readonly Entry[], nowMs: number): void {
    const keys = new Set(entries.map((entry) => entry.key));
    for (const key of this.#slots.keys()) if (!keys.has(key)) this.#slots.delete(key);
    // A set, as a plan may name a key twice.
    for (const key of this.#slots.keys()) keys.delete(key);
    const spreadMs = Math.min(probeFirstMsMax, probeFirstEachMs * keys.size);
    for (const entry of entries) this.#put(entry, nowMs, spreadMs);
    this.#due.rebuild(this.#slots.values());
    this.#forgetSsh(nowMs);
  }

  /** The entries to start now; the caller calls finish() once for each. */
  start(nowMs: number): Start<Entry>[] {
    const starts: Start<Entry>[] = [];
    while (starts.length < probeStartsPerTickMax && this.#inFlight < probesInFlightMax) {
      const slot = this.#due.first();
      if (slot === undefined || slot.dueMs > nowMs) break;
      const { dueMs } = slot;
      if (this.#maybeStart(slot, nowMs)) starts.push({ entry: slot.entry, dueMs });
      this.#due.moveFirst();
    }
    return starts;
  }

  /** A started probe ended. */
  finish(): void {
    this.#inFlight--;
  }

  /** When start() has something to do next: Infinity without a plan, or while too many probes are in flight. */
  nextDueMs(): number {
    if (this.#inFlight >= probesInFlightMax) return Number.POSITIVE_INFINITY;
    return this.#due.first()?.dueMs ?? Number.POSITIVE_INFINITY;
  }

  #put(entry: Entry, nowMs: number, spreadMs: number): void {
    const slot = this.#slots.get(entry.key);
    const phase = slot?.phase ?? hashFraction(`${this.#self}|${entry.key}`);
    if (slot === undefined) {
      const firstWithinMs = Math.min(spreadMs, periodMs(entry));
      const dueMs = this.#allowedMs(entry, nowMs + phase * firstWithinMs);
      this.#slots.set(entry.key, { phase, entry, dueMs, firstWithinMs });
      return;
    }
    const changed = periodMs(slot.entry) !== periodMs(entry);
    slot.entry = entry;
    if (changed && slot.firstWithinMs === undefined)
      slot.dueMs = this.#allowedMs(entry, nextTurnMs(slot, nowMs));
  }

  /** Starts a slot that is due, or skips its turn; either way it gets its next time. */
  #maybeStart(slot: Slot<Entry>, nowMs: number): boolean {
    const { entry, firstWithinMs } = slot;
    const period = periodMs(entry);
    const allowedMs = this.#allowedMs(entry, slot.dueMs);
    if (allowedMs > nowMs) {
      slot.dueMs = allowedMs;
      return false;
    }
    const latenessMs = nowMs - slot.dueMs;
    if (latenessMs > Math.min(probeLatenessMsMax, period / 2)) {
      this.counters.missed += 1 + Math.floor(latenessMs / period);
      // A new target has no turn to wait for: it is spread anew, like the rest of its plan.
      slot.dueMs =
        firstWithinMs === undefined ? nextTurnMs(slot, nowMs) : nowMs + slot.phase * firstWithinMs;
      return false;
    }
    this.#inFlight++;
    this.counters.started++;
    if (isSsh(entry.spec)) this.#sshStartedMs.set(destinationOf(entry.spec), nowMs);
    // After its first probe a target's turn may be near; half a period later is soon enough.
    const fromMs = firstWithinMs === undefined ? Math.max(nowMs, slot.dueMs) : nowMs + period / 2;
    slot.firstWithinMs = undefined;
    slot.dueMs = this.#allowedMs(entry, nextTurnMs(slot, fromMs));
    return true;
  }

  #allowedMs(entry: Entry, dueMs: number): number {
    if (!isSsh(entry.spec)) return dueMs;
    const startedMs = this.#sshStartedMs.get(destinationOf(entry.spec));
    return startedMs === undefined ? dueMs : Math.max(dueMs, startedMs + sshProbeGapMsMin);
  }

  #forgetSsh(nowMs: number): void {
    for (const [address, startedMs] of this.#sshStartedMs)
      if (startedMs + sshProbeGapMsMin <= nowMs) this.#sshStartedMs.delete(address);
  }
}

/** FNV-1a of 32 bits with murmur3's finalizer (short keys that differ in one digit must spread), as [0, 1). */
export const hashFraction = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 4294967296;
};

const isSsh = (spec: ProbeSpec): boolean => spec.kind === "tcp" && spec.port === 22;

const destinationOf = (spec: ProbeSpec): string =>
  spec.hostName === "" ? spec.address : spec.hostName;

/** The interval, but for sshd never below its floor. */
const periodMs = (entry: ScheduleEntry): number =>
  isSsh(entry.spec) ? Math.max(entry.intervalMs, sshProbeGapMsMin) : entry.intervalMs;

/** The slot's next turn after a time. */
const nextTurnMs = (
  slot: { readonly phase: number; readonly entry: ScheduleEntry },
  afterMs: number,
): number => {
  const period = periodMs(slot.entry);
  const offsetMs = slot.phase * period;
  const turn = Math.floor((afterMs - offsetMs) / period) + 1;
  const dueMs = turn * period + offsetMs;
  return dueMs > afterMs ? dueMs : dueMs + period;
};
