import {
  type DescMessage,
  fromJson,
  type JsonValue,
  type MessageShape,
  toJson,
} from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import {
  CountClientsResponseSchema,
  GetHealthResponseSchema,
  GetResultsResponseSchema,
  ListHostsResponseSchema,
  ListPodsResponseSchema,
  ResultsResponseSchema,
  SendHeartbeatRequestSchema,
  SubmitResponseSchema,
  SubmitResultsRequestSchema,
  SubmitServiceResultRequestSchema,
} from "../../../gen/causeway/v1/checker_pb.js";
import { legacyPortsPerResultMax, legacyResultsPerPostMax } from "../../../server/limits.js";
import { agentView, measureAll, TestMesh, threeNodeMesh } from "../../support/mesh-fixtures.js";
import { expectFailure, queryClients } from "../../support/query-client.js";

const invalid = Code.InvalidArgument;

/** A body as k8snet-checker's client posts it. */
const body = <D extends DescMessage>(schema: D, json: JsonValue): MessageShape<D> =>
  fromJson(schema, json, { ignoreUnknownFields: true });

/** An answer as readers get it. */
const shown = <D extends DescMessage>(schema: D, message: MessageShape<D>): JsonValue =>
  toJson(schema, message, { useProtoFieldName: true, alwaysEmitImplicit: true });

const heartbeatOf = (name: string, fields: object = {}) =>
  body(SendHeartbeatRequestSchema, {
    namespace: "kube-system",
    node_ip: `192.168.0.${name}`,
    pod_ip: `10.1.0.${name}`,
    pod_name: `client-${name}`,
    timestamp: "2026-09-21T22:13:20.123456789+08:00",
    ...fields,
  });

const hostResult = (target: string, fields: object = {}) => ({
  source_ip: "10.1.0.1",
  target_ip: target,
  ping_status: "reachable",
  port_status: { "22": "open" },
  latency: "670.02ms",
  test_duration: "2.01s",
  timestamp: "2026-09-21T14:13:20Z",
  ...fields,
});

