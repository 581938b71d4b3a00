import type { PlanEntry, ResultColumns } from "../../common/agent-stream.js";
import type { Clock } from "../../common/clock.js";
import { type Outcome, outcomeNumber, type ProbeKind, targetKey } from "../../common/probe.js";
import { Interner } from "../../server/mesh/interner.js";
import { LegacyClients } from "../../server/mesh/legacy-clients.js";
import { LiveMesh } from "../../server/mesh/live-mesh.js";
import type { AgentView } from "../../server/session/protocol.js";

/** An agent that is up, with the fields that a test cares about. */
export const agentView = (fields: Partial<AgentView> & { readonly agentId: string }): AgentView => {
  const node = fields.node ?? fields.agentId.split(".")[0] ?? "";
  return {
    bootId: "boot",
    node,
    plane: "pod",
    zone: "",
    state: "up",
    reason: "connected",
    version: "0.1.0",
    nodeIp: "10.0.0.1",
    podIps: ["10.244.0.1"],
    pod: `agent-${node}`,
    podUid: "",
    namespace: "causeway-system",
    settings: {
      heartbeatIntervalS: 5,
      testPort: 22,
      customServiceName: "",
      customServicePort: 80,
      clientPort: 6100,
    },
    sinceUnixMs: 1_790_000_000_000,
    lastSeenUnixMs: 1_790_000_000_000,
    clockSkewUs: undefined,
    appliedRevision: 1,
    spooledBatches: 0,
    features: [],
    unavailable: {},
    planError: "",
    ...fields,
  };
};

/** A clock that moves only when it is told to; sleepers wake when their time comes. */
export class HandClock implements Clock {
  #nowMs = 0;
  readonly #startWallMs: number;
  readonly #sleepers = new Set<{ readonly dueMs: number; readonly wake: () => void }>();
  #onSleep: (() => void)[] = [];

