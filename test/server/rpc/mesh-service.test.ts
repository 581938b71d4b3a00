import { toJson } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import {
  AgentKind,
  AgentState,
  GetReportResponseSchema,
  MatrixSchema,
  PairSchema,
  PairState,
} from "../../../gen/causeway/v1/mesh_pb.js";
import { Outcome } from "../../../gen/causeway/v1/types_pb.js";
import {
  pageSizeMax,
  pageTokenCharsMax,
  windowDefaultS,
  windowMaxS,
} from "../../../server/limits.js";
import { agentView, measureAll, TestMesh, threeNodeMesh } from "../../support/mesh-fixtures.js";
import { expectFailure, queryClients } from "../../support/query-client.js";

const invalid = Code.InvalidArgument;
const printed = { useProtoFieldName: true, alwaysEmitImplicit: true } as const;

describe("ListAgents", () => {
  it("lists native and legacy agents, sorted, with their loss", async () => {
    const mesh = threeNodeMesh();
    mesh.put(
      agentView({ agentId: "n4.pod", state: "lost", reason: "goodbye", clockSkewUs: -1500 }),
    );
    mesh.legacy.heartbeat(
      { namespace: "kube-system", nodeIp: "10.0.0.9", podIp: "10.244.9.9", podName: "client-x" },
      { nowMs: 0, wallMs: 1_790_000_000_000 },
    );
    const loss = (agentId: string) =>
      agentId === "n4.pod"
        ? { lostResults: 7, lostBatches: 2 }
        : { lostResults: 0, lostBatches: 0 };
    const { agents, nextPageToken } = await queryClients(mesh, { loss }).mesh.listAgents({});
    expect(agents.map(({ agentId }) => agentId)).toEqual([
      "client-x.legacy",
      "n1.pod",
      "n2.pod",
      "n3.pod",
      "n4.pod",
    ]);
    expect(nextPageToken).toBe("");
    expect(agents[0]).toMatchObject({
      kind: AgentKind.LEGACY,
      state: AgentState.UP,
      plane: "",
      pod: "client-x",
      podIp: "10.244.9.9",
      nodeIp: "10.0.0.9",
      reason: "heartbeat",
    });
    expect(agents[4]).toMatchObject({
      kind: AgentKind.NATIVE,
      state: AgentState.LOST,
      reason: "goodbye",
      clockSkewUs: -1500n,
      lostResults: 7n,
      lostBatches: 2n,
    });
    expect(agents[1]?.clockSkewUs).toBeUndefined();
  });

  it("filters and pages", async () => {
    const mesh = new TestMesh();
    for (let node = 1; node <= 7; node++) {
      mesh.put(agentView({ agentId: `n${node}.pod`, state: node === 3 ? "suspect" : "up" }));
      mesh.put(agentView({ agentId: `n${node}.host`, plane: "host" }));
    }
    const { mesh: client } = queryClients(mesh);
    const filters = { plane: "pod", state: AgentState.UP, kind: AgentKind.NATIVE, pageSize: 4 };
    const first = await client.listAgents(filters);
    expect(first.agents.map(({ node }) => node)).toEqual(["n1", "n2", "n4", "n5"]);
    mesh.put(agentView({ agentId: "n0.pod" }));
    const second = await client.listAgents({ ...filters, pageToken: first.nextPageToken });
    expect(second.agents.map(({ node }) => node)).toEqual(["n6", "n7"]);
    expect(second.nextPageToken).toBe("");
  });

  it("refuses wrong fields by name", async () => {
    const { mesh: client } = queryClients(threeNodeMesh());
    await expectFailure(
      client.listAgents({ plane: "sky" }),
      invalid,
      'plane must be pod or host, not "sky"',
    );
    await expectFailure(
      client.listAgents({ pageSize: -1 }),
      invalid,
      /^page_size must be from 1 to 1000/,
    );
    await expectFailure(client.listAgents({ pageSize: pageSizeMax + 1 }), invalid, /^page_size/);
    await expectFailure(
      client.listAgents({ state: 9 as AgentState }),
      invalid,
      "state must be one of up, suspect, lost, not 9",
    );
    await expectFailure(
      client.listAgents({ kind: 9 as AgentKind }),
      invalid,
      /^kind must be one of native, legacy/,
    );
    await expectFailure(
      client.listAgents({ pageToken: "x" }),
      invalid,
      /^page_token must be the next_page_token/,
    );
    const long = "x".repeat(pageTokenCharsMax + 1);
    await expectFailure(client.listAgents({ pageToken: long }), invalid, /^page_token/);
    const { nextPageToken } = await client.listAgents({ pageSize: 1 });
    await expectFailure(
      client.listAgents({ pageToken: nextPageToken, plane: "pod" }),
      invalid,
      /same query/,
    );
    await expectFailure(client.listWorstPairs({ pageToken: nextPageToken }), invalid, /same query/);
  });
});

