import { afterEach, describe, expect, it } from "vitest";
import { AgentLoop, type AgentLoopParts } from "../../agent/agent-loop.js";
import { loopTickMsMax, loopTickMsMin, tokenCheckEveryMs } from "../../agent/limits.js";
import type { ScheduledResult } from "../../agent/probe/scheduler.js";
import { createTokenWatch } from "../../agent/rpc/token-watch.js";
import type { AgentInput, AgentOutput, AgentStatus } from "../../agent/session/protocol.js";
import type { AgentMessage } from "../../common/agent-stream.js";
import { systemClock } from "../../common/clock.js";
import { silentLogger } from "../../common/logger.js";
import { createTestFiles } from "../support/certificates.js";
import { waitFor } from "../support/wait.js";

/** Goal: the pump between the agent's core and its adapters. Method: a scripted core, real timers. */

type Script = (input: AgentInput) => AgentOutput[];

const loops: AgentLoop[] = [];
afterEach(() => {
  for (const loop of loops.splice(0)) {
    loop.stop("test");
  }
});

const createRig = (
  script: Script,
  deadlineMs: () => number,
  parts: Partial<AgentLoopParts> = {},
) => {
  const inputs: AgentInput[] = [];
  const sent: AgentMessage[] = [];
  const done: string[] = [];
  const core = {
    step: (input: AgentInput): AgentOutput[] => {
      inputs.push(input);
      if (input.kind === "stop") return [{ kind: "exit", code: 0, message: input.reason }];
      return script(input);
    },
    status: () => ({ revision: 7 }) as AgentStatus,
    nextDeadlineMs: deadlineMs,
  };
  const loop = new AgentLoop({
    core: core as unknown as AgentLoopParts["core"],
    clock: systemClock,
    logger: silentLogger,
    link: {
      open: () => done.push("open"),
      send: (message) => sent.push(message),
      close: (graceful) => done.push(`close ${graceful}`),
      dispose: () => done.push("dispose"),
    },
    scheduler: { replace: (entries, epoch) => done.push(`replace ${entries.length} ${epoch}`) },
    policy: { replacePlanned: (specs) => done.push(`planned ${[...specs].length}`) },
    runner: { run: async () => ({ kind: "refused", error: "not planned" }) },
    ...parts,
  });
  loops.push(loop);
  return { loop, inputs, sent, done };
};

const never = () => Number.POSITIVE_INFINITY;
const probe = {
  kind: "tcp",
  address: "10.0.0.2",
  port: 22,
  timeoutMs: 1500,
  hostName: "",
  httpPath: "",
  expectPodUid: "",
} as const;

