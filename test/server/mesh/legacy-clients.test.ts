import { describe, expect, it } from "vitest";
import {
  legacyClientsMax,
  legacyLostListedMs,
  legacyResultsMax,
  legacyResultsPerPostMax,
} from "../../../server/limits.js";
import {
  LegacyClients,
  type LegacyResult,
  type LegacyRow,
} from "../../../server/mesh/legacy-clients.js";

const ttlMs = 15_000;

const heartbeat = (name: string, podIp = `10.1.0.${name}`) => ({
  namespace: "kube-system",
  nodeIp: "10.0.0.1",
  podIp,
  podName: `client-${name}`,
});

const result = (targetIp: string): LegacyResult => ({
  sourceIp: "",
  targetIp,
  ping: "reachable",
  ports: { "22": "open" },
  latencyNs: 1,
  durationNs: 2,
  measuredUnixMs: 3,
});

const row = (sourceIp: string, targets: readonly string[]): LegacyRow => ({
  sourceIp,
  results: targets.map(result),
});

const at = (nowMs: number) => ({ nowMs, wallMs: 1_000_000 + nowMs });

const liveCount = (clients: LegacyClients, nowMs: number): number => {
  clients.expire(nowMs);
  return clients.clients().filter(({ state }) => state === "up").length;
};

describe("LegacyClients", () => {
  it("counts every live client, not three at most", () => {
    const clients = new LegacyClients({ ttlMs });
    for (let name = 1; name <= 12; name++) clients.heartbeat(heartbeat(`${name}`), at(name));
    expect(liveCount(clients, 100)).toBe(12);
  });

  it("loses a silent client, lists it as lost, and forgets it a day later", () => {
    const clients = new LegacyClients({ ttlMs });
    clients.heartbeat(heartbeat("1"), at(0));
    clients.heartbeat(heartbeat("2"), at(0));
    clients.heartbeat(heartbeat("2"), at(10_000));
    expect(liveCount(clients, ttlMs - 1)).toBe(2);
    expect(liveCount(clients, ttlMs)).toBe(1);
    expect(clients.clients().find(({ state }) => state === "lost")).toEqual({
      ...heartbeat("1"),
      agentId: "client-1.legacy",
      state: "lost",
      reason: "heartbeats_missing",
      sinceUnixMs: 1_000_000 + ttlMs,
      lastSeenUnixMs: 1_000_000,
    });
    clients.expire(legacyLostListedMs);
    expect(clients.clients().map(({ podName }) => podName)).toEqual(["client-2"]);
  });

  it("takes a lost client back", () => {
    const clients = new LegacyClients({ ttlMs });
    clients.heartbeat(heartbeat("1"), at(0));
    clients.heartbeat(heartbeat("1"), at(20_000));
    expect(clients.clients()).toMatchObject([{ state: "up", sinceUnixMs: 1_020_000 }]);
  });

  it("drops results together with their client", () => {
    const clients = new LegacyClients({ ttlMs });
    clients.heartbeat(heartbeat("1"), at(0));
    clients.heartbeat(heartbeat("2"), at(0));
    clients.submit("hosts", row("10.1.0.1", ["10.0.0.2"]), at(1));
    clients.submit("pods", row("10.1.0.1", ["10.1.0.2"]), at(1));
    clients.submit("service", row("10.1.0.1", ["svc"]), at(1));
    clients.submit("pods", row("10.1.0.2", ["10.1.0.1"]), at(1));
    clients.heartbeat(heartbeat("2"), at(14_000));
    clients.expire(ttlMs);
    expect(clients.rows("hosts")).toEqual([]);
    expect(clients.rows("service")).toEqual([]);
    expect(clients.rows("pods").map(({ sourceIp }) => sourceIp)).toEqual(["10.1.0.2"]);
    expect(clients.resultCount).toBe(1);
  });

  it("keeps results as long as their client, however old they are", () => {
    const clients = new LegacyClients({ ttlMs });
    clients.heartbeat(heartbeat("1"), at(0));
    clients.submit("hosts", row("10.1.0.1", ["10.0.0.2"]), at(1));
    for (let nowMs = 5_000; nowMs <= 60_000; nowMs += 5_000) {
      clients.heartbeat(heartbeat("1"), at(nowMs));
    }
    clients.expire(60_001);
    expect(clients.resultCount).toBe(1);
  });

  it("replaces a source's results of a layer", () => {
    const clients = new LegacyClients({ ttlMs });
    clients.submit("hosts", row("10.1.0.1", ["a", "b"]), at(0));
    clients.submit("hosts", row("10.1.0.1", ["c"]), at(1));
    expect(clients.rows("hosts").map(({ results }) => results.length)).toEqual([1]);
    expect(clients.resultCount).toBe(1);
  });

  it("keeps results of a source without heartbeats for the time of a client", () => {
    const clients = new LegacyClients({ ttlMs });
    clients.submit("hosts", row("10.9.9.9", ["a"]), at(0));
    clients.expire(ttlMs - 1);
    expect(clients.resultCount).toBe(1);
    clients.expire(ttlMs + 1_000);
    expect(clients.resultCount).toBe(0);
  });

  it("drops the results of an address that its client left", () => {
    const clients = new LegacyClients({ ttlMs });
    clients.heartbeat(heartbeat("1", "10.1.0.1"), at(0));
    clients.submit("pods", row("10.1.0.1", ["a"]), at(1));
    clients.heartbeat(heartbeat("1", "10.1.0.9"), at(2));
    expect(clients.resultCount).toBe(0);
  });

  it("keeps them when another live client has that address by now", () => {
    const clients = new LegacyClients({ ttlMs });
    clients.heartbeat(heartbeat("1", "10.1.0.1"), at(0));
    clients.heartbeat(heartbeat("2", "10.1.0.1"), at(10_000));
    clients.submit("pods", row("10.1.0.1", ["a"]), at(10_001));
    clients.expire(ttlMs);
    expect(clients.resultCount).toBe(1);
  });

  it("takes legacyClientsMax live clients, and lets lost ones make room", () => {
    const clients = new LegacyClients({ ttlMs });
    for (let name = 0; name < legacyClientsMax; name++) {
      expect(clients.heartbeat(heartbeat(`${name}`), at(0)).kind).toBe("taken");
    }
    expect(clients.heartbeat(heartbeat("late"), at(1))).toEqual({
      kind: "full",
      what: "clients",
      max: legacyClientsMax,
    });
    expect(clients.heartbeat(heartbeat("0"), at(1)).kind).toBe("taken");
    expect(clients.heartbeat(heartbeat("late"), at(ttlMs)).kind).toBe("taken");
    expect(clients.clients()).toHaveLength(legacyClientsMax);
  });

  it("bounds a post by legacyResultsPerPostMax, and all results by legacyResultsMax", () => {
    const clients = new LegacyClients({ ttlMs });
    const results = Array.from({ length: legacyResultsPerPostMax }, () => result("a"));
    const post = (sourceIp: string) => clients.submit("pods", { sourceIp, results }, at(0));
    const more = { sourceIp: "x", results: [...results, result("b")] };
    expect(clients.submit("pods", more, at(0)).kind).toBe("full");
    for (let source = 0; source < legacyResultsMax / legacyResultsPerPostMax; source++) {
      expect(post(`${source}`).kind).toBe("taken");
    }
    expect(post("late")).toEqual({ kind: "full", what: "results", max: legacyResultsMax });
    expect(post("0").kind).toBe("taken");
    expect(clients.resultCount).toBe(legacyResultsMax);
  });
});