describe("CheckerService: clients of k8snet-checker", () => {
  it("answers exactly what its server answered", async () => {
    const mesh = new TestMesh();
    const { checker } = queryClients(mesh);
    const accepted = await checker.sendHeartbeat(heartbeatOf("1"));
    expect(shown(SubmitResponseSchema, accepted)).toEqual({
      status: "success",
      message: expect.any(String) as string,
    });
    await checker.sendHeartbeat(heartbeatOf("2"));
    await checker.submitHostResults(
      body(SubmitResultsRequestSchema, {
        source_ip: "10.1.0.1",
        results: [
          hostResult("192.168.0.2"),
          hostResult("192.168.0.1", {
            ping_status: "unreachable",
            port_status: { "22": "closed" },
            latency: 1_250_000,
            test_duration: 1_250_000,
            surprise: true,
          }),
        ],
      }),
    );
    await checker.submitPodResults(
      body(SubmitResultsRequestSchema, {
        source_ip: "10.1.0.1",
        results: [hostResult("10.1.0.2", { port_status: { "6100": "open" } })],
      }),
    );
    await checker.submitServiceResult(
      body(SubmitServiceResultRequestSchema, {
        source_ip: "10.1.0.1",
        result: hostResult("10.96.0.10", { port_status: { "80": "open" }, test_duration: "1m2s" }),
      }),
    );
    const hosts = {
      "10.1.0.1": {
        "192.168.0.1": { ping: "unreachable", port_status: "closed", test_duration: "1.25ms" },
        "192.168.0.2": { ping: "reachable", port_status: "open", test_duration: "2.01s" },
      },
    };
    const pods = {
      "10.1.0.1": {
        "10.1.0.2": { ping: "reachable", port_status: "open", test_duration: "2.01s" },
      },
    };
    const service = {
      "10.1.0.1": {
        source_ip: "10.1.0.1",
        target_ip: "10.96.0.10",
        ping_status: "reachable",
        port_status: { "80": "open" },
        latency: "670.02ms",
        test_duration: "62.00s",
        timestamp: "2026-09-21T14:13:20.000Z",
      },
    };
    expect(shown(ListHostsResponseSchema, await checker.listHosts({}))).toEqual({
      host_ips: ["192.168.0.1", "192.168.0.2"],
      count: 2,
    });
    expect(shown(ListPodsResponseSchema, await checker.listPods({}))).toEqual({
      pod_ips: ["10.1.0.1", "10.1.0.2"],
      count: 2,
    });
    expect(shown(ResultsResponseSchema, await checker.getHostResults({}))).toEqual({
      results: hosts,
    });
    expect(shown(ResultsResponseSchema, await checker.getPodResults({}))).toEqual({
      results: pods,
    });
    expect(shown(ResultsResponseSchema, await checker.getServiceResults({}))).toEqual({
      results: service,
    });
    expect(shown(CountClientsResponseSchema, await checker.countClients({}))).toEqual({
      active_client_count: 2,
    });
    expect(shown(GetResultsResponseSchema, await checker.getResults({}))).toEqual({
      active_client_count: 2,
      host_ips: ["192.168.0.1", "192.168.0.2"],
      host_test_results: hosts,
      pod_ips: ["10.1.0.1", "10.1.0.2"],
      pod_test_results: pods,
      service_test_results: service,
    });
  });

  it("prints empty maps and lists when it knows nothing", async () => {
    const { checker } = queryClients(new TestMesh());
    expect(shown(GetResultsResponseSchema, await checker.getResults({}))).toEqual({
      active_client_count: 0,
      host_ips: [],
      host_test_results: {},
      pod_ips: [],
      pod_test_results: {},
      service_test_results: {},
    });
    expect(shown(ResultsResponseSchema, await checker.getHostResults({}))).toEqual({ results: {} });
    expect(shown(GetHealthResponseSchema, await checker.getHealth({}))).toEqual({
      status: "healthy",
    });
  });

  it("counts more than three clients, and forgets results with their client", async () => {
    const mesh = new TestMesh();
    const { checker } = queryClients(mesh);
    for (let name = 1; name <= 9; name++) await checker.sendHeartbeat(heartbeatOf(`${name}`));
    const post = { source_ip: "10.1.0.1", results: [hostResult("192.168.0.2")] };
    await checker.submitHostResults(body(SubmitResultsRequestSchema, post));
    expect((await checker.countClients({})).activeClientCount).toBe(9);
    mesh.clock.advance(14_999);
    expect(Object.keys((await checker.getHostResults({})).results ?? {})).toHaveLength(1);
    mesh.clock.advance(1);
    expect((await checker.countClients({})).activeClientCount).toBe(0);
    expect((await checker.getHostResults({})).results).toEqual({});
    expect((await checker.listHosts({})).hostIps).toEqual([]);
  });

  it("takes an empty post, and a name that did not resolve", async () => {
    const { checker } = queryClients(new TestMesh());
    const empty = { source_ip: "10.1.0.1", results: [] };
    await checker.submitHostResults(body(SubmitResultsRequestSchema, empty));
    const unresolved = hostResult("", { ping_status: "unreachable", port_status: {} });
    await checker.submitServiceResult(
      body(SubmitServiceResultRequestSchema, { source_ip: "10.1.0.1", result: unresolved }),
    );
    const { results } = await checker.getServiceResults({});
    expect(results?.["10.1.0.1"]).toMatchObject({ target_ip: "", port_status: {} });
  });

  it.each([
    [{ pod_name: "" }, /^pod_name must not be empty/],
    [{ node_ip: "" }, /^node_ip must not be empty/],
    [{ pod_ip: "" }, /^pod_ip must not be empty/],
    [{ timestamp: "yesterday" }, /^timestamp must be an RFC 3339 time, not "yesterday"/],
    [{ timestamp: "2026-13-41T00:00:00Z" }, /^timestamp/],
    [{ pod_name: "__proto__" }, /^pod_name must be an address or a name/],
    [{ pod_name: "a\nb" }, /^pod_name/],
    [{ pod_name: "x".repeat(254) }, /^pod_name must have at most 253/],
    [{ namespace: "a b" }, /^namespace/],
  ])("refuses a heartbeat with %j", async (fields, message) => {
    const { checker } = queryClients(new TestMesh());
    await expectFailure(checker.sendHeartbeat(heartbeatOf("1", fields)), invalid, message);
  });

  it("takes a heartbeat without timestamp or namespace", async () => {
    const { checker } = queryClients(new TestMesh());
    await checker.sendHeartbeat(heartbeatOf("1", { timestamp: "", namespace: "" }));
    expect((await checker.countClients({})).activeClientCount).toBe(1);
  });

  it.each([
    [{ target_ip: "" }, /^results\[0\]\.target_ip must not be empty/],
    [{ target_ip: "__proto__" }, /^results\[0\]\.target_ip/],
    [
      { ping_status: "up" },
      /^results\[0\]\.ping_status must be reachable or unreachable, not "up"/,
    ],
    [
      { port_status: { ssh: "open" } },
      /^results\[0\]\.port_status must have ports from 1 to 65535/,
    ],
    [{ port_status: { "65536": "open" } }, /^results\[0\]\.port_status/],
    [{ port_status: { "22": "ajar" } }, /^results\[0\]\.port_status\[22\] must be open or closed/],
    [{ latency: "soon" }, /^results\[0\]\.latency must be nanoseconds or a Go duration/],
    [{ latency: true }, /^results\[0\]\.latency/],
    [{ test_duration: -1 }, /^results\[0\]\.test_duration/],
    [{ test_duration: "-1s" }, /^results\[0\]\.test_duration/],
    [{ timestamp: "1" }, /^results\[0\]\.timestamp/],
  ])("refuses a result with %j", async (fields, message) => {
    const { checker } = queryClients(new TestMesh());
    const post = { source_ip: "10.1.0.1", results: [hostResult("192.168.0.2", fields)] };
    const request = body(SubmitResultsRequestSchema, post);
    await expectFailure(checker.submitHostResults(request), invalid, message);
  });

  it("bounds a post by legacyResultsPerPostMax and a result by legacyPortsPerResultMax", async () => {
    const { checker } = queryClients(new TestMesh());
    const results = Array.from({ length: legacyResultsPerPostMax + 1 }, () => ({}));
    await expectFailure(
      checker.submitPodResults({ sourceIp: "10.1.0.1", results }),
      invalid,
      `results must have at most ${legacyResultsPerPostMax} entries`,
    );
    const ports = Array.from({ length: legacyPortsPerResultMax + 1 }, (_, port) => [
      port + 1,
      "open",
    ]);
    const many = hostResult("a", { port_status: Object.fromEntries(ports) as JsonValue });
    const post = { source_ip: "10.1.0.1", results: [many] };
    await expectFailure(
      checker.submitPodResults(body(SubmitResultsRequestSchema, post)),
      invalid,
      `at most ${legacyPortsPerResultMax} ports`,
    );
  });

  it("requires source_ip and result", async () => {
    const { checker } = queryClients(new TestMesh());
    await expectFailure(checker.submitHostResults({ results: [] }), invalid, /^source_ip must not/);
    await expectFailure(
      checker.submitServiceResult({ sourceIp: "10.1.0.1" }),
      invalid,
      /^result must be set/,
    );
  });

  it("takes no posts unless it is told to, and says so", async () => {
    const { checker } = queryClients(new TestMesh(), { posts: "closed" });
    const denied = Code.PermissionDenied;
    const calls = [
      checker.sendHeartbeat(heartbeatOf("1")),
      checker.submitHostResults({ sourceIp: "a", results: [] }),
      checker.submitPodResults({ sourceIp: "a", results: [] }),
      checker.submitServiceResult({ sourceIp: "a", result: {} }),
    ];
    for (const call of calls) await expectFailure(call, denied, "CAUSEWAY_LEGACY_CLIENTS");
    expect((await checker.countClients({})).activeClientCount).toBe(0);
  });

  it("stands thousands of posts with readers in between", async () => {
    const mesh = new TestMesh();
    const { checker } = queryClients(mesh);
    const names = Array.from({ length: 50 }, (_, index) => `${index + 1}`);
    for (const name of names) await checker.sendHeartbeat(heartbeatOf(name));
    const targets = names.map((name) => hostResult(`192.168.0.${name}`));
    const request = (name: string) =>
      body(SubmitResultsRequestSchema, { source_ip: `10.1.0.${name}`, results: targets });
    const requests = names.map(request);
    const startedMs = performance.now();
    for (let round = 0; round < 20; round++) {
      const posts = requests.map((one) => checker.submitHostResults(one));
      const reads = [checker.getResults({}), checker.getHostResults({}), checker.listHosts({})];
      await Promise.all([...posts, ...reads]);
    }
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    const { hostTestResults } = await checker.getResults({});
    expect(Object.keys(hostTestResults ?? {})).toHaveLength(50);
    expect(mesh.legacy.resultCount).toBe(2_500);
  });
});

