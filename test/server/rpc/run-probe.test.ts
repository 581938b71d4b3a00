import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { Outcome, Vantage } from "../../../gen/causeway/v1/types_pb.js";
import { runOverheadMs, runTimeoutMaxMs } from "../../../server/limits.js";
import { agentView, threeNodeMesh } from "../../support/mesh-fixtures.js";
import { answeringRuns, expectFailure, queryClients } from "../../support/query-client.js";

const invalid = Code.InvalidArgument;

describe("RunProbe", () => {
  const measuredAtUnixMs = 1_790_000_000_000;
  const good = answeringRuns(({ probes }) => ({
    requestId: "r",
    error: "",
    results: probes.map(() => ({
      outcome: "ok" as const,
      rttUs: 250,
      detail: "",
      measuredAtUnixMs,
    })),
  }));

  it("runs every planned kind of a pair", async () => {
    const runs = answeringRuns((run) => good.run(run));
    const { mesh: client } = queryClients(threeNodeMesh(), { runs });
    const answer = await client.runProbe({ source: "n1", target: "n2.pod" });
    expect(answer).toMatchObject({ source: "n1.pod", target: "n2.pod" });
    expect(
      answer.results.map(({ kind, destination, outcome, rttUs }) => [
        kind,
        destination,
        outcome,
        rttUs,
      ]),
    ).toEqual([
      ["icmp", "10.244.2.5", Outcome.OK, 250],
      ["tcp", "10.244.2.5:6100", Outcome.OK, 250],
      ["udp", "10.244.2.5:6100", Outcome.OK, 250],
      ["http", "10.244.2.5:6100", Outcome.OK, 250],
    ]);
    const [run] = runs.asked;
    expect(run).toMatchObject({ agentId: "n1.pod", deadlineMs: 4_000 + runOverheadMs });
    expect(run?.probes.every(({ timeoutMs }) => timeoutMs === 4_000)).toBe(true);
  });

  it.each([
    [{ target: "n2", kind: "tcp", port: 9 }, [["tcp", "10.244.2.5:9"]]],
    [{ target: "node/n2", kind: "tcp" }, [["tcp", "10.0.0.2:22"]]],
    [{ target: "192.0.2.7" }, [["icmp", "192.0.2.7"]]],
    [{ target: "2001:db8::7", kind: "tcp", port: 443 }, [["tcp", "[2001:db8::7]:443"]]],
    [{ target: "dns/web.default" }, [["dns", "web.default"]]],
    [{ target: "dns/web.default", kind: "tcp", port: 80 }, [["tcp", "web.default:80"]]],
    [
      { target: "n2", timeoutMs: runTimeoutMaxMs, kind: "icmp", vantage: Vantage.AGENT },
      [["icmp", "10.244.2.5"]],
    ],
  ])("runs %j", async (request, expected) => {
    const { mesh: client } = queryClients(threeNodeMesh(), { runs: good });
    const { results } = await client.runProbe({ source: "n1.pod", ...request });
    expect(results.map(({ kind, destination }) => [kind, destination])).toEqual(expected);
  });

  it.each([
    [{ source: "" }, /^source must not be empty/],
    [{ target: "" }, /^target must not be empty/],
    [{ kind: "smtp" }, /^kind must be one of/],
    [{ port: 65_536 }, /^port must be from 0 to 65535/],
    [{ port: -1 }, /^port must be from/],
    [{ timeoutMs: runTimeoutMaxMs + 1 }, /^timeout_ms must be from 1 to 60000/],
    [{ timeoutMs: -1 }, /^timeout_ms/],
    [{ vantage: 7 as Vantage }, /^vantage must be VANTAGE_AGENT/],
    [{ kind: "icmp", port: 80 }, /^port must be 0/],
    [{ target: "192.0.2.7", kind: "tcp" }, /^port is required for tcp/],
    [{ target: "192.0.2.7", port: 80 }, /^kind must be tcp, udp or http/],
    [{ target: "192.0.2.7", kind: "dns" }, /^kind dns needs a target dns\/NAME/],
    [{ target: "dns/web", kind: "udp", port: 5 }, /^kind must be dns or tcp/],
    [{ target: "node/n2", kind: "http", port: 80 }, /^kind must be one that is planned/],
  ])("refuses %j", async (request, message) => {
    const { mesh: client } = queryClients(threeNodeMesh(), { runs: good });
    const call = client.runProbe({ source: "n1.pod", target: "n2.pod", ...request });
    await expectFailure(call, invalid, message);
  });

  it("says why nothing was run", async () => {
    const mesh = threeNodeMesh();
    mesh.put(agentView({ agentId: "n3.pod", state: "suspect", reason: "stream_broken" }));
    const runs = answeringRuns(() => ({ requestId: "r", error: "not allowed here", results: [] }));
    const { mesh: client } = queryClients(mesh, { runs });
    const run = (source: string, target: string) => client.runProbe({ source, target });
    await expectFailure(run("n9", "n1"), Code.NotFound, /^source "n9" is not known/);
    await expectFailure(run("n1", "n9"), Code.NotFound, /^target "n9" is not known/);
    await expectFailure(run("n3", "n1"), Code.FailedPrecondition, "suspect (stream_broken)");
    await expectFailure(run("n1", "n2"), Code.FailedPrecondition, "not allowed here");
  });

  it("keeps the caller's deadline and passes on its cancel", async () => {
    let signal: AbortSignal | undefined;
    const runs = answeringRuns((run) => {
      signal = run.signal;
      return new Promise(() => undefined);
    });
    const { mesh: client } = queryClients(threeNodeMesh(), { runs });
    const request = { source: "n1", target: "n2" };
    await expectFailure(client.runProbe(request, { timeoutMs: 50 }), Code.DeadlineExceeded, "");
    expect(runs.asked[0]?.deadlineMs).toBeLessThanOrEqual(50);
    await expect.poll(() => signal?.aborted).toBe(true);
    const controller = new AbortController();
    const call = client.runProbe(request, { signal: controller.signal });
    await expect.poll(() => runs.asked.length).toBe(2);
    controller.abort();
    await expectFailure(call, Code.Canceled, "");
    await expect.poll(() => signal?.aborted).toBe(true);
  });

  it("does not take half an answer", async () => {
    const runs = answeringRuns(() => ({ requestId: "r", error: "", results: [] }));
    const { mesh: client } = queryClients(threeNodeMesh(), { runs });
    await expectFailure(
      client.runProbe({ source: "n1", target: "n2" }),
      Code.Unavailable,
      "0 of 4",
    );
  });
});
