import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../common/clock.js";
import { silentLogger } from "../../common/logger.js";
import { policyWaitingMax, policyWorkersMax } from "../../server/policy/limits.js";
import { openPolicyDesk, type PolicyDesk } from "../../server/policy/policy-desk.js";
import { silentObserver } from "../../server/policy/policy-observer.js";
import { helloOf } from "../support/agent-messages.js";
import { createTestLink } from "../support/agent-port.js";
import { manyManifests, shopManifests } from "../support/policy-manifests.js";
import { type PolicyServer, startPolicyServer } from "../support/policy-server.js";
import { waitFor } from "../support/wait.js";

/** Goal: heavy questions hurt nobody but their asker. Method: a whole server with real processes and real manifests. */

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const start = async (): Promise<PolicyServer> => {
  const server = await startPolicyServer(undefined);
  closers.push(() => server.stop());
  return server;
};

const heavy = { manifests: manyManifests(1_500), page_size: 1 };

describe("a heavy question", () => {
  it("leaves agents' streams and other queries as they are", async () => {
    const server = await start();
    const events: string[] = [];
    const answered = server
      .post("/v1/policy:connections", heavy)
      .then(([status, { total_size }]) => {
        events.push("answer");
        return [status, total_size];
      });
    const { link, send, message } = createTestLink(server.agentPort);
    closers.push(() => link.dispose());
    link.open();
    send({ kind: "hello", hello: helloOf({ agentId: "n1.pod" }) });
    expect(await message()).toMatchObject({ kind: "welcome" });
    // Credit may change in between, as it does in a server that starts.
    while ((await message()).kind !== "plan");
    events.push("agent");
    const [, { agents }] = await server.get("/v1/agents");
    expect(agents).toMatchObject([{ agent_id: "n1.pod", state: "AGENT_STATE_UP" }]);
    events.push("query");
    expect(await answered).toEqual([200, expect.any(Number)]);
    expect(events).toEqual(["agent", "query", "answer"]);
  });

  it("ends with the call that asked it, also while it waits for its turn", async () => {
    const server = await start();
    const calls = new AbortController();
    const answers = Array.from({ length: policyWorkersMax + 1 }, () =>
      fetch(`${server.url}/v1/policy:connections`, {
        method: "POST",
        body: JSON.stringify({ manifests: manyManifests(8_000) }),
        signal: calls.signal,
      }),
    );
    const waiting = 'causeway_policy_questions_waiting{model="own"}';
    await waitFor("a question to wait", async () => (await server.metric(waiting)) === 1);
    calls.abort();
    for (const answer of answers) await expect(answer).rejects.toThrow();
    const count = 'causeway_policy_questions_total{kind="connections",code="canceled"}';
    await waitFor("their end", async () => (await server.metric(count)) === answers.length);
    expect(await server.metric(waiting)).toBe(0);
  });

  it("is over at the deadline of its call", async () => {
    const server = await start();
    const answer = await fetch(`${server.url}/v1/policy:connections`, {
      method: "POST",
      body: JSON.stringify(heavy),
      headers: { "connect-timeout-ms": "100" },
    });
    expect(answer.status).toBe(504);
    expect(
      await waitFor("the count", () =>
        server.metric(
          'causeway_policy_questions_total{kind="connections",code="deadline_exceeded"}',
        ),
      ),
    ).toBe(1);
  });
});

describe("many questions at once", () => {
  it("are answered in turn, policyWaitingMax wait, and the rest is told to come back", async () => {
    const server = await start();
    const places = policyWorkersMax + policyWaitingMax;
    const calls = Array.from({ length: places + 6 }, () =>
      fetch(`${server.url}/v1/policy:lint`, {
        method: "POST",
        body: JSON.stringify({ manifests: shopManifests }),
      }),
    );
    const answers = await Promise.all(calls);
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(places);
    expect(refused).toHaveLength(6);
    expect(refused[0]?.headers.get("retry-after")).toBe("1");
    expect(await refused[0]?.json()).toMatchObject({ error: { status: "RESOURCE_EXHAUSTED" } });
  });
});

describe("the process of a question", () => {
  const signal = new AbortController().signal;
  const open = (bounds: Parameters<typeof openPolicyDesk>[0]["bounds"]): PolicyDesk => {
    const desk = openPolicyDesk({
      manifests: undefined,
      memoryBytes: 2 ** 32,
      epoch: "e",
      clock: systemClock,
      logger: silentLogger,
      observer: silentObserver,
      bounds: bounds ?? {},
    });
    closers.push(() => desk.close());
    return desk;
  };
  const lint = (desk: PolicyDesk, manifests: string) =>
    desk.ask<"lint">(
      {
        kind: "lint",
        profile: "upstream",
        manifests,
        page: { size: 10 },
        rules: [],
        suppressions: "",
      },
      signal,
    );

  it("ends when its manifests take more memory than it may have, and another takes the next", async () => {
    const desk = open({ heapMib: 48 });
    await expect(lint(desk, manyManifests(16_000))).rejects.toMatchObject({
      code: "resource_exhausted",
      message: "the question takes more memory than it may have",
    });
    expect((await lint(desk, shopManifests)).model).toMatchObject({ pods: 2 });
  });

  it("ends when its caller is gone", async () => {
    const desk = open({});
    const caller = new AbortController();
    const answer = desk.ask<"connections">(
      {
        kind: "connections",
        profile: "upstream",
        manifests: manyManifests(1_500),
        page: { size: 10 },
        filter: { source: "", destination: "", namespace: "" },
      },
      caller.signal,
    );
    await waitFor("the process", () => desk.pids.length === 1);
    caller.abort(new Error("gone"));
    await expect(answer).rejects.toThrow("gone");
    await waitFor("its end", () => desk.pids.length === 0);
  });
});
