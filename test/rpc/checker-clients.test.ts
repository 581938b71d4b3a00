import { Agent, request as httpRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLogger } from "../../common/logger.js";
import { CheckerService } from "../../gen/causeway/v1/checker_pb.js";
import { createCheckerService } from "../../server/rpc/checker-service.js";
import { createQueryListener, type QueryListener } from "../../server/rpc/query-listener.js";
import { threeNodeMesh } from "../support/mesh-fixtures.js";

/**
 * Goal: what k8snet-checker's clients and readers see on the wire, and that concurrent posts with readers, which
 * crashed its server within seconds, do no harm. Method: the real services behind the real listener; HTTP/1.1 as Go's client sends it.
 */

const mesh = threeNodeMesh();
let listener: QueryListener;
const agent = new Agent({ keepAlive: true, maxSockets: 32 });

beforeAll(async () => {
  const { live, legacy, clock } = mesh;
  listener = await createQueryListener({
    host: "127.0.0.1",
    port: 0,
    routes: (router) => {
      router.service(
        CheckerService,
        createCheckerService({ view: live.view, legacy, clock, posts: "open" }),
      );
    },
    restServices: [CheckerService],
    httpHandlers: new Map(),
    corsOrigins: [],
    openLegacy: true,
    agentPort: 8443,
    logger: silentLogger,
  });
});
afterAll(async () => {
  agent.destroy();
  await listener.close(1_000);
});

type Answer = { readonly status: number; readonly text: string };

const call = (method: "GET" | "POST", path: string, body?: unknown): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const options = {
      host: "127.0.0.1",
      port: listener.port,
      path,
      method,
      agent,
      headers: { "content-type": "application/json", "user-agent": "Go-http-client/1.1" },
    };
    const sent = httpRequest(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString().trimEnd();
        resolve({ status: response.statusCode ?? 0, text });
      });
    });
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });

const heartbeat = (name: number) => ({
  namespace: "kube-system",
  node_ip: `192.168.0.${name}`,
  pod_ip: `10.1.0.${name}`,
  pod_name: `client-${name}`,
  timestamp: "2026-09-21T22:13:20.123456789+08:00",
});

const result = (target: string) => ({
  source_ip: "10.1.0.1",
  target_ip: target,
  ping_status: "reachable",
  port_status: { "22": "open" },
  latency: 670_020_000,
  test_duration: 2_010_000_000,
  timestamp: "2026-09-21T22:13:20.123456789+08:00",
  went_with: "a newer client",
});

describe("k8snet-checker on the wire", () => {
  it("prints its answers byte for byte", async () => {
    const posted = await call("POST", "/api/v1/heartbeat", heartbeat(1));
    expect(posted).toEqual({
      status: 200,
      text: '{"status":"success","message":"heartbeat accepted"}',
    });
    await call("POST", "//api/v1/test-results/hosts", {
      source_ip: "10.1.0.1",
      results: [result("192.168.0.2")],
    });
    const read = async (path: string) => (await call("GET", `/api/v1/${path}`)).text;
    expect(await read("health")).toBe('{"status":"healthy"}');
    expect(await read("clients/count")).toBe('{"active_client_count":4}');
    expect(await read("hosts")).toBe(
      '{"host_ips":["10.0.0.1","10.0.0.2","10.0.0.3","192.168.0.1"],"count":4}',
    );
    expect(await read("pods")).toBe(
      '{"pod_ips":["10.1.0.1","10.244.1.5","10.244.2.5","10.244.3.5"],"count":4}',
    );
    expect(await read("test-results/hosts")).toBe(
      '{"results":{"10.1.0.1":{"192.168.0.2":{"ping":"reachable","port_status":"open","test_duration":"2.01s"}}}}',
    );
    expect(await read("test-results/pods")).toBe('{"results":{}}');
    expect(await read("test-results/service")).toBe('{"results":{}}');
  });

  it("refuses a heartbeat without a pod in its own words", async () => {
    const { status, text } = await call("POST", "/api/v1/heartbeat", {
      ...heartbeat(1),
      pod_name: "",
    });
    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.stringContaining("pod_name") as string,
    });
  });

  it("takes posts as fast as they come, with readers in between", async () => {
    const clients = 20;
    const targets = Array.from({ length: clients }, (_, name) => result(`192.168.0.${name + 1}`));
    for (let name = 1; name <= clients; name++) {
      await call("POST", "/api/v1/heartbeat", heartbeat(name));
    }
    const statuses = new Map<number, number>();
    const counted = async (answer: Promise<Answer>): Promise<void> => {
      const { status } = await answer;
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    };
    const posts = 1_500;
    let next = 0;
    const poster = async (): Promise<void> => {
      while (next < posts) {
        const name = (next++ % clients) + 1;
        const body = { source_ip: `10.1.0.${name}`, results: targets };
        await counted(call("POST", "/api/v1/test-results/hosts", body));
      }
    };
    const reads: string[] = [];
    const reader = async (): Promise<void> => {
      while (next < posts) {
        const answer = await call("GET", "/api/v1/results");
        reads.push(answer.text);
        await counted(Promise.resolve(answer));
      }
    };
    await Promise.all([...Array.from({ length: 16 }, poster), reader()]);
    expect([...statuses.keys()]).toEqual([200]);
    expect(statuses.get(200)).toBe(posts + reads.length);
    expect(reads.length).toBeGreaterThan(5);
    const last = JSON.parse((await call("GET", "/api/v1/test-results/hosts")).text) as {
      results: Record<string, Record<string, unknown>>;
    };
    expect(Object.keys(last.results)).toHaveLength(clients);
    expect(Object.keys(last.results["10.1.0.7"] ?? {})).toHaveLength(clients);
  });
});
