import type { SimAgentHost } from "./sim-agent.js";
import { checkLeftovers, checkLiveness, checkPlans } from "./sim-checks.js";
import { scheduleFaults } from "./sim-faults.js";
import { SimFailure } from "./sim-trace.js";
import { SimWorld, type SimWorldOptions } from "./sim-world.js";

/** When the phases of a simulation end, in virtual milliseconds. */
export const simPhases = {
  /** Faults begin. */
  calmMs: 40_000,
  /** Everything is healed. */
  faultsMs: 600_000,
  /** Everybody must be back: the longest reconnect delay and an admission queue fit in between. */
  settledMs: 740_000,
  /** Probes end. */
  probesMs: 770_000,
  /** Spools are empty. */
  endMs: 800_000,
} as const;

/** A timestamp may be off by what a frozen process or a cut link delays the server's time. */
const timeErrorMaxMs = 60_000;

/** What a simulation found. */
export type SimReport = {
  readonly seed: number;
  readonly failure:
    | { readonly checker: string; readonly message: string; readonly atMs: number }
    | undefined;
  /** Faults in the order in which they happened. */
  readonly faults: readonly string[];
  readonly traceHash: number;
  readonly traceTail: readonly string[];
  readonly events: number;
  readonly measured: number;
  readonly welcomes: number;
  readonly runs: number;
  /** What the server counted. */
  readonly counters: Readonly<Record<string, number>>;
};

const heal = (world: SimWorld): void => {
  const { server, queue } = world;
  world.trace.add(queue.nowMs, "all healed", -1, 0);
  server.resume();
  server.log.failureShare = 0;
  server.log.latencyMs = 20;
  server.start();
  world.refusedKeys.clear();
  for (const host of world.agents) host.thaw();
  for (const host of world.duplicates) host.crashProcess();
  changeOnceMore(world);
};

/**
 * The last changes: on slow links the second comes while the push of the first is not answered, so that "newest" is a plan
 * that nobody had before, that takes something away, and that many get only because it was kept for them.
 */
const changeOnceMore = (world: SimWorld): void => {
  const { queue, random } = world;
  const pick = (from: readonly SimAgentHost[]): SimAgentHost | undefined =>
    from[Math.floor(random.next() * from.length)];
  const planes = (["pod", "host"] as const).map((plane) =>
    world.agents.filter((host) => world.planeOf(host.index) === plane),
  );
  for (const host of world.agents) if (random.next() < 0.3) world.slow(host.index, 700, 30_000);
  for (const [atMs, isLeaving] of [
    [10_000, false],
    [10_900, true],
    [11_700, false],
  ] as const) {
    for (const hosts of planes) {
      const host = pick(hosts);
      queue.after(atMs, () => {
        if (host === undefined) return;
        if (isLeaving) return host.stop();
        host.crashProcess();
        host.address += 1;
        host.start();
      });
    }
  }
};

/** Agents start within a few seconds; a tenth joins later, in three groups. */
const startAgents = (world: SimWorld): void => {
  for (const host of world.agents) {
    const isLate = host.index % 10 === 3;
    const fromMs = isLate ? 60_000 * (1 + Math.floor(world.random.next() * 3)) : 0;
    world.queue.after(fromMs + world.random.next() * (isLate ? 150 : 2_000), () => host.start());
  }
};

/** On-demand runs all the time, some of them cancelled. */
const startRuns = (world: SimWorld): void => {
  let count = 0;
  const next = (): void => {
    world.queue.after(1_000 + world.random.next() * 6_000, () => {
      if (world.queue.nowMs > simPhases.probesMs - 30_000) return;
      const requestId = `run-${count++}`;
      const host = world.agents[Math.floor(world.random.next() * world.agents.length)];
      const deadlineMs = 1_000 + world.random.next() * 20_000;
      if (host !== undefined) world.server.run(requestId, world.agentIdOf(host.index), deadlineMs);
      if (world.random.next() < 0.1) {
        world.queue.after(world.random.next() * 2_000, () => world.server.cancelRun(requestId));
      }
      next();
    });
  };
  next();
};

const play = (world: SimWorld, faults: { list: string[] }, forced: readonly string[]): void => {
  const { queue, server } = world;
  world.ledger.timeErrorMaxMs = timeErrorMaxMs;
  server.start();
  startAgents(world);
  startRuns(world);
  const phase = { fromMs: simPhases.calmMs, endMs: simPhases.faultsMs, forced };
  faults.list = scheduleFaults(world, phase);
  queue.runUntil(simPhases.faultsMs);
  heal(world);
  queue.runUntil(simPhases.settledMs);
  checkLiveness(world);
  const welcomes = server.watch.welcomeCount;
  queue.runUntil(simPhases.probesMs);
  for (const host of world.agents) host.probing = false;
  queue.runUntil(simPhases.endMs);
  if (server.watch.welcomeCount !== welcomes) {
    const count = server.watch.welcomeCount - welcomes;
    throw new SimFailure("sessions", `${count} sessions began though nothing was wrong any more`);
  }
  checkEnd(world);
};

const checkEnd = (world: SimWorld): void => {
  checkLiveness(world);
  checkPlans(world);
  checkLeftovers(world);
  world.ledger.finish(world.server.generation);
};

/** Plays one seed to its end, or to the first broken rule. */
export const runSimulation = (options: SimWorldOptions): SimReport => {
  const world = new SimWorld(options);
  const faults: { list: string[] } = { list: [] };
  return report(options.seed, world, faults, () => play(world, faults, options.faults ?? []));
};

const report = (
  seed: number,
  world: SimWorld,
  faults: { readonly list: readonly string[] },
  run: () => void,
): SimReport => {
  let failure: SimReport["failure"];
  try {
    run();
  } catch (error) {
    const atMs = world.queue.nowMs;
    if (error instanceof SimFailure) {
      failure = { checker: error.checker, message: error.message, atMs };
    } else {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      failure = { checker: "crash", message, atMs };
    }
  }
  return {
    seed,
    failure,
    faults: faults.list,
    traceHash: world.trace.hash,
    traceTail: world.trace.tail(),
    events: world.trace.count,
    measured: world.ledger.measuredCount,
    welcomes: world.server.watch.welcomeCount,
    runs: world.server.watch.finishedRunCount,
    counters: Object.fromEntries(world.server.counters),
  };
};

/** What a failing seed prints. */
export const formatFailure = (report: SimReport): string =>
  [
    `seed=${report.seed} checker=${report.failure?.checker} at ${report.failure?.atMs.toFixed(0)} ms: ${report.failure?.message}`,
    `faults: ${report.faults.join(", ")}`,
    ...report.traceTail,
    `replay: CAUSEWAY_SIM_SEED=${report.seed} npx vitest run --project sim`,
  ].join("\n");

const hourMs = 3_600_000;

/**
 * A small fleet for more than a day: sessions reach their age, an agent is cut off for so long that the server forgets it
 * and its oldest results are too old, and comes back with all it still has.
 */
export const runLongLife = (options: SimWorldOptions): SimReport => {
  const world = new SimWorld({ agents: 4, ...options });
  return report(options.seed, world, { list: ["cut for 26 hours"] }, () => {
    const { queue, server } = world;
    server.start();
    for (const host of world.agents) queue.after(world.random.next() * 2_000, () => host.start());
    queue.runUntil(0.5 * hourMs);
    world.cut(1, "both", 26 * hourMs);
    queue.runUntil(27 * hourMs);
    for (const host of world.agents) host.probing = false;
    queue.runUntil(27.2 * hourMs);
    checkEnd(world);
  });
};
