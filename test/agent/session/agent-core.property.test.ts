import { describe, expect, it } from "vitest";
import { spoolBytesMax } from "../../../agent/limits.js";
import type { AgentOutput, Measured } from "../../../agent/session/protocol.js";
import type { Gap, ResultBatch, StatusCode } from "../../../common/agent-stream.js";
import { createSeededRandom, type Random } from "../../../common/random.js";
import { AgentRig, outputsOf } from "../../support/agent-rig.js";

// Goal: whatever the network and the server do, numbers on the wire have no hole and never change their meaning, memory
// stays bounded, and every measured result is at exactly one place: open, spooled, unacknowledged, acknowledged or counted
// as dropped; in the end each is in a server's log or in a counted gap.
// Method: random steps against a model server that may lose what was under way, acknowledgements and its whole log. Each
// result carries its own number as round-trip time.

type Content =
  | { readonly kind: "batch"; readonly results: readonly number[] }
  | { readonly kind: "gap"; readonly dropped: number };

const serverClockMs = 1_900_000_000_000;

class Model {
  readonly rig: AgentRig;
  readonly #random: Random;
  #epoch = 1;
  #measured = 0;
  /** What each number meant when it was first sent. */
  readonly #meaning = new Map<number, Content>();
  /** What went out last under each number. */
  readonly #lastSent = new Map<number, Content>();
  /** What any server received first under each number. */
  readonly #received = new Map<number, Content>();
  /** When each result was sent, on the server's clock. */
  readonly #sentAtMs: number[] = [];
  /** Under way to the server on this stream. */
  #underWay: { seq: number; content: Content }[] = [];
  /** What the present server's log has. */
  #logSeq = 0;
  #expectedSeq: number | undefined;
  #inFlight = 0;
  #ackedInSession = 0;
  #windowBatches = 0;
  #isOpen = false;
  isUp = false;

