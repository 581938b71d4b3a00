import {
  legacyClientsMax,
  legacyLostListedMs,
  legacyResultsMax,
  legacyResultsPerPostMax,
} from "../limits.js";

/** A heartbeat, checked. */
export type LegacyHeartbeat = {
  readonly namespace: string;
  readonly nodeIp: string;
  readonly podIp: string;
  readonly podName: string;
};

/** One result that was posted, checked. */
export type LegacyResult = {
  readonly sourceIp: string;
  readonly targetIp: string;
  readonly ping: "reachable" | "unreachable";
  /** "open" or "closed" by port. */
  readonly ports: Readonly<Record<string, "open" | "closed">>;
  readonly latencyNs: number;
  readonly durationNs: number;
  readonly measuredUnixMs: number;
};

/** What can be measured. */
export const legacyLayers = ["hosts", "pods", "service"] as const;

/** What was measured. */
export type LegacyLayer = (typeof legacyLayers)[number];

/** A client as ListAgents shows it. */
export type LegacyClientView = LegacyHeartbeat & {
  readonly agentId: string;
  readonly state: "up" | "lost";
  readonly reason: "heartbeat" | "heartbeats_missing";
  readonly sinceUnixMs: number;
  readonly lastSeenUnixMs: number;
};

/** Whether something was taken, or which limit is full. */
export type LegacyTaken =
  | { readonly kind: "taken" }
  | { readonly kind: "full"; readonly what: string; readonly max: number };

type Client = LegacyHeartbeat & {
  readonly seenMs: number;
  readonly seenWallMs: number;
  /** Since when it is live, or lost. */
  readonly sinceWallMs: number;
};

/** Results of one source: immutable, so that readers may keep what they made of them. */
export type LegacyRow = {
  readonly sourceIp: string;
  readonly results: readonly LegacyResult[];
};

type Row = LegacyRow & { readonly postedMs: number };

/** Times of an input: monotonic, and since 1970. */
export type LegacyTimes = { readonly nowMs: number; readonly wallMs: number };

/** How often results without a client are looked for: it takes a walk over all rows. */
const strayCheckMs = 1_000;

const taken: LegacyTaken = { kind: "taken" };

/**
 * Clients that post to /api/v1 and what they posted. A client is lost when it is silent for ttlMs; its results leave at
 * that moment. Results of a source that never sent a heartbeat stay for ttlMs.
 */
