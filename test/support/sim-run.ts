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
const timeErrorMaxMs = 100_000;

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
  // One more change, so that "newest" is a plan that nobody had before.
  const pods = world.agents.filter((host) => world.planeOf(host.index) === "pod");
  const moved = [pods[Math.floor(world.random.next() * pods.length)], world.agents.at(-1)];
  for (const host of moved) {
    queue.after(10_000, () => {
      host?.crashProcess();
      if (host !== undefined) host.address += 1;
      host?.start();
    });
  }
};

/** Agents start within a few seconds; a tenth joins later. */
const startAgents = (world: SimWorld): void => {
  for (const host of world.agents) {
    const lateMs = host.index % 10 === 3 ? 200_000 : 2_000;
    world.queue.after(world.random.next() * lateMs, () => host.start());
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
  const welcomes = server.welcomeCount;
  queue.runUntil(simPhases.probesMs);
  for (const host of world.agents) host.probing = false;
  queue.runUntil(simPhases.endMs);
  if (server.welcomeCount !== welcomes) {
    const count = server.welcomeCount - welcomes;
    throw new SimFailure("sessions", `${count} sessions began though nothing was wrong any more`);
  }
  checkLiveness(world);
  checkPlans(world);
  checkLeftovers(world);
  world.ledger.finish(server.generation);
};

/** Plays one seed to its end, or to the first broken rule. */
export const runSimulation = (options: SimWorldOptions): SimReport => {
  const world = new SimWorld(options);
  const faults: { list: string[] } = { list: [] };
  let failure: SimReport["failure"];
  try {
    play(world, faults, options.faults ?? []);
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
    seed: options.seed,
    failure,
    faults: faults.list,
    traceHash: world.trace.hash,
    traceTail: world.trace.tail(),
    events: world.trace.count,
    measured: world.ledger.measuredCount,
    welcomes: world.server.welcomeCount,
    runs: world.server.finishedRunCount,
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
