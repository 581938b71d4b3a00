import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../common/clock.js";
import { silentLogger } from "../../../common/logger.js";
import {
  policyHeapMibMax,
  policyHeapMibMin,
  policyHeapShareMax,
  policyIdleMs,
  policyLiveHeapMibMax,
  policyLiveHeapShareMax,
  policyLoadMsMax,
  policyLoadRetryMsMax,
  policyPollMs,
  policyQuestionMsMax,
  policyWaitingCharsMax,
  policyWaitingMax,
  policyWorkersMax,
} from "../../../server/policy/limits.js";
import { retryMsAfter } from "../../../server/policy/live-model.js";
import {
  type DeskBounds,
  deskBoundsOf,
  openPolicyDesk,
  type PolicyDesk,
} from "../../../server/policy/policy-desk.js";
import type { QuestionOf } from "../../../server/policy/question.js";
import { RpcError } from "../../../server/rpc/errors.js";
import { temporaryFolder } from "../../support/policy-manifests.js";
import { waitFor } from "../../support/wait.js";

/** Goal: which process a question goes to, and what becomes of it. Method: real processes that do as told. */

let folder: ReturnType<typeof temporaryFolder>;
const desks: PolicyDesk[] = [];
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  await Promise.all(desks.splice(0).map((desk) => desk.close()));
  folder.remove();
});

const signal = new AbortController().signal;

const open = (manifests: string | undefined, bounds: Partial<DeskBounds> = {}) => {
  const events: string[] = [];
  const desk = openPolicyDesk({
    manifests,
    memoryBytes: 2 ** 30,
    epoch: "e",
    clock: systemClock,
    logger: silentLogger,
    observer: {
      asked: ({ kind, code }) => events.push(`${kind} ${code}`),
      loaded: ({ result }) => events.push(`load ${result}`),
    },
    bounds: {
      entry: new URL("../../support/stub-policy-worker.mjs", import.meta.url),
      heapMib: 32,
      ...bounds,
    },
  });
  desks.push(desk);
  return { desk, events };
};

const question = (manifests: string, source = "a", destination = "b"): QuestionOf<"evaluate"> => ({
  kind: "evaluate",
  profile: "upstream",
  manifests,
  pair: { source, destination },
});

type Echo = { readonly pid: number; readonly loads: number };

const ask = async (desk: PolicyDesk, asked: QuestionOf<"evaluate">): Promise<Echo> =>
  (await desk.ask<"evaluate">(asked, signal)) as unknown as Echo;

const failure = async (call: Promise<unknown>): Promise<RpcError> => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof RpcError) return error;
  throw new Error(`expected an RpcError, got ${String(error)}`);
};

