import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  type CheckerAnswer,
  type CheckerConnection,
  connectChecker,
} from "../support/checker-client.js";
import {
  createCluster,
  endPrograms,
  ensureBuilt,
  type TestCluster,
  type TestProcess,
} from "../support/processes.js";
import { waitFor } from "../support/wait.js";

/**
 * Goal: clients of k8snet-checker work against our server, which has none of the faults of theirs. Method: built output in
 * a process of its own, and scripted clients that write the bytes of the original ones.
 */

beforeAll(() => ensureBuilt(), 180_000);

const connections: CheckerConnection[] = [];
afterEach(async () => {
  for (const connection of connections.splice(0)) connection.close();
  await endPrograms();
});

const open = async (cluster: TestCluster): Promise<CheckerConnection> => {
  const connection = await connectChecker(Number(new URL(cluster.url).port));
  connections.push(connection);
  return connection;
};

const started = async (
  env: Readonly<Record<string, string>> = {},
): Promise<{ cluster: TestCluster; server: TestProcess; connection: CheckerConnection }> => {
  const cluster = await createCluster();
  const server = await cluster.startServer(env);
  return { cluster, server, connection: await open(cluster) };
};

const clientCount = 12;
const clientNumbers = Array.from({ length: clientCount }, (_, index) => index + 1);
const nodeIpOf = (client: number): string => `192.168.7.${client}`;
const podIpOf = (client: number): string => `10.77.0.${client}`;

const heartbeatOf = (client: number, fields: object = {}): string =>
  JSON.stringify({
    namespace: "kube-system",
    node_ip: nodeIpOf(client),
    pod_ip: podIpOf(client),
    pod_name: `k8snet-checker-client-${client}`,
    timestamp: "2026-09-21T22:13:20.123456789+08:00",
    ...fields,
  });

/** Host 3 answers nobody. */
const isDown = (target: string): boolean => target === nodeIpOf(3);

/** Older clients write numbers of nanoseconds, newer ones Go durations. */
const durationsOf = (client: number): object =>
  client % 2 === 0
    ? { latency: "670.02ms", test_duration: "2.01s" }
    : { latency: 670_020_000, test_duration: 2_010_000_000 };

const resultOf = (client: number, target: string, port: string) => ({
  source_ip: podIpOf(client),
  target_ip: target,
  ping_status: isDown(target) ? "unreachable" : "reachable",
  port_status: { [port]: isDown(target) ? "closed" : "open" },
  ...durationsOf(client),
  timestamp: "2026-09-21T14:13:20.5Z",
});

const bodiesOf = (client: number) => {
  const source_ip = podIpOf(client);
  const results = (address: (target: number) => string, port: string): string =>
    JSON.stringify({
      source_ip,
      results: clientNumbers.map((target) => resultOf(client, address(target), port)),
    });
  return [
    ["heartbeat", heartbeatOf(client)],
    ["test-results/hosts", results(nodeIpOf, "22")],
    ["test-results/pods", results(podIpOf, "6100")],
    [
      "test-results/service",
      JSON.stringify({ source_ip, result: resultOf(client, "10.96.0.10", "80") }),
    ],
  ] as const;
};

/** What the clients posted, as readers see it. */
const expectedResults = (clients: readonly number[]) => {
  const ofTargets = (address: (target: number) => string) =>
    Object.fromEntries(
      clientNumbers.map((target) => {
        const down = isDown(address(target));
        const ping = down ? "unreachable" : "reachable";
        const port_status = down ? "closed" : "open";
        return [address(target), { ping, port_status, test_duration: "2.01s" }];
      }),
    );
  const bySource = (value: (client: number) => object) =>
    Object.fromEntries(clients.map((client) => [podIpOf(client), value(client)]));
  return {
    active_client_count: clients.length,
    host_ips: clients.map(nodeIpOf).sort(),
    host_test_results: bySource(() => ofTargets(nodeIpOf)),
    pod_ips: clients.map(podIpOf).sort(),
    pod_test_results: bySource(() => ofTargets(podIpOf)),
    service_test_results: bySource((client) => ({
      source_ip: podIpOf(client),
      target_ip: "10.96.0.10",
      ping_status: "reachable",
      port_status: { "80": "open" },
      latency: "670.02ms",
      test_duration: "2.01s",
      timestamp: "2026-09-21T14:13:20.500Z",
    })),
  };
};

/** Every GET path, and what it answers when the clients have posted. */
const readsOf = (clients: readonly number[]): readonly (readonly [string, object])[] => {
  const all = expectedResults(clients);
  return [
    ["hosts", { host_ips: all.host_ips, count: clients.length }],
    ["pods", { pod_ips: all.pod_ips, count: clients.length }],
    ["test-results/hosts", { results: all.host_test_results }],
    ["test-results/pods", { results: all.pod_test_results }],
    ["test-results/service", { results: all.service_test_results }],
    ["clients/count", { active_client_count: clients.length }],
    ["results", all],
    ["health", { status: "healthy" }],
  ];
};

