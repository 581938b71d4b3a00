import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shopManifests, temporaryFolder } from "../support/policy-manifests.js";
import { createCluster, endPrograms, ensureBuilt, type TestCluster } from "../support/processes.js";
import { findProgram } from "../support/programs.js";
import { waitFor } from "../support/wait.js";

/** Goal: grpcurl works with nothing but the server's address. Method: the real one against a server with two agents. */

const grpcurl = findProgram("grpcurl", {
  skips: "the tests with grpcurl",
  hint: "`go install github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3` builds it",
});
const run = promisify(execFile);

describe.skipIf(grpcurl === undefined)("grpcurl", () => {
  const program = grpcurl ?? "";
  const folder = temporaryFolder();
  let cluster: TestCluster;
  let address = "";
  beforeAll(async () => {
    ensureBuilt();
    cluster = await createCluster();
    address = new URL(cluster.url).host;
    writeFileSync(join(folder.path, "shop.yaml"), shopManifests);
    await cluster.startServer({ CAUSEWAY_MANIFESTS: folder.path });
    for (const number of [1, 2]) cluster.startAgent(number);
    for (const number of [1, 2]) await cluster.reached(number, "UP");
  }, 180_000);
  afterAll(async () => {
    await endPrograms();
    folder.remove();
  });

  /** What it prints, for flags before the address and words behind it. */
  const ask = async (flags: readonly string[], ...words: readonly string[]): Promise<string> =>
    (await run(program, ["-plaintext", ...flags, address, ...words])).stdout;
  const call = async (method: string, request: object = {}): Promise<unknown> =>
    JSON.parse(await ask(["-d", JSON.stringify(request)], `causeway.v1.${method}`));

  it("lists services and methods", async () => {
    expect((await ask([], "list")).trim().split("\n")).toEqual([
      "causeway.v1.AnalysisService",
      "causeway.v1.CheckerService",
      "causeway.v1.MeshService",
      "causeway.v1.PolicyService",
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
    ]);
    expect(await ask([], "list", "causeway.v1.MeshService")).toContain(
      "causeway.v1.MeshService.WatchMatrix\n",
    );
  });

  it("describes methods and messages", async () => {
    const method = await ask([], "describe", "causeway.v1.MeshService.GetPair");
    expect(method).toContain("rpc GetPair ( .causeway.v1.GetPairRequest )");
    expect(method).toContain('get: "/v1/pairs/{source}/{target}"');
    const message = await ask([], "describe", ".causeway.v1.SubmitResultsRequest");
    expect(message).toContain("repeated .causeway.v1.CheckerResult results = 2");
  });

  it("makes a unary call", async () => {
    expect(await call("MeshService/ListAgents", { page_size: 10 })).toMatchObject({
      agents: [
        { agentId: "node-1.pod", kind: "AGENT_KIND_NATIVE", state: "AGENT_STATE_UP" },
        { agentId: "node-2.pod", kind: "AGENT_KIND_NATIVE", state: "AGENT_STATE_UP" },
      ],
    });
    const health = await ask([], "grpc.health.v1.Health/Check");
    expect(JSON.parse(health)).toEqual({ status: "SERVING" });
  });

  it("asks about policies, of the live model and of manifests in the request", async () => {
    const pair = { source: "default/web", destination: "default/db", port: 5432 };
    expect(await call("PolicyService/Evaluate", pair)).toMatchObject({
      verdict: "denied",
      protocol: "TCP",
      model: { pods: 2, policies: 1 },
    });
    const manifests = shopManifests.replace("app: api", "app: web");
    expect(await call("PolicyService/Evaluate", { ...pair, manifests })).toMatchObject({
      verdict: "allowed",
    });
    const ends = { pod_a: "default/web", pod_b: "default/db", port: 5432 };
    expect(await call("AnalysisService/AnalyzePodCommunication", ends)).toMatchObject({
      podA: "default/web",
      status: "disconnected",
    });
    const method = await ask([], "describe", "causeway.v1.PolicyService.ListConnections");
    expect(method).toContain('get: "/v1/policy/connections"');
  });

  it("has an agent probe", async () => {
    const request = { source: "node-1.pod", target: "node-2.pod", kind: "tcp" };
    const answer = await waitFor("the plan of both agents", async () =>
      call("MeshService/RunProbe", request).catch(() => undefined),
    );
    expect(answer).toMatchObject({
      source: "node-1.pod",
      target: "node-2.pod",
      results: [{ kind: "tcp", outcome: "OUTCOME_OK", rttUs: expect.any(Number) as number }],
    });
  });

  it("follows a stream", async () => {
    const method = "causeway.v1.MeshService/WatchMatrix";
    const child = spawn(program, ["-plaintext", address, method]);
    let printed = "";
    child.stdout.on("data", (chunk: Buffer) => {
      printed += chunk.toString("utf8");
    });
    // One JSON object a frame; between two frames a line begins with its brace.
    const frames = () =>
      printed
        .split(/(?<=^\})\n/m)
        .filter((text) => text.endsWith("}"))
        .map((text) => JSON.parse(text) as Record<string, unknown>);
    const [first, second] = await waitFor("two frames", () => frames()[1] && frames());
    expect(first).toMatchObject({ whole: true, sources: ["node-1.pod", "node-2.pod"] });
    expect(second).not.toHaveProperty("whole");
    child.kill();
    await once(child, "close");
  });

  it("shows an error with its code, and the details that name the field", async () => {
    const failure = async (method: string, request: object) =>
      call(method, request).then(
        () => "",
        (error: unknown) => String((error as { stderr: unknown }).stderr),
      );
    const unknown = await failure("MeshService/GetPair", { source: "nobody", target: "x" });
    expect(unknown).toContain("Code: NotFound");
    expect(unknown).toContain("nobody");
    const wrong = await failure("MeshService/GetMatrix", { kind: "carrier-pigeon" });
    expect(wrong).toContain("Code: InvalidArgument");
    expect(wrong).toContain("icmp, udp, tcp, http, dns");
    // The server's reflection knows the detail's type, so it is shown in full.
    expect(wrong).toMatch(/"field": "kind",\s+"description": "must be one of icmp/);
  });
});