describe("openPolicyDesk()", () => {
  it("starts no process for a server that is asked nothing", () => {
    const { desk } = open(undefined);
    expect(desk.pids).toEqual([]);
    expect(desk.figures).toEqual({
      waiting: { live: 0, own: 0 },
      model: undefined,
      ageS: undefined,
    });
  });

  it("says how to get a model where there is none", async () => {
    const { desk, events } = open(undefined);
    const error = await failure(ask(desk, question("")));
    expect([error.code, error.message]).toEqual([
      "failed_precondition",
      "this server has no cluster model: set its CAUSEWAY_MANIFESTS to a folder of manifests, or send them with the question",
    ]);
    expect(events).toEqual(["evaluate failed_precondition"]);
  });

  it("asks the live model and manifests of questions in processes of their own", async () => {
    const { desk, events } = open(folder.path);
    const live = await ask(desk, question("", "echo"));
    const own = await ask(desk, question("echo"));
    expect(live.loads).toBeGreaterThan(0);
    expect(own.loads).toBe(0);
    expect([...desk.pids].sort()).toEqual([live.pid, own.pid].sort());
    expect(events).toEqual(["evaluate ok", "evaluate ok"]);
  });

  it.each([
    ["invalid", "invalid_argument", "why"],
    ["not-found", "not_found", "why"],
    ["changed", "aborted", "why"],
    ["no-model", "failed_precondition", "why"],
    ["bug", "internal", "internal error"],
  ])("turns the refusal %s into %s", async (fault, code, message) => {
    const { desk, events } = open(undefined);
    const error = await failure(ask(desk, question("refuse", fault, "why")));
    expect([error.code, error.message]).toEqual([code, message]);
    expect(events).toEqual([`evaluate ${code}`]);
    if (fault === "bug") expect(String(error.cause)).toContain("why");
  });

  it("counts a question that was cancelled, with the reason for its end", async () => {
    const { desk, events } = open(undefined);
    const caller = new AbortController();
    const call = desk.ask<"evaluate">(question("spin"), caller.signal);
    caller.abort(new RpcError({ code: "deadline_exceeded", message: "too late" }));
    await expect(call).rejects.toThrow("too late");
    await expect(desk.ask<"evaluate">(question("echo"), caller.signal)).rejects.toThrow("too late");
    expect(events).toEqual(["evaluate deadline_exceeded", "evaluate deadline_exceeded"]);
  });

  it("loads the live model anew when its process has ended", async () => {
    const { desk } = open(folder.path);
    const before = await ask(desk, question("", "echo"));
    process.kill(before.pid, "SIGKILL");
    await waitFor("another process", () => !desk.pids.includes(before.pid) && desk.pids.length > 0);
    const after = await ask(desk, question("", "echo"));
    expect(after.pid).not.toBe(before.pid);
    expect(after.loads).toBe(1);
  });

  it("loads it anew after a question that took too long, and answers the next one", async () => {
    const { desk } = open(folder.path, { questionMs: 500 });
    const slow = failure(ask(desk, question("", "spin")));
    const next = ask(desk, question("", "echo"));
    expect(await slow).toMatchObject({ code: "resource_exhausted" });
    expect((await next).loads).toBe(1);
  });

  it("says so when loading takes more memory than it may have, and tries again later", async () => {
    const path = join(folder.path, "grow");
    const { desk, events } = open(path, { liveHeapMib: 16, pollMs: 20 });
    await waitFor("the first try", () => events.includes("load failed"));
    const error = await failure(ask(desk, question("", "echo")));
    expect([error.code, error.message]).toEqual([
      "failed_precondition",
      "there is no model of CAUSEWAY_MANIFESTS: reading the manifests takes more memory than it may have",
    ]);
    await waitFor("the second try", () => events.filter((e) => e === "load failed").length > 1);
    const failures = events.filter((event) => event === "load failed").length;
    // A change of the files is tried at once.
    writeFileSync(path, "");
    await waitFor("one more", () => events.filter((e) => e === "load failed").length > failures);
  });

  it("says so when loading takes longer than it may", async () => {
    const { desk, events } = open(join(folder.path, "stuck"), { loadMs: 200 });
    await waitFor("the end of the load", () => events.includes("load failed"));
    const error = await failure(ask(desk, question("", "echo")));
    expect(error.message).toContain("reading the manifests takes longer than the 0.2 s");
  });

  it("refuses what waits when it closes", async () => {
    const { desk } = open(folder.path);
    const calls = [question("", "spin"), question("", "echo"), question("spin")].map((asked) =>
      failure(ask(desk, asked)),
    );
    await waitFor("both processes", () => desk.pids.length === 2);
    expect(desk.figures.waiting.live).toBeGreaterThan(0);
    await desk.close();
    expect((await Promise.all(calls)).map(({ code }) => code)).toEqual(
      Array.from({ length: 3 }, () => "unavailable"),
    );
  });
});

describe("deskBoundsOf()", () => {
  it("gives processes what the limits say where memory is plenty", () => {
    expect(deskBoundsOf(64 * 2 ** 30)).toMatchObject({
      workersMax: policyWorkersMax,
      waitingMax: policyWaitingMax,
      waitingCharsMax: policyWaitingCharsMax,
      heapMib: policyHeapMibMax,
      liveHeapMib: policyLiveHeapMibMax,
      questionMs: policyQuestionMsMax,
      idleMs: policyIdleMs,
      pollMs: policyPollMs,
      loadMs: policyLoadMsMax,
    });
  });

  it("gives them policyHeapShareMax and policyLiveHeapShareMax of a small one, policyHeapMibMin at least", () => {
    const { heapMib, liveHeapMib } = deskBoundsOf(1000 * 2 ** 20);
    expect(heapMib).toBe(1000 * policyHeapShareMax);
    expect(liveHeapMib).toBe(1000 * policyLiveHeapShareMax);
    expect(policyWorkersMax * policyHeapShareMax + policyLiveHeapShareMax).toBeLessThan(0.75);
    expect(deskBoundsOf(2 ** 20)).toMatchObject({
      heapMib: policyHeapMibMin,
      liveHeapMib: policyHeapMibMin,
    });
  });
});

describe("retryMsAfter()", () => {
  it("waits twice as long each time, policyLoadRetryMsMax at most", () => {
    const waits = [0, 1, 2, 3, 20].map((deadLoads) => retryMsAfter(deadLoads, policyPollMs));
    expect(waits).toEqual([10_000, 20_000, 40_000, 80_000, policyLoadRetryMsMax]);
  });
});