describe("CheckerService: our own agents", () => {
  it("shows host results by host addresses and pod results by pod addresses", async () => {
    const mesh = threeNodeMesh();
    measureAll(mesh, (source, { target, kind }) => {
      if (source === "n1.pod" && target === "node/n2" && kind === "tcp")
        return { outcome: "refused" };
      if (source === "n1.pod" && target === "n3.pod") return { outcome: "timeout" };
      return { rttUs: 1_250 };
    });
    const { checker } = queryClients(mesh);
    expect((await checker.listHosts({})).hostIps).toEqual(["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
    expect((await checker.listPods({})).podIps).toEqual(["10.244.1.5", "10.244.2.5", "10.244.3.5"]);
    const good = { ping: "reachable", port_status: "open", test_duration: "1.25ms" };
    const { results: hosts } = await checker.getHostResults({});
    expect(hosts?.["10.0.0.1"]).toEqual({
      "10.0.0.2": { ping: "reachable", port_status: "closed", test_duration: "1.25ms" },
      "10.0.0.3": good,
    });
    const { results: pods } = await checker.getPodResults({});
    expect(pods?.["10.244.1.5"]).toEqual({
      "10.244.2.5": good,
      "10.244.3.5": { ping: "unreachable", port_status: "closed", test_duration: "1.50s" },
    });
    expect(Object.keys(pods ?? {})).toEqual(["10.244.1.5", "10.244.2.5", "10.244.3.5"]);
  });

  it("goes by any other probe that got an answer where ICMP is unavailable", async () => {
    const mesh = threeNodeMesh();
    mesh.measure("n1.pod", [
      { target: "node/n2", kind: "icmp", outcome: "not_run" },
      { target: "node/n2", kind: "tcp", outcome: "refused", rttUs: 850 },
      { target: "node/n3", kind: "icmp", outcome: "not_run" },
      { target: "node/n3", kind: "tcp", outcome: "timeout" },
      { target: "n2.pod", kind: "udp", rttUs: 12 },
    ]);
    const { checker } = queryClients(mesh);
    const { results: hosts } = await checker.getHostResults({});
    expect(hosts).toEqual({
      "10.0.0.1": {
        "10.0.0.2": { ping: "reachable", port_status: "closed", test_duration: "850.00µs" },
        "10.0.0.3": { ping: "unreachable", port_status: "closed", test_duration: "1.50s" },
      },
    });
    const { results: pods } = await checker.getPodResults({});
    expect(pods).toEqual({
      "10.244.1.5": {
        "10.244.2.5": { ping: "reachable", port_status: "unknown", test_duration: "12.00µs" },
      },
    });
  });

  it("leaves out what is stale, and lost agents with their results", async () => {
    const mesh = threeNodeMesh();
    measureAll(mesh);
    const { checker } = queryClients(mesh);
    const agent = mesh.live.view.agent("n1.pod");
    if (agent === undefined) throw new Error("no agent");
    mesh.put({ ...agent, state: "lost" });
    const { results } = await checker.getHostResults({});
    expect(Object.keys(results ?? {})).toEqual(["10.0.0.2", "10.0.0.3"]);
    expect((await checker.countClients({})).activeClientCount).toBe(2);
    expect((await checker.listHosts({})).hostIps).toEqual(["10.0.0.2", "10.0.0.3"]);
    mesh.clock.advance(31_000);
    expect((await checker.getHostResults({})).results).toEqual({});
  });

  it("shows the custom service by pod address", async () => {
    const mesh = new TestMesh();
    const { settings } = agentView({ agentId: "x.pod" });
    const custom = { ...settings, customServiceName: "web.default", customServicePort: 8080 };
    for (const number of [1, 2]) {
      const podIps = [`10.244.${number}.5`];
      mesh.put(agentView({ agentId: `n${number}.pod`, podIps, settings: custom }));
    }
    mesh.measure("n1.pod", [
      { target: "dns/web.default", kind: "dns", rttUs: 1_000 },
      { target: "dns/web.default", kind: "tcp", rttUs: 500 },
    ]);
    mesh.measure("n2.pod", [
      { target: "dns/web.default", kind: "dns", outcome: "dns_nxdomain", rttUs: 1_000 },
      { target: "dns/web.default", kind: "tcp", outcome: "dns_nxdomain" },
    ]);
    const { results } = await queryClients(mesh).checker.getServiceResults({});
    expect(results).toEqual({
      "10.244.1.5": {
        source_ip: "10.244.1.5",
        target_ip: "web.default",
        ping_status: "reachable",
        port_status: { "8080": "open" },
        latency: "500.00µs",
        test_duration: "1.50ms",
        timestamp: "2026-09-21T14:13:20.000Z",
      },
      "10.244.2.5": expect.objectContaining({
        ping_status: "unreachable",
        port_status: {},
      }) as object,
    });
  });

  it("prefers what the pod plane says about a host, and uses the host plane for the rest", async () => {
    const mesh = threeNodeMesh();
    mesh.put(agentView({ agentId: "n1.host", plane: "host", nodeIp: "10.0.0.1" }));
    mesh.measure("n1.pod", [{ target: "node/n2", kind: "icmp", outcome: "timeout" }]);
    mesh.measure("n1.host", [
      { target: "node/n2", kind: "icmp" },
      { target: "node/n3", kind: "icmp" },
    ]);
    const { results } = await queryClients(mesh).checker.getHostResults({});
    expect(results?.["10.0.0.1"]).toMatchObject({
      "10.0.0.2": { ping: "unreachable" },
      "10.0.0.3": { ping: "reachable" },
    });
  });
});