describe("AgentLoop", () => {
  it("ticks when the core has something to do, at least every loopTickMsMax", async () => {
    const { loop, inputs } = createRig(() => [], never);
    const startedMs = systemClock.nowMs();
    loop.start();
    await waitFor("four ticks", () => inputs.length >= 4);
    const tookMs = systemClock.nowMs() - startedMs;
    expect(tookMs).toBeGreaterThan(2.5 * loopTickMsMax);
    expect(inputs.every(({ kind }) => kind === "tick")).toBe(true);
  });

  it("ticks at most every loopTickMsMin, even when the core is always late", async () => {
    const { loop, inputs } = createRig(
      () => [],
      () => 0,
    );
    loop.start();
    await waitFor("ten ticks", () => inputs.length >= 10);
    const gaps = inputs.slice(1).map((input, at) => input.nowMs - (inputs[at]?.nowMs ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(loopTickMsMin - 2);
  });

  it("tells the core how long the event loop was held", async () => {
    const { loop, inputs } = createRig(() => [], never);
    loop.start();
    const untilMs = systemClock.nowMs() + 2 * loopTickMsMax;
    while (systemClock.nowMs() < untilMs);
    await waitFor("a late tick", () =>
      inputs.some(
        (input) => input.kind === "tick" && input.loopDelayUs > 0.5 * loopTickMsMax * 1000,
      ),
    );
    expect(loop.loopDelayMs).toBeGreaterThanOrEqual(0);
  });

  it("carries outputs out in order, and takes what they cause afterwards", () => {
    const rig = createRig(
      ({ kind }) =>
        kind === "tick"
          ? [
              { kind: "open" },
              { kind: "send", message: { kind: "goodbye", reason: "1" } },
              { kind: "send", message: { kind: "goodbye", reason: "2" } },
              { kind: "apply_plan", epoch: "e1", revision: 3, entries: [] },
              { kind: "close", graceful: true },
            ]
          : [],
      never,
      {
        link: {
          open: () => undefined,
          send: (message) => {
            rig.sent.push(message);
            rig.loop.onLinkEvent({ kind: "blocked" });
          },
          close: (graceful) => rig.done.push(`close ${graceful}`),
          dispose: () => undefined,
        },
      },
    );
    rig.loop.start();
    expect(rig.sent).toHaveLength(2);
    expect(rig.done).toEqual(["planned 0", "replace 0 e1", "close true"]);
    expect(rig.inputs.map(({ kind }) => kind)).toEqual(["tick", "blocked", "blocked"]);
  });

  it("hands the results of one turn over together", async () => {
    const { loop, inputs } = createRig(() => [], never);
    const result: ScheduledResult = {
      id: 1,
      epoch: "e1",
      key: "tcp|node/n2",
      sentAtMs: 1,
      result: { outcome: "ok", rttUs: 5, detail: "" },
    };
    for (let i = 0; i < 3; i++) loop.onResult(result);
    await waitFor("the results", () => inputs.length > 0);
    expect(inputs).toEqual([
      expect.objectContaining({ kind: "measured", results: [result, result, result] }),
    ]);
  });

  it("reports what a run came to", async () => {
    const { loop, inputs } = createRig(
      ({ kind }) =>
        kind === "tick"
          ? [{ kind: "start_run", requestId: "r1", probes: [probe], timeoutMs: 100 }]
          : [],
      never,
    );
    loop.start();
    await waitFor("the end of the run", () => inputs.some(({ kind }) => kind === "run_done"));
    expect(inputs.at(-1)).toMatchObject({ requestId: "r1", results: [], error: "not planned" });
  });

  it("cancels a run that is not wanted any more", async () => {
    let cancelled = false;
    const rig = createRig(
      ({ kind }) =>
        kind === "tick"
          ? [
              { kind: "start_run", requestId: "r1", probes: [probe], timeoutMs: 100 },
              { kind: "cancel_run", requestId: "r1" },
              { kind: "cancel_run", requestId: "unknown" },
            ]
          : [],
      never,
      {
        runner: {
          run: ({ signal }) =>
            new Promise((resolve) => {
              signal.addEventListener("abort", () => {
                cancelled = true;
                resolve({ kind: "done", results: [] });
              });
            }),
        },
      },
    );
    rig.loop.start();
    await waitFor("the cancelling", () => cancelled);
  });

  it("hands the core its reply to plans and runs that it cannot even read", () => {
    const { loop, inputs } = createRig(() => [], never);
    loop.onLinkEvent({
      kind: "received",
      decoded: { kind: "refused_plan", nonce: 4, reason: "unsupported", error: "kind 77" },
    });
    loop.onLinkEvent({
      kind: "received",
      decoded: { kind: "refused_run", requestId: "r1", error: "vantage 9" },
    });
    const replies = inputs.map((input) => input.kind === "refused" && input.reply);
    expect(replies).toEqual([
      { kind: "plan_nack", nonce: 4, reason: "unsupported", error: "kind 77", runningRevision: 7 },
      { kind: "run_outcome", outcome: { requestId: "r1", results: [], error: "vantage 9" } },
    ]);
  });

  it("ends when the core says so, and takes nothing afterwards", async () => {
    const { loop, inputs, done } = createRig(() => [], never);
    loop.start();
    loop.stop("shutdown");
    expect(await loop.ended).toEqual({ code: 0, message: "shutdown" });
    expect(done).toEqual(["dispose"]);
    const count = inputs.length;
    loop.onToken("late");
    expect(inputs).toHaveLength(count);
  });
});

describe("createTokenWatch()", () => {
  it("notices a new token within tokenCheckEveryMs, and waits when the file is gone for a moment", async () => {
    const files = await createTestFiles();
    const path = await files.write("token", "old\n");
    const tokens: string[] = [];
    const options = { path, logger: silentLogger, onChange: (token: string) => tokens.push(token) };
    const slow = createTokenWatch(options);
    const quick = createTokenWatch({ ...options, everyMs: 10, onChange: () => undefined });
    await files.write("token", "\n");
    await files.write("token", "\n new \nsecond\n");
    await waitFor("the new token", () => tokens.length > 0, tokenCheckEveryMs + 2000);
    expect(tokens).toEqual(["new"]);
    slow.stop();
    quick.stop();
    await files.remove();
  });

  it("does nothing without a file", () => {
    const watch = createTokenWatch({
      path: undefined,
      logger: silentLogger,
      onChange: () => undefined,
    });
    watch.stop();
  });
});
