import type { Random } from "../../common/random.js";
import type { SimAgentHost } from "./sim-agent.js";
import type { SimWorld } from "./sim-world.js";

/** What a fault is given. */
type FaultContext = {
  readonly world: SimWorld;
  readonly random: Random;
  /** Every fault is over by then. */
  readonly endMs: number;
};

type Fault = {
  readonly name: string;
  readonly weight: number;
  readonly run: (context: FaultContext) => void;
};

/** How many faults a seed has at least, and at most. */
export const simFaultsMin = 6;
/** See simFaultsMin. */
export const simFaultsMax = 14;

const between = (random: Random, from: number, to: number): number =>
  from + (to - from) * random.next();

const pickSome = (world: SimWorld, random: Random, max: number): SimAgentHost[] => {
  const count = 1 + Math.floor(random.next() * max);
  const first = Math.floor(random.next() * world.agents.length);
  const step = random.next() < 0.5 ? 1 : 7;
  const picked = new Set<SimAgentHost>();
  for (let i = 0; i < count; i++) {
    const host = world.agents[(first + i * step) % world.agents.length];
    if (host !== undefined) picked.add(host);
  }
  return [...picked];
};

/** A duration that is over before the phase is. */
const within = ({ world, random, endMs }: FaultContext, from: number, to: number): number =>
  Math.max(1, Math.min(between(random, from, to), endMs - world.queue.nowMs - 1));

const later = (context: FaultContext, from: number, to: number, task: () => void): void => {
  context.world.queue.after(within(context, from, to), task);
};