  constructor(seed: number) {
    this.#random = createSeededRandom(seed);
    this.rig = new AgentRig({ random: this.#random });
  }

  int(max: number): number {
    return Math.floor(this.#random.next() * max);
  }

  check(outputs: readonly AgentOutput[]): void {
    for (const output of outputs) this.#carryOut(output);
    const { rig } = this;
    const { status } = rig;
    expect(status.measuredResults).toBe(this.#measured);
    expect(
      status.openResults +
        status.spooledResults +
        status.unackedResults +
        status.ackedResults +
        status.droppedResults,
    ).toBe(this.#measured);
    expect(status.spooledBytes).toBeLessThanOrEqual(spoolBytesMax);
    expect(rig.core.nextDeadlineMs()).toBeGreaterThan(rig.nowMs - 1_000_000);
  }

  #carryOut(output: AgentOutput): void {
    if (output.kind === "open") {
      expect(this.#isOpen).toBe(false);
      this.#isOpen = true;
      this.#inFlight = 0;
      this.#ackedInSession = 0;
    } else if (output.kind === "close") {
      this.isUp = false;
    } else if (output.kind === "send") {
      const { message } = output;
      if (message.kind === "hello") {
        this.#expectedSeq = message.hello.unacked.first;
        this.#ackedInSession = message.hello.unacked.first - 1;
      }
      if (message.kind === "results") this.#sent(message.batch.seq, this.#batch(message.batch));
      if (message.kind === "gap") this.#sent(message.gap.seq, this.#gap(message.gap));
    }
  }

  #batch(batch: ResultBatch): Content {
    const { columns, serverEpoch, dictionary } = batch;
    const results = Array.from(columns.rttUs);
    const names = new Map(dictionary.map(({ id, key }) => [id, key]));
    const isOwnEpoch = serverEpoch === `e${this.#epoch}`;
    if (isOwnEpoch !== (names.size === 0)) throw new Error("dictionary for another epoch only");
    results.forEach((result, i) => {
      const unixMs = (columns.baseUnixUs + (columns.timeDeltaUs[i] ?? 0)) / 1000;
      const wrongByMs = Math.abs(unixMs - (this.#sentAtMs[result - 1] ?? 0));
      if (wrongByMs > 0.01) throw new Error(`result ${result} is wrong by ${wrongByMs} ms`);
      const id = columns.targetId[i] ?? 0;
      if (!isOwnEpoch && names.get(id) !== `tcp|node/n${id}`) throw new Error(`id ${id} unnamed`);
    });
    return { kind: "batch", results };
  }

  #gap(gap: Gap): Content {
    expect(gap.dropped).toBeGreaterThan(0);
    expect(gap.fromUnixMs).toBeLessThanOrEqual(gap.toUnixMs);
    return { kind: "gap", dropped: gap.dropped };
  }

  #sent(seq: number, content: Content): void {
    expect(seq).toBe(this.#expectedSeq);
    this.#expectedSeq = seq + 1;
    const meant = this.#meaning.get(seq);
    if (meant === undefined) this.#meaning.set(seq, content);
    else if (content.kind === "gap") expect(content.dropped).toBe(sizeOf(meant));
    else expect(JSON.stringify(content)).toBe(JSON.stringify(meant));
    this.#lastSent.set(seq, content);
    this.#underWay.push({ seq, content });
    this.#inFlight = seq - this.#ackedInSession;
    expect(this.#inFlight).toBeLessThanOrEqual(Math.max(this.#windowBatches, 1));
  }

  /** The server takes so many of what is under way. */
  deliver(count: number): void {
    for (const { seq, content } of this.#underWay.splice(0, count)) {
      if (!this.#received.has(seq)) this.#received.set(seq, content);
      if (seq === this.#logSeq + 1) this.#logSeq = seq;
    }
  }

  ack(): void {
    if (!this.isUp) return;
    this.deliver(this.int(4));
    const seq = Math.max(0, this.#logSeq - this.int(3));
    this.#ackedInSession = Math.max(this.#ackedInSession, seq);
    this.check(this.rig.ack(seq));
  }

  ackAll(): void {
    this.deliver(this.#underWay.length);
    this.#ackedInSession = Math.max(this.#ackedInSession, this.#logSeq);
    this.check(this.rig.ack(this.#logSeq));
  }

  grant(batches: number): void {
    if (!this.isUp) return;
    // What is in flight already stays: only new batches must fit.
    this.#windowBatches = Math.max(batches, this.#inFlight);
    this.check(this.rig.message({ kind: "window", window: { batches, bytes: 500_000 } }));
    this.#windowBatches = Math.max(batches, this.#inFlight);
  }

  measure(count: number, detail: string): void {
    const { rig } = this;
    const results: Measured[] = [];
    for (let i = 0; i < count; i++) {
      this.#measured += 1;
      const id = 1 + this.int(50);
      const ageMs = this.int(2000);
      this.#sentAtMs.push(serverClockMs + rig.nowMs - ageMs);
      results.push({
        id,
        epoch: `e${this.int(20) === 0 ? Math.max(1, this.#epoch - 1) : this.#epoch}`,
        key: `tcp|node/n${id}`,
        sentAtMs: rig.nowMs - ageMs,
        result: { outcome: "ok", rttUs: this.#measured, detail },
      });
    }
    this.check(rig.measured(results));
  }

  disconnect(code: StatusCode = "unavailable"): void {
    if (!this.#isOpen) return;
    this.deliver(this.int(this.#underWay.length + 1));
    this.#underWay = [];
    this.#isOpen = false;
    this.isUp = false;
    this.check(this.rig.closed(code));
  }

  /** The server loses its log and gets a new epoch. */
  restartServer(): void {
    this.disconnect();
    this.#epoch += 1;
    this.#logSeq = 0;
  }

  connect(): void {
    if (this.isUp) return;
    this.disconnect();
    this.check(this.rig.wait(Math.max(0, this.rig.core.nextDeadlineMs() - this.rig.nowMs)));
    if (!this.#isOpen) return;
    const first = this.#expectedSeq ?? 1;
    // What a former server acknowledged counts as seen.
    this.#logSeq = Math.max(this.#logSeq, first - 1);
    this.#expectedSeq = this.#logSeq + 1;
    this.#ackedInSession = this.#logSeq;
    this.#windowBatches = [1, 4, 8, 16][this.int(4)] ?? 8;
    this.isUp = true;
    this.check(
      this.rig.welcome({
        serverEpoch: `e${this.#epoch}`,
        ackSeq: this.int(3) === 0 ? this.#logSeq : Math.max(this.#logSeq, 0),
        window: { batches: this.#windowBatches, bytes: 500_000 },
        limits: { messageBytesMax: 262_144, batchResultsMax: 100, runsMax: 2 },
        serverTimeMs: serverClockMs + this.rig.nowMs,
        heartbeatMs: 60_000,
      }),
    );
  }

  wait(ms: number): void {
    this.check(this.rig.wait(ms));
    if (outputsOf(this.rig.tick(), "open").length > 0) throw new Error("tick after wait has work");
  }

  /** A reliable server takes everything; then each result is in a log or in a counted gap. */
  finish(): void {
    for (let round = 0; round < 20_000; round++) {
      if (!this.isUp) this.connect();
      this.grant(16);
      this.wait(1000);
      this.ackAll();
      const { openResults, spooledResults, unackedResults } = this.rig.status;
      const isEmpty = openResults + spooledResults + unackedResults === 0;
      if (isEmpty && this.rig.status.unackedBatches === 0) break;
    }
    const { measuredResults, ackedResults, droppedResults } = this.rig.status;
    expect(ackedResults + droppedResults).toBe(measuredResults);
    const seen = new Set<number>();
    let dropped = 0;
    for (const content of this.#received.values()) {
      if (content.kind === "gap") dropped += content.dropped;
      else for (const result of content.results) seen.add(result);
    }
    expect(seen.size + dropped).toBe(this.#measured);
    // What a server had got as a batch before it was dropped here counts as dropped only when the gap went out, too.
    const gaps = [...this.#lastSent.values()].filter((content) => content.kind === "gap");
    expect(droppedResults).toBe(gaps.reduce((sum, gap) => sum + sizeOf(gap), 0));
    expect(dropped).toBeLessThanOrEqual(droppedResults);
  }
}

const sizeOf = (content: Content): number =>
  content.kind === "gap" ? content.dropped : content.results.length;

const detail = "x".repeat(200);

/** One random step. */
const play = (model: Model): void => {
  const dice = model.int(100);
  if (dice < 30) model.measure(1 + model.int(150), "");
  else if (dice < 34) model.measure(2560, detail);
  else if (dice < 60) model.ack();
  else if (dice < 66) model.disconnect(model.int(8) === 0 ? "aborted" : "unavailable");
  else if (dice < 68) model.restartServer();
  else if (dice < 82) model.connect();
  else if (dice < 86) model.grant(model.int(20));
  else if (dice < 88) model.rig.wallBaseMs += (model.int(3) - 1) * 3_600_000;
  else if (model.isUp) model.wait(model.int(1500));
};

describe("AgentCore", () => {
  it.each([...Array(16).keys()])("loses and repeats nothing, seed %i", (seed) => {
    const model = new Model(seed);
    // Before the first Welcome there is no plan, hence no result.
    model.connect();
    for (let step = 0; step < 400; step++) play(model);
    model.finish();
  });
});
