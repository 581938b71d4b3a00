// The command line against a real listener: what it asks for, prints and ends with.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Http2Server, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { afterEach, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import {
  agentPagesMax,
  agentsPageSize,
  answerBytesMax,
  readTimeoutMs,
  watchIntervalMs,
} from "../../cli/limits.js";
import {
  AgentKind,
  AgentSchema,
  AgentState,
  CellSchema,
  MatrixSchema,
  MeshService,
  PairState,
} from "../../gen/causeway/v1/mesh_pb.js";
import { Outcome } from "../../gen/causeway/v1/types_pb.js";
import { type CliRun, runCaught } from "../support/cli-run.js";
import { waitFor } from "../support/wait.js";

const atMs = Date.UTC(2026, 0, 1, 23, 59, 57);
const agentOf = (name: string, state: AgentState = AgentState.UP) =>
  create(AgentSchema, {
    agentId: `${name}.pod`,
    node: name,
    plane: "pod",
    kind: AgentKind.NATIVE,
    state,
    reason: state === AgentState.UP ? "connected" : "frames_missing",
    version: "0.1.0",
    namespace: "demo",
    pod: `agent-${name}`,
    since: timestampFromMs(atMs),
  });
const cellOf = (target: string, state: PairState, outcome: Outcome = Outcome.OK) =>
  create(CellSchema, {
    target,
    kind: "tcp",
    state,
    ...(outcome === Outcome.OK ? { rttUs: 200 } : {}),
    lossRatio: outcome === Outcome.OK ? 0 : 1,
    sent: 6,
    outcome,
    measuredAt: timestampFromMs(atMs),
  });
const matrixOf = (state: PairState, outcome: Outcome, whole = true) =>
  create(MatrixSchema, {
    sources: whole ? ["a.pod", "b.pod"] : ["b.pod"],
    targets: whole ? ["a.pod", "b.pod"] : ["a.pod"],
    rows: [
      ...(whole ? [{ source: "a.pod", cells: [cellOf("b.pod", PairState.OK)] }] : []),
      { source: "b.pod", cells: [cellOf("a.pod", state, outcome)] },
    ],
    whole,
    serverTime: timestampFromMs(atMs),
  });

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const openServer = async (methods: Partial<ServiceImpl<typeof MeshService>>): Promise<string> => {
  const server: Http2Server = createServer(
    connectNodeAdapter({ routes: (router) => void router.service(MeshService, methods) }),
  );
  return await listen(server);
};

const listen = async (server: Http2Server): Promise<string> => {
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => sessions.add(session));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const run = async (
  methods: Partial<ServiceImpl<typeof MeshService>>,
  ...argv: readonly string[]
): Promise<CliRun> => runCaught([...argv, "--server", await openServer(methods)]);

const agents = { listAgents: () => ({ agents: [agentOf("a"), agentOf("b", AgentState.LOST)] }) };

describe("causeway agents", () => {
  it("prints a table", async () => {
    const { code, out } = await run(agents, "agents");
    expect(code).toBe(0);
    expect(out.split("\n")[2]).toMatch(
      /^b\.pod +lost +3s +frames_missing +b +demo\/agent-b +0\.1\.0$/,
    );
  });

  it("prints the JSON of the other interfaces, and the same as YAML", async () => {
    const json = JSON.parse((await run(agents, "agents", "-o", "json")).out);
    expect(json.agents[1]).toMatchObject({
      agent_id: "b.pod",
      state: "AGENT_STATE_LOST",
      since: "2026-01-01T23:59:57Z",
      applied_revision: "0",
      node_ip: "",
      unavailable: {},
    });
    expect(json.agents[1]).not.toHaveProperty("clock_skew_us");
    expect(parse((await run(agents, "agents", "-o", "yaml")).out)).toEqual(json);
  });

  it.each([
    ["lost", 1],
    ["down", 1],
    ["degraded", 1],
  ])("ends with 1 for --fail-on %s when one is lost", async (condition, code) => {
    expect((await run(agents, "agents", "--fail-on", condition)).code).toBe(code);
  });

  it("tells a suspect agent from a lost one", async () => {
    const suspect = { listAgents: () => ({ agents: [agentOf("a", AgentState.SUSPECT)] }) };
    expect((await run(suspect, "agents", "--fail-on", "lost")).code).toBe(0);
    expect((await run(suspect, "agents", "--fail-on", "degraded")).code).toBe(1);
  });

  it("reads every page, agentsPageSize at a time, up to agentPagesMax", async () => {
    const sizes = new Set<number>();
    const pages = {
      listAgents: (request: { pageSize: number; pageToken: string }) => {
        sizes.add(request.pageSize);
        const page = Number(request.pageToken || "0");
        return { agents: [agentOf(`n${page}`)], nextPageToken: String(page + 1) };
      },
    };
    const { out } = await run(pages, "agents", "-o", "json");
    expect(JSON.parse(out).agents).toHaveLength(agentPagesMax);
    expect([...sizes]).toEqual([agentsPageSize]);
  });

  it("sends the token of a file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "causeway-cli-"));
    closing.push(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "token"), "sesame\n");
    let shown: string | null = null;
    const url = await openServer({
      listAgents: (_request, context) => {
        shown = context.requestHeader.get("authorization");
        return {};
      },
    });
    await runCaught(["agents", "--server", url, "--token-file", join(folder, "token")]);
    expect(shown).toBe("Bearer sesame");
  });

  it("waits readTimeoutMs for the server, and says so to it", async () => {
    let timeoutMs: number | undefined;
    const url = await openServer({
      listAgents: (_request, context) => {
        timeoutMs = context.timeoutMs();
        return {};
      },
    });
    await runCaught(["agents", "--server", url]);
    expect(timeoutMs).toBeLessThanOrEqual(readTimeoutMs);
    expect(timeoutMs).toBeGreaterThan(readTimeoutMs - 2000);
  });

  it("refuses an answer beyond answerBytesMax before it reads it", async () => {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(answerBytesMax + 1, 1);
    const server = createServer();
    server.on("stream", (stream) => {
      stream.on("error", () => stream.close());
      stream.respond({ ":status": 200, "content-type": "application/grpc+proto" });
      stream.write(head);
    });
    const run = await runCaught(["agents", "--server", await listen(server)]);
    expect(run.code).toBe(3);
    expect(run.error).toContain(`${answerBytesMax}`);
  });

  it("asks again and again with --watch, one JSON line each", async () => {
    const ending = new AbortController();
    const writtenAtMs: number[] = [];
    const url = await openServer(agents);
    const watched = await runCaught(["agents", "--watch", "-o", "json", "--server", url], {
      signal: ending.signal,
      writeOut: () => {
        writtenAtMs.push(performance.now());
        if (writtenAtMs.length === 2) ending.abort();
      },
    });
    expect(watched.code).toBe(0);
    expect(watched.out.trim().split("\n")).toHaveLength(2);
    const [first = 0, second = 0] = writtenAtMs;
    expect(second - first).toBeGreaterThan(watchIntervalMs - 50);
  });
});