const json = ({ body }: CheckerAnswer): unknown => JSON.parse(body);

const countOf = async (connection: CheckerConnection): Promise<number> =>
  (json(await connection.get("/api/v1/clients/count")) as { active_client_count: number })
    .active_client_count;

const accepted = { status: "success", message: expect.any(String) as string };

/** Posts everything of these clients once. */
const postAll = async (connection: CheckerConnection, clients = clientNumbers): Promise<void> => {
  for (const client of clients) {
    for (const [path, body] of bodiesOf(client)) {
      expect(json(await connection.post(`/api/v1/${path}`, body))).toEqual(accepted);
    }
  }
};

describe("clients of k8snet-checker", () => {
  it("all find their place: twelve are counted, not three at most", async () => {
    const { cluster, connection } = await started();
    for (const client of clientNumbers) {
      await connection.post("/api/v1/heartbeat", heartbeatOf(client));
      expect(await countOf(connection)).toBe(client);
    }
    const agents = await cluster.get<{ agents: object[] }>("/v1/agents");
    expect(agents?.agents).toHaveLength(clientCount);
    expect(agents?.agents[0]).toMatchObject({
      agent_id: "k8snet-checker-client-1.legacy",
      kind: "AGENT_KIND_LEGACY",
      plane: "",
      state: "AGENT_STATE_UP",
    });
    await postAll(connection);
    expect(await cluster.get("/v1/matrix")).toMatchObject({ sources: [], targets: [], rows: [] });
  });

  it("stand beside our own agents", async () => {
    const { cluster, connection } = await started();
    await connection.post("/api/v1/heartbeat", heartbeatOf(1));
    cluster.startAgent(1);
    await cluster.reached(1, "UP");
    expect(await countOf(connection)).toBe(2);
    const { host_ips, count } = json(await connection.get("/api/v1/hosts")) as {
      host_ips: string[];
      count: number;
    };
    expect(host_ips).toContain(nodeIpOf(1));
    expect([host_ips.length, count]).toEqual([2, 2]);
  });

  it("may post odd things, with one slash too many as well", async () => {
    const odd: readonly (readonly [what: string, path: string, body: string])[] = [
      ["no results", "test-results/hosts", '{"source_ip":"10.77.0.1","results":[]}'],
      [
        "a target that has no port result",
        "test-results/pods",
        '{"source_ip":"10.77.0.1","results":[{"source_ip":"10.77.0.1","target_ip":"10.77.0.2","ping_status":"reachable","port_status":null,"latency":"0s","test_duration":"1m2s","timestamp":"2026-09-21T14:13:20Z"}]}',
      ],
      [
        "a service that does not resolve",
        "test-results/service",
        '{"source_ip":"10.77.0.1","result":{"source_ip":"10.77.0.1","target_ip":"","ping_status":"unreachable","port_status":{},"latency":0,"test_duration":"12.5µs","timestamp":"2026-09-21T14:13:20Z"}}',
      ],
      [
        "fields of a newer client",
        "heartbeat",
        '{"namespace":"kube-system","node_ip":"192.168.7.1","pod_ip":"10.77.0.1","pod_name":"a","timestamp":"2026-09-21T14:13:20Z","zone":"z"}',
      ],
    ];
    const { connection } = await started();
    for (const [what, path, body] of odd) {
      for (const base of ["/api/v1/", "//api/v1/"]) {
        const { status, contentType, body: text } = await connection.post(base + path, body);
        expect([what, status, contentType]).toEqual([what, 200, "application/json"]);
        expect(JSON.parse(text)).toEqual(accepted);
      }
    }
  });

  it("are told what is wrong in the words of their server", async () => {
    const { connection } = await started();
    const refused: readonly (readonly [path: string, body: string, names: string])[] = [
      ["heartbeat", heartbeatOf(1, { pod_name: "" }), "pod_name"],
      ["heartbeat", heartbeatOf(1, { node_ip: "" }), "node_ip"],
      ["heartbeat", heartbeatOf(1, { pod_ip: undefined }), "pod_ip"],
      ["heartbeat", heartbeatOf(1, { timestamp: "yesterday" }), "timestamp"],
      ["heartbeat", "{", "JSON"],
      ["heartbeat", "[]", "object"],
      ["test-results/hosts", '{"results":[]}', "source_ip"],
      ["test-results/hosts", '{"source_ip":"10.77.0.1"}', "results"],
      ["test-results/pods", '{"source_ip":"10.77.0.1","results":null}', "results"],
      ["test-results/service", '{"source_ip":"10.77.0.1"}', "result"],
    ];
    for (const [path, body, names] of refused) {
      const answer = await connection.post(`/api/v1/${path}`, body);
      expect([path, body, answer.status]).toEqual([path, body, 400]);
      expect(json(answer)).toEqual({
        code: "INVALID_REQUEST",
        message: expect.stringContaining(names) as string,
        details: expect.any(String) as string,
      });
    }
    const unknown = await connection.get("/api/v1/nothing");
    expect([unknown.status, json(unknown)]).toMatchObject([404, { code: "NOT_FOUND" }]);
    expect(await countOf(connection)).toBe(0);
  });

  it("leave with their results when they fall silent", async () => {
    const { connection } = await started({ CACHE_KEY_SECOND: "2" });
    await postAll(connection);
    // One goes on beating.
    await waitFor("eleven clients to leave", async () => {
      await connection.post("/api/v1/heartbeat", heartbeatOf(clientCount));
      return (await countOf(connection)) === 1;
    });
    for (const [path, expected] of readsOf([clientCount])) {
      expect(json(await connection.get(`/api/v1/${path}`))).toEqual(expected);
    }
    await waitFor("the last to leave", async () => (await countOf(connection)) === 0);
    for (const [path, expected] of readsOf([])) {
      expect(json(await connection.get(`/api/v1/${path}`))).toEqual(expected);
    }
  });

  it("get every failing pair named on the console", async () => {
    const { server, connection } = await started({ REPORT_INTERVAL: "1", LANG: "zh_CN.UTF-8" });
    await postAll(connection);
    const reports = await waitFor("a report of twelve clients", () => {
      const [, ...printed] = server.output().split("网络连通性报告\n");
      const last = `${podIpOf(clientCount)} -> ${nodeIpOf(3)}`;
      return printed.find((text) => text.includes("Pod 测试统计") && text.includes(last));
    });
    for (const client of clientNumbers) {
      expect(reports).toContain(`${podIpOf(client)} -> ${nodeIpOf(3)}`);
    }
    expect(reports).toContain(`活跃客户端数量: ${clientCount}`);
  });
});

