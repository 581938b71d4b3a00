import { describe, expect, it } from "vitest";
import type { ResultBatch } from "../../../common/agent-stream.js";
import { lostListedMsMax } from "../../../server/limits.js";
import { Interner } from "../../../server/mesh/interner.js";
import {
  ServerCore,
  type ServerInput,
  type ServerOutput,
} from "../../../server/session/server-core.js";
import { sha256 } from "../../support/agent-rig.js";
import { anyPrincipal, type HelloChanges, helloOf } from "../../support/control-rig.js";

class Rig {
  readonly core = new ServerCore(
    { serverEpoch: "epoch-1", lostAfterMs: 15_000, durability: "memory" },
    { interner: new Interner(), sha256, random: { next: () => 0.5 } },
  );
  nowMs = 0;

  get times() {
    return { nowMs: this.nowMs, wallMs: 1_700_000_000_000 + this.nowMs };
  }

  step(input: ServerInput): string[] {
    return this.core.step(input).map(lineOf);
  }

  tick(ms: number): string[] {
    this.nowMs += ms;
    return this.step({ kind: "tick", ...this.times, loopDelayMs: 0 });
  }

  join(stream: number, agentId: string, changes: HelloChanges = {}): string[] {
    this.step({ kind: "opened", stream, principal: anyPrincipal, remote: "", ...this.times });
    const message = { kind: "hello" as const, hello: helloOf(agentId, changes) };
    return this.step({ kind: "message", stream, message, ...this.times });
  }

  results(stream: number, seq: number, changes: Partial<ResultBatch> = {}): string[] {
    const batch: ResultBatch = {
      bootId: "b1",
      seq,
      serverEpoch: "epoch-1",
      columns: {
        baseUnixUs: this.times.wallMs * 1000,
        targetId: [1],
        timeDeltaUs: [0],
        rttUs: [100],
        outcome: [1],
        details: [],
      },
      dictionary: [],
      ...changes,
    };
    return this.step({
      kind: "message",
      stream,
      message: { kind: "results", batch },
      ...this.times,
    });
  }
}

const lineOf = (output: ServerOutput): string => {
  switch (output.kind) {
    case "send":
      return `send ${output.stream} ${output.message.kind}${output.message.kind === "ack" ? ` ${output.message.seq}` : ""}`;
    case "close":
      return `close ${output.stream} ${output.code}`;
    case "append":
      return `append ${output.token} ${output.record.kind}`;
    case "apply":
    case "agent_changed":
      return `${output.kind} ${output.agentId}`;
    case "count":
      return `count ${output.name}{${output.label}}`;
    default:
      return output.kind;
  }
};

const withoutTalk = (lines: readonly string[]): string[] =>
  lines.filter((line) => !/^(log|count)/.test(line));

describe("ServerCore", () => {
  it("takes results to the matrix and the log, and acknowledges what the log has", () => {
    const rig = new Rig();
    rig.join(1, "n1.pod");
    rig.tick(250);
    const taken = withoutTalk(rig.results(1, 1));
    expect(taken).toEqual(["apply n1.pod", "append 1 results"]);
    const answered = [
      ...rig.step({ kind: "appended", token: 1, nowMs: rig.nowMs }),
      ...rig.tick(250),
      ...rig.tick(250),
      ...rig.tick(250),
    ];
    expect(answered.filter((line) => line.startsWith("send 1 ack"))).toEqual(["send 1 ack 1"]);
  });

  it("closes the stream of an agent whose batch is refused", () => {
    const rig = new Rig();
    rig.join(1, "n1.pod");
    const lines = withoutTalk(
      rig.results(1, 1, {
        columns: {
          baseUnixUs: 1,
          targetId: [1],
          timeDeltaUs: [],
          rttUs: [],
          outcome: [],
          details: [],
        },
      }),
    );
    expect(lines).toEqual(["close 1 invalid_argument", "agent_changed n1.pod"]);
    expect(rig.core.agent("n1.pod")?.state).toBe("suspect");
  });

  it("shows what a former server lost as a gap before it welcomes", () => {
    const rig = new Rig();
    const lines = withoutTalk(rig.join(1, "n1.pod", { unacked: { first: 42, last: 41 } }));
    expect(lines.slice(0, 2)).toEqual(["append 1 gap", "send 1 welcome"]);
    expect(rig.core.loss("n1.pod").lostBatches).toBe(41);
  });

  it("welcomes with what the log had before this process", () => {
    const rig = new Rig();
    rig.step({ kind: "recovered", marks: [{ agentId: "n1.pod", bootId: "b1", seq: 41 }] });
    rig.step({ kind: "opened", stream: 1, principal: anyPrincipal, remote: "", ...rig.times });
    const hello = helloOf("n1.pod", { unacked: { first: 40, last: 44 } });
    const outputs = rig.core.step({
      kind: "message",
      stream: 1,
      message: { kind: "hello", hello },
      ...rig.times,
    });
    const welcome = outputs.find((output) => output.kind === "send");
    expect(welcome).toMatchObject({ message: { welcome: { ackSeq: 41 } } });
  });

  it("makes the ingest forget an agent that is no longer listed", () => {
    const rig = new Rig();
    rig.join(1, "n1.pod", { unacked: { first: 5, last: 4 } });
    rig.step({
      kind: "message",
      stream: 1,
      message: { kind: "goodbye", reason: "" },
      ...rig.times,
    });
    rig.step({ kind: "closed", stream: 1, end: "ended", ...rig.times });
    expect(rig.core.loss("n1.pod").lostBatches).toBe(4);
    const lines = rig.tick(lostListedMsMax);
    expect(lines).toContain("agent_changed n1.pod");
    expect(rig.core.agents()).toEqual([]);
    expect(rig.core.loss("n1.pod").lostBatches).toBe(0);
  });
});