describe("causeway matrix", () => {
  const down = { ...agents, getMatrix: () => matrixOf(PairState.DOWN, Outcome.TIMEOUT) };

  it("prints the grid and what is not well", async () => {
    const { code, out } = await run(down, "matrix");
    expect(code).toBe(0);
    expect(out).toContain("1 a  \\           200µs");
    expect(out).toContain("2 b  X timeout   \\");
    expect(out).toMatch(/^b\.pod +a\.pod +tcp +down +- +100% +timeout +3s$/m);
  });

  it("passes kind, plane and window on", async () => {
    let asked: unknown;
    const ask = {
      getMatrix: (request: { kind: string; plane: string; windowS: number }) => {
        asked = { kind: request.kind, plane: request.plane, windowS: request.windowS };
        return matrixOf(PairState.OK, Outcome.OK);
      },
    };
    await run(ask, "matrix", "--kind", "udp", "--plane", "host", "--window", "90");
    expect(asked).toEqual({ kind: "udp", plane: "host", windowS: 90 });
  });

  it.each([
    ["lost", 1],
    ["down", 1],
    ["degraded", 1],
  ])("ends with 1 for --fail-on %s", async (condition, code) => {
    expect((await run(down, "matrix", "--fail-on", condition)).code).toBe(code);
  });

  it("ends with 0 for --fail-on down when a pair is only degraded", async () => {
    const degraded = { getMatrix: () => matrixOf(PairState.DEGRADED, Outcome.OK) };
    expect((await run(degraded, "matrix", "--fail-on", "down")).code).toBe(0);
    expect((await run(degraded, "matrix", "--fail-on", "degraded")).code).toBe(1);
  });

  const frames = {
    watchMatrix: async function* () {
      yield matrixOf(PairState.OK, Outcome.OK);
      yield create(MatrixSchema, {});
      yield matrixOf(PairState.DOWN, Outcome.REFUSED, false);
    },
  };

  it("follows the stream with --watch, adding what changed to what it knew", async () => {
    const tables = (await run(frames, "matrix", "--watch")).out;
    expect(tables.match(/measured pairs ok/g)).toHaveLength(3);
    expect(tables).toContain("1 of 2 measured pairs ok, 1 down");
    const lines = (await run(frames, "matrix", "--watch", "-o", "json")).out.trim().split("\n");
    expect(lines.map((line) => JSON.parse(line).whole)).toEqual([true, false, false]);
    const documents = parseAllDocuments((await run(frames, "matrix", "-w", "-o", "yaml")).out);
    expect(documents).toHaveLength(3);
  });

  it("draws over itself on a terminal", async () => {
    const url = await openServer(frames);
    const { out } = await runCaught(["matrix", "-w", "--server", url], { isTerminal: true });
    expect(out.split("\u001b[H")).toHaveLength(4);
  });

  it("ends a watch with 1 as soon as --fail-on holds", async () => {
    expect((await run(frames, "matrix", "--watch", "--fail-on", "down")).code).toBe(1);
  });
});