  constructor(startWallMs = 1_790_000_000_000) {
    this.#startWallMs = startWallMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#startWallMs + this.#nowMs;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#sleepers.delete(sleeper);
        reject(new DOMException("aborted", "AbortError"));
      };
      const sleeper = {
        dueMs: this.#nowMs + ms,
        wake: () => {
          signal.removeEventListener("abort", abort);
          resolve();
        },
      };
      if (signal.aborted) {
        abort();
        return;
      }
      signal.addEventListener("abort", abort, { once: true });
      this.#sleepers.add(sleeper);
      for (const tell of this.#onSleep.splice(0)) tell();
    });
  }

  /** How many wait. */
  get sleeperCount(): number {
    return this.#sleepers.size;
  }

  /** Resolves as soon as somebody sleeps. */
  async slept(): Promise<void> {
    if (this.#sleepers.size > 0) return;
    await new Promise<void>((resolve) => this.#onSleep.push(resolve));
  }

  /** Moves time on. */
  advance(ms: number): void {
    this.#nowMs += ms;
    for (const sleeper of [...this.#sleepers]) {
      if (sleeper.dueMs > this.#nowMs) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
  }
}

/** One result to apply. */
export type FakeResult = {
  readonly target: string;
  readonly kind: ProbeKind;
  readonly outcome?: Outcome;
  readonly rttUs?: number;
  /** How long ago, milliseconds. */
  readonly agoMs?: number;
  readonly detail?: string;
};

/** A mesh of real parts without streams: agents are put in, plans are full, results are applied. */
export class TestMesh {
  readonly clock: HandClock;
  readonly interner = new Interner();
  readonly legacy = new LegacyClients({ ttlMs: 15_000 });
  readonly live: LiveMesh;
  readonly #agents = new Map<string, AgentView>();
  #plans = new Map<string, readonly PlanEntry[]>();

  constructor(clock = new HandClock()) {
    this.clock = clock;
    const directory = {
      agents: () => [...this.#agents.values()].sort((a, b) => (a.agentId < b.agentId ? -1 : 1)),
      agent: (agentId: string) => this.#agents.get(agentId),
    };
    const planFor = (agentId: string) => this.#plans.get(agentId) ?? [];
    this.live = new LiveMesh({ directory, planFor, interner: this.interner });
  }

  /** Adds or changes an agent, and makes everybody's plan anew. */
  put(agent: AgentView): void {
    this.#agents.set(agent.agentId, agent);
    this.#replan();
    this.live.agentChanged(agent.agentId);
  }

  /** Forgets an agent. */
  remove(agentId: string): void {
    this.#agents.delete(agentId);
    this.#replan();
    this.live.agentChanged(agentId);
  }

  /** Applies what an agent measured. */
  measure(agentId: string, results: readonly FakeResult[]): void {
    this.live.apply(agentId, this.columns(results));
  }

  /** Results as columns with this mesh's ids. */
  columns(results: readonly FakeResult[]): ResultColumns {
    const base = this.clock.wallMs() * 1000;
    return {
      baseUnixUs: base,
      targetId: results.map(
        ({ kind, target }) => this.interner.idFor(targetKey(kind, target)) ?? 0,
      ),
      timeDeltaUs: results.map(({ agoMs = 0 }) => -agoMs * 1000),
      rttUs: results.map(({ rttUs, outcome = "ok" }) => rttUs ?? (outcome === "ok" ? 500 : 0)),
      outcome: results.map(({ outcome = "ok" }) => outcomeNumber(outcome)),
      details: results.flatMap(({ detail }, index) =>
        detail === undefined ? [] : [{ index, text: detail }],
      ),
    };
  }

  #replan(): void {
    const agents = [...this.#agents.values()];
    const nodes = new Map(agents.map(({ node, nodeIp }) => [node, nodeIp]));
    this.#plans = new Map(
      agents.map((self) => {
        const { testPort, customServiceName, customServicePort } = self.settings;
        const entries: PlanEntry[] = [];
        const add = (kind: ProbeKind, target: string, probe: Partial<PlanEntry["probe"]>) =>
          entries.push(
            planEntry({
              id: this.interner.idFor(targetKey(kind, target)) ?? 0,
              kind,
              target,
              probe,
              agentId: this.#agents.has(target) ? target : "",
              node: target.startsWith("node/") ? target.slice(5) : "",
            }),
          );
        for (const [node, address] of nodes) {
          add("icmp", `node/${node}`, { address });
          add("tcp", `node/${node}`, { address, port: testPort });
        }
        for (const { agentId, plane, podIps, settings } of agents) {
          if (plane !== self.plane) continue;
          const address = podIps[0] ?? "";
          const port = settings.clientPort;
          add("icmp", agentId, { address });
          add("tcp", agentId, { address, port });
          add("udp", agentId, { address, port });
          add("http", agentId, { address, port, httpPath: "/health" });
        }
        if (customServiceName !== "") {
          const target = `dns/${customServiceName}`;
          add("dns", target, { hostName: customServiceName, port: 53 });
          add("tcp", target, { hostName: customServiceName, port: customServicePort });
        }
        return [self.agentId, entries] as const;
      }),
    );
  }
}

const planEntry = ({
  id,
  kind,
  target,
  probe,
  agentId,
  node,
}: {
  readonly id: number;
  readonly kind: ProbeKind;
  readonly target: string;
  readonly probe: Partial<PlanEntry["probe"]>;
  readonly agentId: string;
  readonly node: string;
}): PlanEntry => ({
  id,
  hash: "0000000000000000",
  key: targetKey(kind, target),
  probe: {
    kind,
    address: "",
    port: 0,
    timeoutMs: 1_500,
    hostName: "",
    httpPath: "",
    expectPodUid: "",
    ...probe,
  },
  intervalMs: kind === "http" ? 30_000 : 10_000,
  agentId,
  node,
});

/** Three nodes n1 to n3 with an agent each in the pod plane, in two zones. */
export const threeNodeMesh = (clock = new HandClock()): TestMesh => {
  const mesh = new TestMesh(clock);
  for (const number of [1, 2, 3]) {
    mesh.put(
      agentView({
        agentId: `n${number}.pod`,
        nodeIp: `10.0.0.${number}`,
        podIps: [`10.244.${number}.5`],
        zone: number < 3 ? "a" : "b",
      }),
    );
  }
  return mesh;
};

/** Everything that n1 to n3 are planned to measure, with one answer each unless told otherwise. */
export const measureAll = (
  mesh: TestMesh,
  change: (source: string, result: FakeResult) => Partial<FakeResult> | undefined = () => ({}),
): void => {
  for (const source of mesh.live.view.agents()) {
    const cells = mesh.live.view.cellsOf(source, {
      nowUnixUs: mesh.clock.wallMs() * 1000,
      windowS: 60,
    });
    const results = cells.flatMap(({ target, kind }) => {
      const changed = change(source.agentId, { target, kind });
      return changed === undefined ? [] : [{ target, kind, ...changed }];
    });
    mesh.measure(source.agentId, results);
  }
};