describe("GetAgent", () => {
  it("takes an agent_id, a node and a pod", async () => {
    const mesh = threeNodeMesh();
    const { mesh: client } = queryClients(mesh);
    for (const agentId of ["n1.pod", "n1", "causeway-system/agent-n1"]) {
      expect((await client.getAgent({ agentId })).agentId).toBe("n1.pod");
    }
    await expectFailure(
      client.getAgent({ agentId: "n1.pdo" }),
      Code.NotFound,
      'did you mean "n1.pod"',
    );
    await expectFailure(client.getAgent({ agentId: "" }), invalid, "agent_id must not be empty");
    await expectFailure(client.getAgent({ agentId: "x".repeat(1000) }), invalid, /at most/);
    mesh.put(agentView({ agentId: "n1.host", plane: "host" }));
    await expectFailure(client.getAgent({ agentId: "n1" }), invalid, "n1.host, n1.pod");
  });
});

describe("GetMatrix", () => {
  it("shows a kind by source and target, and counts what nobody measured", async () => {
    const mesh = threeNodeMesh();
    mesh.measure("n1.pod", [
      { target: "n2.pod", kind: "tcp", rttUs: 420, agoMs: 1_000 },
      { target: "n2.pod", kind: "icmp", rttUs: 99 },
      { target: "n3.pod", kind: "tcp", outcome: "refused" },
    ]);
    const matrix = await queryClients(mesh).mesh.getMatrix({ kind: "tcp" });
    expect(toJson(MatrixSchema, matrix, printed)).toEqual({
      sources: ["n1.pod", "n2.pod", "n3.pod"],
      targets: ["n1.pod", "n2.pod", "n3.pod", "node/n1", "node/n2", "node/n3"],
      rows: [
        {
          source: "n1.pod",
          cells: [
            {
              target: "n2.pod",
              kind: "tcp",
              state: "PAIR_STATE_OK",
              rtt_us: 420,
              loss_ratio: 0,
              sent: 1,
              lost: 0,
              outcome: "OUTCOME_OK",
              measured_at: "2026-09-21T14:13:19Z",
            },
            {
              target: "n3.pod",
              kind: "tcp",
              state: "PAIR_STATE_DOWN",
              loss_ratio: 1,
              sent: 1,
              lost: 1,
              outcome: "OUTCOME_REFUSED",
              measured_at: "2026-09-21T14:13:20Z",
            },
          ],
        },
      ],
      not_measured: 10,
      whole: true,
      server_time: "2026-09-21T14:13:20Z",
    });
  });

  it("shows the worst kind of each pair without a kind", async () => {
    const mesh = threeNodeMesh();
    measureAll(mesh, (_, { kind }) => (kind === "udp" ? { outcome: "timeout" } : {}));
    const { rows, notMeasured } = await queryClients(mesh).mesh.getMatrix({});
    const cells = rows.flatMap((row) => row.cells);
    expect(cells).toHaveLength(12);
    expect(notMeasured).toBe(0);
    for (const { target, kind, state } of cells) {
      if (target.startsWith("node/")) expect(state).toBe(PairState.OK);
      else expect({ kind, state }).toEqual({ kind: "udp", state: PairState.DOWN });
    }
  });

  it("looks back windowDefaultS seconds unless told otherwise", async () => {
    const mesh = threeNodeMesh();
    mesh.measure("n1.pod", [
      { target: "n2.pod", kind: "icmp", outcome: "timeout", agoMs: windowDefaultS * 1000 + 1 },
      { target: "n2.pod", kind: "icmp", agoMs: windowDefaultS * 1000 },
      { target: "n2.pod", kind: "icmp" },
    ]);
    const { mesh: client } = queryClients(mesh);
    const sent = async (windowS: number) =>
      (await client.getMatrix({ kind: "icmp", windowS })).rows[0]?.cells[0]?.sent;
    expect(await sent(0)).toBe(2);
    expect(await sent(windowDefaultS)).toBe(2);
    expect(await sent(windowMaxS)).toBe(3);
    expect(await sent(1)).toBe(1);
  });

  it("keeps the planes apart", async () => {
    const mesh = threeNodeMesh();
    mesh.put(agentView({ agentId: "n1.host", plane: "host" }));
    measureAll(mesh);
    const { mesh: client } = queryClients(mesh);
    expect((await client.getMatrix({ plane: "host" })).sources).toEqual(["n1.host"]);
    expect((await client.getMatrix({})).sources).not.toContain("n1.host");
  });

  it("refuses wrong fields by name", async () => {
    const { mesh: client } = queryClients(threeNodeMesh());
    await expectFailure(
      client.getMatrix({ kind: "TCP" }),
      invalid,
      'kind must be one of icmp, udp, tcp, http, dns, not "TCP"',
    );
    await expectFailure(client.getMatrix({ plane: "x" }), invalid, /^plane/);
    await expectFailure(
      client.getMatrix({ windowS: windowMaxS + 1 }),
      invalid,
      /^window_s must be from 1 to 3600/,
    );
    await expectFailure(client.getMatrix({ windowS: -1 }), invalid, /^window_s/);
  });
});