describe("a server with clients of k8snet-checker", () => {
  it("stops on SIGTERM in far less than ten seconds, whoever keeps a connection open", async () => {
    const { cluster, server, connection } = await started();
    await postAll(connection);
    const idle = await Promise.all(clientNumbers.map(() => open(cluster)));
    for (const one of idle) expect(await countOf(one)).toBe(clientCount);
    const stoppedMs = performance.now();
    server.kill("SIGTERM");
    expect(await server.exited).toBe(0);
    expect(performance.now() - stoppedMs).toBeLessThan(5000);
  });
});

describe("a thousand posts a second with readers of every path", () => {
  const postsPerSecond = 1000;
  const loadMs = 3000;
  const readsPerSecond = 20;

  /** Calls so often, as the clock demands and not as answers come, and waits for every answer. */
  const paced = async (
    perSecond: number,
    call: (nth: number) => Promise<void>,
  ): Promise<number> => {
    const calls: Promise<void>[] = [];
    const startedMs = performance.now();
    for (let elapsedMs = 0; elapsedMs < loadMs; elapsedMs = performance.now() - startedMs) {
      const due = Math.floor((Math.min(elapsedMs, loadMs) * perSecond) / 1000);
      while (calls.length < due) calls.push(call(calls.length));
      await delay(5);
    }
    await Promise.all(calls);
    return calls.length;
  };

  it("is answered whole, and the server lives on", async () => {
    const { cluster, server, connection } = await started({ CACHE_KEY_SECOND: "4" });
    await postAll(connection);
    const posters = await Promise.all(
      clientNumbers.flatMap((client) =>
        // Every second client has a slash too many in its SERVER_URL.
        [1, 2].map(async () => ({
          client,
          base: client % 2 === 0 ? "/api/v1/" : "//api/v1/",
          bodies: bodiesOf(client),
          connection: await open(cluster),
        })),
      ),
    );
    const statuses = new Map<number, number>();
    const post = async (nth: number): Promise<void> => {
      const poster = posters[nth % posters.length];
      const [path, body] = poster?.bodies[Math.floor(nth / posters.length) % 4] ?? [];
      if (poster === undefined || path === undefined || body === undefined) return;
      const { status, body: text } = await poster.connection.post(poster.base + path, body);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      expect(JSON.parse(text)).toEqual(accepted);
    };
    const readers = await Promise.all(
      readsOf(clientNumbers).map(async ([path, expected]) => {
        const reader = await open(cluster);
        return async () => {
          const answer = await reader.get(`/api/v1/${path}`);
          expect([path, answer.status, answer.contentType]).toEqual([
            path,
            200,
            "application/json",
          ]);
          expect([path, json(answer)]).toEqual([path, expected]);
        };
      }),
    );
    const startedMs = performance.now();
    const [posts] = await Promise.all([
      paced(postsPerSecond, post),
      ...readers.map((read) => paced(readsPerSecond, read)),
    ]);
    const tookMs = performance.now() - startedMs;
    // The last tick may come a little early.
    expect(posts).toBeGreaterThan((0.95 * postsPerSecond * loadMs) / 1000);
    expect([...statuses]).toEqual([[200, posts]]);
    // A tenth of this on a free machine; other tests may run beside it.
    expect(tookMs).toBeLessThan(10 * loadMs);
    expect(await countOf(connection)).toBe(clientCount);
    expect(server.records.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });
});
