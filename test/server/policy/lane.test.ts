import { afterEach, describe, expect, it } from "vitest";
import { type LaneJob, type LaneOptions, PolicyLane } from "../../../server/policy/lane.js";
import { policyRetryMs, policyStderrCharsMax } from "../../../server/policy/limits.js";
import type { PolicyQuestion } from "../../../server/policy/question.js";
import type { WorkerReply } from "../../../server/policy/worker-messages.js";
import type { WorkerError } from "../../../server/policy/worker-process.js";
import { RpcError } from "../../../server/rpc/errors.js";
import { waitFor } from "../../support/wait.js";

/** Goal: what becomes of questions whose worker is busy, slow, greedy or gone. Method: real processes that do as told. */

const lanes: PolicyLane[] = [];
afterEach(async () => {
  await Promise.all(lanes.splice(0).map((lane) => lane.close()));
});

const open = (options: Partial<LaneOptions> = {}): PolicyLane => {
  const lane = new PolicyLane({
    entry: new URL("../../support/stub-policy-worker.mjs", import.meta.url),
    heapMib: 64,
    workersMax: 1,
    waitingMax: 4,
    waitingCharsMax: 1000,
    abandoned: "end",
    ...options,
  });
  lanes.push(lane);
  return lane;
};

const questionTo = (act: string): PolicyQuestion => ({
  kind: "evaluate",
  profile: "upstream",
  manifests: act,
  pair: { source: "a", destination: "b" },
});

const job = (act: string, options: Partial<LaneJob> = {}): LaneJob => ({
  message: { kind: "ask", question: questionTo(act) },
  chars: 1,
  limitMs: 20_000,
  ...options,
});

const answerOf = async (reply: Promise<WorkerReply>): Promise<{ pid: number }> => {
  const settled = await reply;
  if (settled.kind !== "answer") throw new Error(`got a ${settled.kind}`);
  return settled.answer as { pid: number };
};

const errorOf = async (call: Promise<unknown>): Promise<RpcError> => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof RpcError) return error;
  throw new Error(`expected an RpcError, got ${String(error)}`);
};

const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