describe("GetPair", () => {
  it("shows both directions with every planned kind", async () => {
    const mesh = threeNodeMesh();
    mesh.measure("n1.pod", [
      { target: "n2.pod", kind: "tcp", rttUs: 300, agoMs: 11_000 },
      { target: "n2.pod", kind: "tcp", outcome: "refused", agoMs: 1_000, detail: "RST" },
    ]);
    const { mesh: client } = queryClients(mesh);
    const pair = await client.getPair({ source: "n1", target: "causeway-system/agent-n2" });
    const json = toJson(PairSchema, pair, printed) as Record<string, unknown>;
    expect(json).toMatchObject({ source: "n1.pod", target: "n2.pod" });
    const [http, icmp, tcp, udp] = pair.kinds;
    expect([http, icmp, tcp, udp].map((one) => [one?.kind, one?.destination])).toEqual([
      ["http", "10.244.2.5:6100"],
      ["icmp", "10.244.2.5"],
      ["tcp", "10.244.2.5:6100"],
      ["udp", "10.244.2.5:6100"],
    ]);
    expect(icmp).toMatchObject({ state: PairState.NOT_MEASURED, window: { sent: 0, lost: 0 } });
    expect(icmp?.last).toBeUndefined();
    expect(tcp).toMatchObject({
      state: PairState.DEGRADED,
      last: { outcome: Outcome.REFUSED, detail: "RST" },
      window: { sent: 2, lost: 1, rttUsP50: 300, rttUsP99: 300 },
    });
    expect(tcp?.last?.rttUs).toBeUndefined();
    expect(pair.reverse).toMatchObject({ source: "n2.pod", target: "n1.pod" });
    expect(pair.reverse?.kinds).toHaveLength(4);
  });

  it("takes a host, and has its agent look back", async () => {
    const pair = await queryClients(threeNodeMesh()).mesh.getPair({
      source: "n1.pod",
      target: "node/n3",
    });
    expect(pair.kinds.map(({ kind, destination }) => [kind, destination])).toEqual([
      ["icmp", "10.0.0.3"],
      ["tcp", "10.0.0.3:22"],
    ]);
    expect(pair.reverse).toMatchObject({ source: "n3.pod", target: "node/n1" });
  });

  it("has no way back from a name", async () => {
    const mesh = new TestMesh();
    const { settings } = agentView({ agentId: "x.pod" });
    const custom = { ...settings, customServiceName: "web.default", customServicePort: 8080 };
    mesh.put(agentView({ agentId: "n1.pod", settings: custom }));
    const pair = await queryClients(mesh).mesh.getPair({ source: "n1", target: "dns/web.default" });
    expect(pair.kinds.map(({ kind, destination }) => [kind, destination])).toEqual([
      ["dns", "web.default"],
      ["tcp", "web.default:8080"],
    ]);
    expect(pair.reverse).toBeUndefined();
  });

  it("says which name is unknown", async () => {
    const { mesh: client } = queryClients(threeNodeMesh());
    await expectFailure(
      client.getPair({ source: "n9", target: "n1" }),
      Code.NotFound,
      /^source "n9"/,
    );
    await expectFailure(
      client.getPair({ source: "n1", target: "n9" }),
      Code.NotFound,
      /^target "n9"/,
    );
    await expectFailure(client.getPair({ source: "", target: "n9" }), invalid, /^source must not/);
    await expectFailure(client.getPair({ source: "n1", target: "" }), invalid, /^target must not/);
    await expectFailure(
      client.getPair({ source: "n1", target: "n2", windowS: 9999 }),
      invalid,
      /^window_s/,
    );
  });
});