describe("causeway pair, worst, probe and report", () => {
  const unknown = {
    ...agents,
    getPair: () => {
      throw new ConnectError('source "aa" is unknown', Code.NotFound);
    },
  };

  it("says nothing of names when another field is wrong", async () => {
    const runProbe = (): never => {
      throw new ConnectError("port must be 0", Code.InvalidArgument);
    };
    expect(await run({ ...agents, runProbe }, "probe", "a", "b", "--port", "80")).toEqual({
      code: 2,
      out: "",
      error: "causeway: port must be 0\n",
    });
  });

  it("ends with 2 for a name that does not exist, naming a near one", async () => {
    const near = await run(unknown, "pair", "a.podd", "b");
    expect(near).toMatchObject({ code: 2, out: "" });
    expect(near.error).toBe('causeway: source "aa" is unknown; did you mean a.pod?\n');
    expect((await run(unknown, "pair", "zzzzzz", "b")).error).toContain("`causeway agents` lists");
  });

  it("prints a pair", async () => {
    const pair = {
      getPair: () => ({
        source: "a.pod",
        target: "b.pod",
        kinds: [{ kind: "tcp", state: PairState.OK, window: { sent: 6, lost: 0, rttUsP50: 7 } }],
      }),
    };
    const { code, out } = await run(pair, "pair", "a", "b");
    expect(code).toBe(0);
    expect(out).toMatch(/^tcp +ok +- +- +7µs +- +0% of 6/m);
    const json = JSON.parse((await run(pair, "pair", "a", "b", "-o", "json")).out);
    expect(json.kinds[0]).toMatchObject({ state: "PAIR_STATE_OK", window: { rtt_us_p50: 7 } });
  });

  it("prints the worst pairs", async () => {
    let asked = 0;
    const worst = {
      listWorstPairs: (request: { pageSize: number }) => {
        asked = request.pageSize;
        return {
          pairs: [{ source: "a.pod", cell: cellOf("b.pod", PairState.DOWN, Outcome.RESET) }],
        };
      },
    };
    const { code, out } = await run(worst, "worst", "--max", "7", "--fail-on", "down");
    expect([code, asked]).toEqual([1, 7]);
    expect(out).toMatch(/^a\.pod +b\.pod +tcp +down +- +100% +reset +3s$/m);
  });

  it.each([
    [[Outcome.OK, Outcome.OK], 0],
    [[Outcome.OK, Outcome.TIMEOUT], 1],
    [[Outcome.NOT_RUN], 3],
    [[], 3],
  ])("ends a probe with outcomes %j with %i", async (outcomes, code) => {
    const probe = {
      runProbe: () => ({
        source: "a.pod",
        target: "b.pod",
        results: outcomes.map((outcome) => ({ kind: "tcp", outcome, destination: "10.0.0.1:1" })),
      }),
    };
    expect((await run(probe, "probe", "a", "b")).code).toBe(code);
  });

  it.each([
    [Code.FailedPrecondition, 3],
    [Code.ResourceExhausted, 3],
    [Code.DeadlineExceeded, 3],
    [Code.InvalidArgument, 2],
    [Code.Unauthenticated, 2],
    [Code.PermissionDenied, 2],
    [Code.Unavailable, 4],
    [Code.Unimplemented, 4],
    [Code.Internal, 4],
  ])("ends with code %i of gRPC with %i", async (code, exit) => {
    const probe = {
      ...agents,
      runProbe: () => {
        throw new ConnectError("because", code);
      },
    };
    const result = await run(probe, "probe", "a", "b");
    expect(result.code).toBe(exit);
    expect(result.error).toMatch(/^causeway: [^\n]*because[^\n]*\n$/);
  });

  it("ends a probe that the user interrupts, on the server as well", async () => {
    const ending = new AbortController();
    let isCancelled = false;
    const url = await openServer({
      runProbe: async (_request, context) => {
        ending.abort();
        await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
        isCancelled = true;
        return {};
      },
    });
    const run = await runCaught(["probe", "a", "b", "--server", url], { signal: ending.signal });
    expect(run).toMatchObject({ code: 3, error: "causeway: interrupted\n" });
    await waitFor("the call to end on the server", () => isCancelled);
  });

  it("prints the report in every form", async () => {
    const asked: string[] = [];
    const report = {
      getReport: (request: { format: string; lang: string }) => {
        asked.push(`${request.format} ${request.lang}`);
        return request.format === "json"
          ? {
              format: "json",
              lang: request.lang,
              body: { case: "report" as const, value: { activeClientCount: 3 } },
            }
          : {
              format: request.format,
              lang: request.lang,
              body: { case: "content" as const, value: "all is well" },
            };
      },
    };
    expect((await run(report, "report")).out).toBe("all is well\n");
    await run(report, "report", "--format", "markdown", "--lang", "zh");
    const json = JSON.parse((await run(report, "report", "-o", "json")).out);
    expect(json.report.active_client_count).toBe(3);
    expect(JSON.parse((await run(report, "report", "--format", "json")).out)).toEqual(json);
    expect(asked).toEqual(["text en", "markdown zh", "json en", "json en"]);
  });
});