describe("PolicyLane", () => {
  it("starts no process before there is something to do", async () => {
    const lane = open();
    expect(lane.pids).toEqual([]);
    const { pid } = await answerOf(lane.run(job("echo")));
    expect(lane.pids).toEqual([pid]);
  });

  it("gives the next message to the process that is free", async () => {
    const lane = open({ workersMax: 2 });
    const first = await answerOf(lane.run(job("echo")));
    const second = await answerOf(lane.run(job("echo")));
    expect(second.pid).toBe(first.pid);
  });

  it("works on as many messages at once as it may have processes", async () => {
    const lane = open({ workersMax: 2 });
    const silent = new AbortController();
    const never = lane.run(job("silent", { signal: silent.signal }));
    const { pid } = await answerOf(lane.run(job("echo")));
    expect(lane.pids).toHaveLength(2);
    expect(lane.pids).toContain(pid);
    silent.abort(new Error("enough"));
    await expect(never).rejects.toThrow("enough");
  });

  it("refuses what is beyond waitingMax, and says when to come back", async () => {
    const lane = open({ waitingMax: 2 });
    const busy = lane.run(job("silent"));
    const waiting = [lane.run(job("echo")), lane.run(job("echo"))];
    expect(lane.waiting).toBe(2);
    const error = await errorOf(lane.run(job("echo")));
    expect(error.code).toBe("resource_exhausted");
    expect(error.message).toContain("too many questions");
    expect(error.details).toEqual([{ kind: "retry_info", retryAfterMs: policyRetryMs }]);
    const ended = Promise.allSettled([busy, ...waiting]);
    await lane.close();
    expect((await ended).map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  });

  it("refuses what is beyond waitingCharsMax, but takes one message of any size", async () => {
    const lane = open({ waitingCharsMax: 100 });
    const settled = [lane.run(job("silent")), lane.run(job("echo", { chars: 500 }))].map((run) =>
      run.catch((error: unknown) => error),
    );
    expect((await errorOf(lane.run(job("echo")))).code).toBe("resource_exhausted");
    expect(lane.waiting).toBe(1);
    await lane.close();
    await Promise.all(settled);
  });

  it("always has room for what goes first", async () => {
    const lane = open({ waitingMax: 1 });
    const order: string[] = [];
    const silent = new AbortController();
    const busy = lane.run(job("silent", { signal: silent.signal })).catch(() => undefined);
    const second = lane.run(job("echo")).then(() => order.push("second"));
    const first = lane.run(job("echo", { first: true })).then(() => order.push("first"));
    silent.abort();
    await Promise.all([busy, first, second]);
    expect(order).toEqual(["first", "second"]);
  });

  it("ends a process that takes longer than its message may, and goes on with another", async () => {
    const deaths: (string | undefined)[] = [];
    const onDeath = (error: WorkerError | undefined) => deaths.push(error?.death);
    const lane = open({ onDeath });
    const slow = lane.run(job("spin", { limitMs: 300 }));
    const next = lane.run(job("echo"));
    const error = await errorOf(slow);
    expect([error.code, error.message]).toEqual([
      "resource_exhausted",
      "the question takes longer than the 0.3 s that it may have",
    ]);
    const { pid } = await answerOf(next);
    expect(lane.pids).toEqual([pid]);
    expect(deaths).toEqual(["timeout"]);
  });

  it("outlives a process that takes more memory than heapMib", async () => {
    const lane = open({ heapMib: 16 });
    const error = await errorOf(lane.run(job("grow")));
    expect([error.code, error.message]).toEqual([
      "resource_exhausted",
      "the question takes more memory than it may have",
    ]);
    await answerOf(lane.run(job("echo")));
  });

  it.each(["throw", "exit"])("calls a process that ends by itself (%s) a bug", async (act) => {
    const lane = open();
    const error = await errorOf(lane.run(job(act)));
    expect([error.code, error.message]).toEqual(["internal", "internal error"]);
    expect(String(error.cause)).toMatch(act === "throw" ? "a bug of the worker" : "exit code 7");
    await answerOf(lane.run(job("echo")));
  });

  it("tells the last policyStderrCharsMax characters that a process wrote before it died", async () => {
    const error = await errorOf(open().run(job("shout")));
    const { message } = error.cause as Error;
    expect(message).toMatch(/xxx/);
    expect(message.length).toBeLessThan(policyStderrCharsMax + 50);
  });

  it("ends the process of a message that nobody waits for any more", async () => {
    const lane = open();
    const caller = new AbortController();
    const call = lane.run(job("spin", { signal: caller.signal }));
    const [pid = 0] = lane.pids;
    caller.abort(new Error("gone"));
    await expect(call).rejects.toThrow("gone");
    await waitFor("the end of the process", () => isGone(pid));
    await answerOf(lane.run(job("echo")));
  });

  it("lets the process of an abandoned message go on where it holds what others need", async () => {
    const lane = open({ abandoned: "finish" });
    const { pid } = await answerOf(lane.run(job("echo")));
    const caller = new AbortController();
    const call = lane.run(job("echo again", { signal: caller.signal }));
    caller.abort(new Error("gone"));
    await expect(call).rejects.toThrow("gone");
    expect((await answerOf(lane.run(job("echo")))).pid).toBe(pid);
  });

  it("forgets a message that is cancelled while it waits", async () => {
    const lane = open();
    const caller = new AbortController();
    const busy = lane.run(job("silent", { signal: caller.signal })).catch(() => undefined);
    const waiting = new AbortController();
    const call = lane.run(job("echo", { signal: waiting.signal, chars: 900 }));
    waiting.abort(new Error("gone"));
    await expect(call).rejects.toThrow("gone");
    expect(lane.waiting).toBe(0);
    await expect(lane.run(job("echo", { signal: waiting.signal }))).rejects.toThrow("gone");
    // The room that it took is free again.
    const next = lane.run(job("echo", { chars: 900 }));
    caller.abort();
    await Promise.all([busy, next]);
  });

  it("ends idle processes after idleMs, and starts new ones when needed", async () => {
    const deaths: unknown[] = [];
    const lane = open({ idleMs: 30, onDeath: (error) => deaths.push(error) });
    const { pid } = await answerOf(lane.run(job("echo")));
    await waitFor("the end of the idle process", () => isGone(pid));
    expect(lane.pids).toEqual([]);
    expect((await answerOf(lane.run(job("echo")))).pid).not.toBe(pid);
    expect(deaths).toEqual([]);
  });

  it("notices an idle process that was ended by somebody else", async () => {
    const deaths: (string | undefined)[] = [];
    const lane = open({ onDeath: (error) => deaths.push(error?.death) });
    const { pid } = await answerOf(lane.run(job("echo")));
    process.kill(pid, "SIGKILL");
    await waitFor("the news", () => deaths.length > 0);
    expect(deaths).toEqual(["memory"]);
    expect(lane.pids).toEqual([]);
    await answerOf(lane.run(job("echo")));
  });

  it("has no process left after it was closed, and takes nothing any more", async () => {
    const lane = open({ workersMax: 2 });
    const calls = ["spin", "silent"].map((act) => errorOf(lane.run(job(act))));
    await waitFor("both", () => lane.pids.length === 2);
    const { pids } = lane;
    await lane.close();
    expect(pids.map(isGone)).toEqual([true, true]);
    expect((await Promise.all(calls)).map(({ code }) => code)).toEqual([
      "unavailable",
      "unavailable",
    ]);
    expect((await errorOf(lane.run(job("echo")))).code).toBe("unavailable");
  });
});