describe("ListWorstPairs", () => {
  it("orders all kinds worst first and pages through them", async () => {
    const mesh = threeNodeMesh();
    measureAll(mesh, (source, { target, kind }) => {
      if (source === "n1.pod" && target === "n2.pod" && kind === "http")
        return { outcome: "timeout" };
      return {
        rttUs: source === "n3.pod" && target === "node/n1" && kind === "icmp" ? 9_000 : 500,
      };
    });
    const { mesh: client } = queryClients(mesh);
    const { pairs } = await client.listWorstPairs({ pageSize: 2 });
    expect(
      pairs.map(({ source, cell }) => [source, cell?.target, cell?.kind, cell?.state]),
    ).toEqual([
      ["n1.pod", "n2.pod", "http", PairState.DOWN],
      ["n3.pod", "node/n1", "icmp", PairState.OK],
    ]);
    const seen: string[] = [];
    let pageToken = "";
    do {
      const page = await client.listWorstPairs({ pageSize: 7, pageToken });
      seen.push(...page.pairs.map(({ source, cell }) => `${source} ${cell?.target} ${cell?.kind}`));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    expect(seen).toHaveLength(36);
    expect(new Set(seen).size).toBe(36);
    expect((await client.listWorstPairs({ kind: "icmp" })).pairs).toHaveLength(12);
    expect((await client.listWorstPairs({ plane: "host" })).pairs).toHaveLength(0);
  });
});

describe("GetReport", () => {
  it("answers in every format and language", async () => {
    const mesh = threeNodeMesh();
    measureAll(mesh);
    const { mesh: client } = queryClients(mesh);
    const text = await client.getReport({ lang: "zh" });
    expect(text).toMatchObject({ format: "text", lang: "zh", body: { case: "content" } });
    expect(text.body.value).toContain("网络连通性报告");
    const markdown = await client.getReport({ format: "markdown" });
    expect(markdown.body.value).toContain("# Network connectivity report");
    const json = await client.getReport({ format: "json" });
    expect(toJson(GetReportResponseSchema, json, printed)).toMatchObject({
      format: "json",
      lang: "en",
      report: {
        active_client_count: 3,
        problems: [],
        hosts: { tests: 6, succeeded: 6, failed: 0, success_ratio: 1, duration_us_mean: 500 },
      },
    });
  });

  it("refuses wrong fields by name", async () => {
    const { mesh: client } = queryClients(threeNodeMesh());
    await expectFailure(
      client.getReport({ format: "pdf" }),
      invalid,
      'format must be one of text, markdown, json, not "pdf"',
    );
    await expectFailure(
      client.getReport({ lang: "de" }),
      invalid,
      'lang must be one of en, zh, not "de"',
    );
  });
});