export class LegacyClients {
  readonly #ttlMs: number;
  /** By pod, in the order of their last heartbeat: the silent ones come first. */
  readonly #live = new Map<string, Client>();
  /** By pod, in the order of their loss. */
  readonly #lost = new Map<string, Client>();
  /** Live clients by pod address. */
  readonly #liveIps = new Map<string, number>();
  readonly #rows: Readonly<Record<LegacyLayer, Map<string, Row>>> = {
    hosts: new Map(),
    pods: new Map(),
    service: new Map(),
  };
  #resultCount = 0;
  #strayCheckedMs = Number.NEGATIVE_INFINITY;

  constructor({ ttlMs }: { readonly ttlMs: number }) {
    this.#ttlMs = ttlMs;
  }

  /** Results kept, over all sources and layers. */
  get resultCount(): number {
    return this.#resultCount;
  }

  /** A client is alive. */
  heartbeat(from: LegacyHeartbeat, { nowMs, wallMs }: LegacyTimes): LegacyTaken {
    this.expire(nowMs);
    const known = this.#live.get(from.podName);
    if (known === undefined && this.#live.size >= legacyClientsMax) {
      return { kind: "full", what: "clients", max: legacyClientsMax };
    }
    if (known !== undefined) this.#leave(known);
    this.#lost.delete(from.podName);
    const sinceWallMs = known?.sinceWallMs ?? wallMs;
    this.#live.set(from.podName, { ...from, seenMs: nowMs, seenWallMs: wallMs, sinceWallMs });
    this.#liveIps.set(from.podIp, (this.#liveIps.get(from.podIp) ?? 0) + 1);
    if (known !== undefined) this.#dropRowsOf(known.podIp);
    for (const { podName } of this.#lost.values()) {
      if (this.#live.size + this.#lost.size <= legacyClientsMax) break;
      this.#lost.delete(podName);
    }
    return taken;
  }

  /** Results of one source: they replace its former ones of that layer. */
  submit(layer: LegacyLayer, row: LegacyRow, { nowMs }: Pick<LegacyTimes, "nowMs">): LegacyTaken {
    this.expire(nowMs);
    if (row.results.length > legacyResultsPerPostMax) {
      return { kind: "full", what: "results in one post", max: legacyResultsPerPostMax };
    }
    const rows = this.#rows[layer];
    const known = rows.get(row.sourceIp);
    const count = this.#resultCount - (known?.results.length ?? 0) + row.results.length;
    if (count > legacyResultsMax) return { kind: "full", what: "results", max: legacyResultsMax };
    if (known === undefined && rows.size >= legacyClientsMax) {
      return { kind: "full", what: "sources", max: legacyClientsMax };
    }
    this.#resultCount = count;
    rows.set(row.sourceIp, { ...row, postedMs: nowMs });
    return taken;
  }

  /** Marks silent clients lost, drops their results, and forgets the long lost. Called before every look: cheap. */
  expire(nowMs: number): void {
    for (const client of this.#live.values()) {
      if (nowMs - client.seenMs < this.#ttlMs) break;
      this.#leave(client);
      const sinceWallMs = client.seenWallMs + this.#ttlMs;
      this.#lost.set(client.podName, { ...client, sinceWallMs });
      this.#dropRowsOf(client.podIp);
    }
    for (const client of this.#lost.values()) {
      if (nowMs - client.seenMs < legacyLostListedMs) break;
      this.#lost.delete(client.podName);
    }
    if (nowMs - this.#strayCheckedMs >= strayCheckMs) this.#dropStrayRows(nowMs);
  }

  /** Every listed client, live ones first. Call expire before. */
  clients(): LegacyClientView[] {
    return [
      ...[...this.#live.values()].map((client) => viewOf(client, "up")),
      ...[...this.#lost.values()].map((client) => viewOf(client, "lost")),
    ];
  }

  /** Results of a layer by source, sorted. Call expire first. */
  rows(layer: LegacyLayer): LegacyRow[] {
    return [...this.#rows[layer].values()].sort((a, b) => (a.sourceIp < b.sourceIp ? -1 : 1));
  }

  #leave({ podName, podIp }: Client): void {
    this.#live.delete(podName);
    const left = (this.#liveIps.get(podIp) ?? 1) - 1;
    if (left > 0) this.#liveIps.set(podIp, left);
    else this.#liveIps.delete(podIp);
  }

  /** Unless a live client has that address. */
  #dropRowsOf(sourceIp: string): void {
    if (this.#liveIps.has(sourceIp)) return;
    for (const layer of legacyLayers) this.#dropRow(layer, sourceIp);
  }

  #dropRow(layer: LegacyLayer, sourceIp: string): void {
    this.#resultCount -= this.#rows[layer].get(sourceIp)?.results.length ?? 0;
    this.#rows[layer].delete(sourceIp);
  }

  #dropStrayRows(nowMs: number): void {
    this.#strayCheckedMs = nowMs;
    for (const layer of legacyLayers) {
      for (const { sourceIp, postedMs } of this.#rows[layer].values()) {
        const old = nowMs - postedMs >= this.#ttlMs;
        if (old && !this.#liveIps.has(sourceIp)) this.#dropRow(layer, sourceIp);
      }
    }
  }
}

const viewOf = (client: Client, state: LegacyClientView["state"]): LegacyClientView => ({
  namespace: client.namespace,
  nodeIp: client.nodeIp,
  podIp: client.podIp,
  podName: client.podName,
  agentId: `${client.podName}.legacy`,
  state,
  reason: state === "up" ? "heartbeat" : "heartbeats_missing",
  sinceUnixMs: client.sinceWallMs,
  lastSeenUnixMs: client.seenWallMs,
});