/** Does a task for each of some hosts, in three waves, as a rollout does: every wave makes a plan of its own. */
const inWaves = (
  context: FaultContext,
  hosts: readonly SimAgentHost[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  task: (host: SimAgentHost) => void,
): void => {
  const waves = [1, 2, 3].map(() => within(context, fromMs, toMs));
  for (const host of hosts) {
    const waveMs = waves[Math.floor(context.random.next() * waves.length)] ?? 0;
    context.world.queue.after(waveMs * (1 - 0.002 * context.random.next()), () => task(host));
  }
};

const restartServer = (context: FaultContext, from: number, to: number): void => {
  later(context, from, to, () => context.world.server.start());
};

const faults: readonly Fault[] = [
  {
    name: "partition",
    weight: 4,
    run: (context) => {
      const durationMs = within(context, 2_000, 90_000);
      for (const host of pickSome(context.world, context.random, 50)) {
        context.world.cut(host.index, "both", durationMs);
      }
    },
  },
  {
    name: "one-way partition",
    weight: 4,
    run: (context) => {
      const durationMs = within(context, 2_000, 60_000);
      const direction = context.random.next() < 0.5 ? "up" : "down";
      for (const host of pickSome(context.world, context.random, 20)) {
        context.world.cut(host.index, direction, durationMs);
      }
    },
  },
  {
    name: "whole network down",
    weight: 2,
    run: (context) => {
      const durationMs = within(context, 1_000, 45_000);
      for (const host of context.world.agents) context.world.cut(host.index, "both", durationMs);
    },
  },
  {
    name: "flapping link",
    weight: 2,
    run: (context) => {
      for (const host of pickSome(context.world, context.random, 10)) {
        for (let i = 0; i < 6; i++) {
          later(context, i * 6_000, i * 6_000 + 5_000, () => {
            context.world.cut(host.index, "both", within(context, 100, 4_000));
          });
        }
      }
    },
  },
  {
    name: "stream resets",
    weight: 3,
    run: ({ world, random }) => {
      const share = random.next();
      for (const stream of world.streams()) if (random.next() < share) stream.reset();
    },
  },
  {
    name: "latency spike",
    weight: 3,
    run: (context) => {
      const durationMs = within(context, 5_000, 60_000);
      const byMs = between(context.random, 100, 3_000);
      for (const host of pickSome(context.world, context.random, 100)) {
        context.world.slow(host.index, byMs, durationMs);
      }
    },
  },
  {
    name: "agents killed",
    weight: 3,
    run: (context) => {
      for (const host of pickSome(context.world, context.random, 12)) {
        host.crashProcess();
        if (context.random.next() < 0.9) later(context, 200, 60_000, () => host.start());
      }
    },
  },
  {
    name: "machines down",
    weight: 3,
    run: (context) => {
      const hosts = pickSome(context.world, context.random, 12);
      for (const host of hosts) host.crashHost();
      inWaves(context, hosts, { fromMs: 5_000, toMs: 90_000 }, (host) => {
        if (context.random.next() < 0.5 && host.state !== "running") host.address += 1;
        host.start();
      });
    },
  },
  {
    name: "agents leave",
    weight: 2,
    run: (context) => {
      const hosts = pickSome(context.world, context.random, 10);
      for (const host of hosts) host.stop();
      const back = hosts.filter(() => context.random.next() < 0.7);
      inWaves(context, back, { fromMs: 3_000, toMs: 60_000 }, (host) => host.start());
    },
  },
  {
    name: "settings change",
    weight: 2,
    run: (context) => {
      const variant = Math.floor(context.random.next() * 3);
      const hosts = pickSome(context.world, context.random, 30);
      inWaves(context, hosts, { fromMs: 1, toMs: 20_000 }, (host) => {
        host.settingsVariant = variant;
        host.stop();
        later(context, 3_000, 3_200, () => host.start());
      });
    },
  },
  {
    name: "agents frozen",
    weight: 3,
    run: (context) => {
      for (const host of pickSome(context.world, context.random, 15)) {
        host.freeze();
        later(context, 1_000, 45_000, () => host.thaw());
      }
    },
  },
  {
    name: "server killed",
    weight: 4,
    run: (context) => {
      context.world.server.crash("process");
      restartServer(context, 200, 30_000);
    },
  },
  {
    name: "server killed, log lost",
    weight: 3,
    run: (context) => {
      context.world.server.crash("process");
      context.world.server.loseLog();
      restartServer(context, 200, 20_000);
    },
  },
  {
    name: "server machine down",
    weight: 2,
    run: (context) => {
      context.world.server.crash("host");
      if (context.random.next() < 0.3) context.world.server.loseLog();
      restartServer(context, 5_000, 40_000);
    },
  },
  {
    name: "server drained",
    weight: 2,
    run: (context) => {
      context.world.server.drain();
      later(context, 2_000, 15_000, () => {
        context.world.server.crash("process");
        restartServer(context, 500, 5_000);
      });
    },
  },
  {
    name: "server stall",
    weight: 4,
    run: (context) => {
      context.world.server.stall();
      later(context, 500, 25_000, () => context.world.server.resume());
    },
  },
  {
    name: "agents' clocks jump",
    weight: 2,
    run: ({ world, random }) => {
      world.ledger.timeErrorMaxMs = undefined;
      for (const host of pickSome(world, random, 20)) {
        host.wallShiftMs += Math.floor(between(random, -7_200_000, 7_200_000));
      }
    },
  },
  {
    name: "server's clock jumps",
    weight: 2,
    run: ({ world, random }) => {
      world.ledger.timeErrorMaxMs = undefined;
      world.server.wallShiftMs += Math.floor(between(random, -600_000, 600_000));
    },
  },
  {
    name: "server's clock jumps by days",
    weight: 1,
    run: ({ world, random, endMs }) => {
      // What was measured before is then too old for the server, and is given up batch by batch.
      if (world.queue.nowMs > endMs / 2) return;
      world.ledger.timeErrorMaxMs = undefined;
      world.server.wallShiftMs += Math.floor(between(random, 2, 5) * 86_400_000);
    },
  },
  {
    name: "credentials are not renewed",
    weight: 1,
    run: (context) => {
      const hosts = pickSome(context.world, context.random, 50);
      for (const host of hosts) host.refreshing = false;
      later(context, 60_000, 200_000, () => {
        for (const host of hosts) host.refreshing = true;
      });
    },
  },
  {
    name: "slow log",
    weight: 3,
    run: (context) => {
      context.world.server.log.latencyMs = between(context.random, 500, 8_000);
      later(context, 5_000, 60_000, () => {
        context.world.server.log.latencyMs = 20;
      });
    },
  },
  {
    name: "failing log",
    weight: 3,
    run: (context) => {
      context.world.server.log.failureShare = context.random.next() < 0.5 ? 1 : 0.2;
      context.world.server.log.latencyMs = between(context.random, 20, 2_000);
      later(context, 2_000, 30_000, () => {
        context.world.server.log.failureShare = 0;
        context.world.server.log.latencyMs = 20;
      });
    },
  },
  {
    name: "duplicate agents",
    weight: 2,
    run: (context) => {
      const [duplicate] = context.world.duplicates.filter((host) => host.state !== "running");
      if (duplicate === undefined) return;
      const at = context.world.duplicates.indexOf(duplicate);
      const named = Math.floor(context.random.next() * context.world.agents.length);
      context.world.nameDuplicate(at, named);
      duplicate.start();
      later(context, 5_000, 60_000, () => duplicate.crashProcess());
    },
  },
  {
    name: "plan refused",
    weight: 2,
    run: (context) => {
      const host = context.world.agents[0];
      const entries = host?.plan?.entries ?? [];
      const entry = entries[Math.floor(context.random.next() * entries.length)];
      if (entry === undefined) return;
      // The content changes while the entry is refused, so that somebody has to take it anew.
      context.world.refusedKeys.add(entry.key);
      for (const changed of pickSome(context.world, context.random, 3)) {
        changed.crashProcess();
        changed.address += 1;
        changed.start();
      }
      later(context, 5_000, 60_000, () => context.world.refusedKeys.delete(entry.key));
    },
  },
  {
    name: "spool flood",
    weight: 1,
    run: (context) => {
      const [host] = pickSome(context.world, context.random, 1);
      // Late in the phase a full spool would not be empty at the end: it is replayed at a quarter of the window.
      if (host === undefined || context.world.queue.nowMs > context.endMs / 2) return;
      const durationMs = within(context, 20_000, 60_000);
      context.world.cut(host.index, "both", durationMs);
      const rounds = 160;
      for (let i = 0; i < rounds; i++) {
        context.world.queue.after((durationMs * (i + 1)) / (rounds + 1), () => host.flood(256));
      }
    },
  },
];

const totalWeight = faults.reduce((sum, fault) => sum + fault.weight, 0);

const pickFault = (random: Random): Fault => {
  let at = random.next() * totalWeight;
  for (const fault of faults) {
    at -= fault.weight;
    if (at < 0) return fault;
  }
  throw new Error("weights do not add up");
};

const faultByName = (name: string): Fault => {
  const fault = faults.find((candidate) => candidate.name === name);
  if (fault === undefined) throw new Error(`no fault is called ${name}`);
  return fault;
};

/** Plans the faults of a phase; the list fills as they happen. Forced ones come early, so that their traces last. */
export const scheduleFaults = (
  world: SimWorld,
  options: { readonly fromMs: number; readonly endMs: number; readonly forced: readonly string[] },
): string[] => {
  const { random } = world;
  const { fromMs, endMs } = options;
  const happened: string[] = [];
  const plan = (fault: Fault, atMs: number): void => {
    world.queue.at(atMs, () => {
      happened.push(fault.name);
      world.trace.add(world.queue.nowMs, "fault", -1, happened.length, fault.name);
      fault.run({ world, random, endMs });
    });
  };
  const count = simFaultsMin + Math.floor(random.next() * (simFaultsMax - simFaultsMin + 1));
  for (let i = 0; i < count; i++) plan(pickFault(random), between(random, fromMs, endMs - 20_000));
  for (const name of options.forced) plan(faultByName(name), between(random, fromMs, endMs / 2));
  return happened;
};
