import { createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../common/clock.js";
import { silentLogger } from "../../common/logger.js";
import { systemRandom } from "../../common/random.js";
import {
  Health,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "../../gen/grpc/health/v1/health_pb.js";
import type { Closer } from "../../server/closer.js";

import { ControlLoop } from "../../server/control-loop.js";
import { createMetrics, type Metrics } from "../../server/http/metrics.js";
import { createMemoryLog } from "../../server/ingest/memory-log.js";
import { LegacyClients } from "../../server/mesh/legacy-clients.js";
import { openQueryPort } from "../../server/open-query-port.js";
import { openPolicyDesk } from "../../server/policy/policy-desk.js";
import { loopbackServer } from "../support/server-config.js";
import { waitFor } from "../support/wait.js";

/** Goal: readiness follows the load. Method: a real loop and query port; time is fed by hand where a mean must move. */

const closers: Closer[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const open = async (rssBytesMax?: number) => {
  const loop: ControlLoop = new ControlLoop({
    serverEpoch: "e1",
    lostAfterMs: 15_000,
    ...(rssBytesMax === undefined ? {} : { rssBytesMax }),
    log: createMemoryLog(),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    observer: () => metrics,
  });
  const legacy = new LegacyClients({ ttlMs: 15_000 });
  const metrics: Metrics = createMetrics({
    mesh: loop.mesh,
    legacy,
    clock: systemClock,
    version: "0.0.0",
    pendingAppends: () => loop.pendingAppends,
  });
  const desk = openPolicyDesk({
    manifests: undefined,
    memoryBytes: 2 ** 30,
    epoch: "e1",
    clock: systemClock,
    logger: silentLogger,
    observer: metrics.policy,
  });
  closers.push(() => desk.close());
  const base = {
    config: loopbackServer,
    logger: silentLogger,
    tls: undefined,
    loop,
    metrics,
    legacy,
    desk,
  };
  const { queries, setReady } = await openQueryPort(
    { ...base, version: "0.0.0", agentPort: 1 },
    closers,
  );
  setReady(true);
  const url = `http://127.0.0.1:${queries.port}`;
  const readyz = async () => {
    const answer = await fetch(`${url}/readyz`);
    return `${answer.status} ${await answer.text()}`;
  };
  return { loop, metrics, setReady, url, readyz };
};

describe("readiness", () => {
  it("goes off when the server is overloaded, for /readyz and for those who watch health, and comes back", async () => {
    const { loop, setReady, url, readyz } = await open();
    const manager = new Http2SessionManager(url);
    closers.push(async () => manager.abort());
    const transport = createGrpcTransport({ baseUrl: url, sessionManager: manager });
    const seen: ServingStatus[] = [];
    const watching = new AbortController();
    const watched = (async () => {
      const calls = createClient(Health, transport);
      const changes = calls.watch({ service: "" }, { signal: watching.signal });
      for await (const { status } of changes) seen.push(status);
    })().catch(() => undefined);
    let nowMs = 0;
    const hold = (loopUtilization: number, ms: number): void => {
      for (const endMs = nowMs + ms; nowMs < endMs; nowMs += 250) {
        loop.feed({ kind: "tick", nowMs, wallMs: nowMs, loopDelayMs: 0, loopUtilization });
      }
    };
    const { SERVING, NOT_SERVING } = ServingStatus;
    await waitFor("the first status", () => seen.length === 1);
    hold(0.75, 30_000);
    expect(await readyz()).toBe("200 ready\n");
    hold(1, 30_000);
    expect(await readyz()).toBe("503 overloaded\n");
    await waitFor("NOT_SERVING", () => seen.length === 2);
    hold(0.1, 30_000);
    expect(await readyz()).toBe("200 ready\n");
    await waitFor("SERVING", () => seen.length === 3);
    expect(seen).toEqual([SERVING, NOT_SERVING, SERVING]);
    hold(1, 30_000);
    setReady(false);
    hold(0, 30_000);
    expect(await readyz()).toBe("503 not ready\n");
    watching.abort();
    await watched;
  });

  it("goes off when this very process holds more memory than it may", async () => {
    const { loop, metrics, readyz } = await open(1);
    closers.push(async () => loop.stop());
    expect(await readyz()).toBe("200 ready\n");
    await loop.start();
    expect(await readyz()).toBe("503 overloaded\n");
    const text = await metrics.render();
    expect(text).toContain('causeway_server_load_state{state="overloaded"} 1');
    expect(text).toMatch(/causeway_event_loop_utilization_ratio [01]/);
  });
});
