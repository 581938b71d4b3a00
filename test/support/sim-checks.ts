import { windowBatchesMax as agentWindowBatchesMax, spoolBytesMax } from "../../agent/limits.js";
import type { PlanEntry } from "../../common/agent-stream.js";
import { computePlanHash } from "../../common/plan-hash.js";
import { windowBatchesMax } from "../../server/limits.js";
import { type SimAgentHost, sha256 } from "./sim-agent.js";
import type { SimServerHost } from "./sim-server.js";
import { SimFailure } from "./sim-trace.js";
import type { SimWorld } from "./sim-world.js";

/** The batch that grows and the names of its ids come on top of the spool's bytes. */
const spoolSlackBytes = 64 * 1024;

const fail = (checker: string, message: string): never => {
  throw new SimFailure(checker, message);
};

/** After every step of an agent: its memory is bounded, and every result is in exactly one place. */
export const checkAgent = (host: SimAgentHost): void => {
  const { core, boot } = host;
  if (core === undefined || boot === undefined) return;
  const status = core.status();
  const name = `agent ${host.index}`;
  if (status.spooledBytes > spoolBytesMax + spoolSlackBytes) {
    fail("memory", `${name} spools ${status.spooledBytes} bytes`);
  }
  if (status.unackedBatches > agentWindowBatchesMax + 2) {
    fail("memory", `${name} has ${status.unackedBatches} batches in flight`);
  }
  const { openResults, spooledResults, unackedResults, ackedResults, droppedResults } = status;
  const placed = openResults + spooledResults + unackedResults + ackedResults + droppedResults;
  if (placed !== boot.measuredCount || status.measuredResults !== placed) {
    const parts = `${openResults} open, ${spooledResults} spooled, ${unackedResults} unacked`;
    const rest = `${ackedResults} acked, ${droppedResults} dropped`;
    fail("results", `${name}: ${boot.measuredCount} measured, ${parts}, ${rest}`);
  }
};

/** After every tick of the server: its tables are bounded by what the fleet can open. */
export const checkServer = (world: SimWorld, host: SimServerHost): void => {
  const names = world.agents.length;
  if (host.pendingAppends > names * (windowBatchesMax + 1)) {
    fail("memory", `${host.pendingAppends} appends wait`);
  }
  const streamsMax = 4 * (names + world.duplicates.length);
  if (host.streamCount > streamsMax) fail("memory", `${host.streamCount} streams are open`);
  const listed = host.tickCount % 16 === 0 ? (host.core?.agents().length ?? 0) : 0;
  if (listed > names) fail("memory", `${listed} agents are listed`);
};

const isSameEntry = (a: PlanEntry | undefined, b: PlanEntry): boolean =>
  a === b || JSON.stringify(a) === JSON.stringify(b);

const isSamePlan = (a: readonly PlanEntry[], b: readonly PlanEntry[]): boolean => {
  const byId = new Map(a.map((entry) => [entry.id, entry]));
  return a.length === b.length && b.every((entry) => isSameEntry(byId.get(entry.id), entry));
};

/** In the end every running agent runs the newest plan of its group, and that plan is right. */
export const checkPlans = (world: SimWorld): void => {
  const core = world.server.core;
  if (core === undefined) throw new SimFailure("plans", "no server runs");
  const running = world.agents.filter((host) => host.state === "running");
  for (const host of running) {
    const agentId = world.agentIdOf(host.index);
    const newest = core.newestRevisionFor(agentId);
    const whole = core.planFor(agentId);
    if (core.agent(agentId)?.appliedRevision !== newest) {
      fail("plans", `the server takes ${agentId} to run ${core.agent(agentId)?.appliedRevision}`);
    }
    const node = agentId.slice(0, agentId.lastIndexOf("."));
    const own = whole.filter((entry) => entry.agentId !== agentId && entry.node !== node);
    const has = host.plan?.entries ?? [];
    if (own.length === 0 || !isSamePlan(own, has)) {
      const what = `${has.length} entries of revision ${host.plan?.revision}`;
      fail("plans", `${agentId} runs ${what}, not the ${own.length} of revision ${newest}`);
    }
    checkHash(world, agentId, whole);
  }
  for (const host of running) checkCoverage(world, running, host);
};

/** What was announced last to an agent is the hash of the plan that the server computes. */
const checkHash = (world: SimWorld, agentId: string, whole: readonly PlanEntry[]): void => {
  const announced = world.server.watch.announcedPlan(agentId);
  if (announced !== undefined && announced !== computePlanHash(whole, sha256)) {
    fail("plans", `the hash announced to ${agentId} is not that of its plan`);
  }
};

/** Every running agent of the same plane is probed at the address that it has now. */
const checkCoverage = (
  world: SimWorld,
  running: readonly SimAgentHost[],
  host: SimAgentHost,
): void => {
  const addressOf = new Map<string, Set<string>>();
  for (const entry of host.plan?.entries ?? []) {
    const addresses = addressOf.get(entry.agentId) ?? new Set();
    addresses.add(entry.probe.address);
    addressOf.set(entry.agentId, addresses);
  }
  for (const other of running) {
    if (other === host || world.planeOf(other.index) !== world.planeOf(host.index)) continue;
    const otherId = world.agentIdOf(other.index);
    const addresses = addressOf.get(otherId);
    if (addresses?.size !== 1 || !addresses.has(world.addressOf(other))) {
      fail("plans", `${world.agentIdOf(host.index)} does not probe ${otherId} where it is`);
    }
  }
};

/** In the end every agent is known to be what it is. */
export const checkLiveness = (world: SimWorld): void => {
  for (const host of world.agents) {
    const agentId = world.agentIdOf(host.index);
    const view = world.server.core?.agent(agentId);
    if (host.state === "running" && view?.state !== "up") {
      fail("liveness", `${agentId} runs and is ${view?.state} (${view?.reason})`);
    }
    if (host.state === "stopped" && view !== undefined && view.state !== "lost") {
      fail("liveness", `${agentId} does not run and is ${view.state} (${view.reason})`);
    }
    if (host.state === "running" && view?.bootId !== host.boot?.bootId) {
      fail("liveness", `${agentId} is known by a boot that does not run`);
    }
  }
};

/** In the end nothing is left over. */
export const checkLeftovers = (world: SimWorld): void => {
  const { server } = world;
  const running = world.agents.filter((host) => host.state === "running").length;
  if (server.watch.openRunCount > 0)
    fail("runs", `${server.watch.openRunCount} runs never finished`);
  if (server.watch.sessionCount !== running || server.streamCount !== running) {
    const counts = `${server.watch.sessionCount} sessions on ${server.streamCount} streams`;
    fail("sessions", `${counts} for ${running} agents`);
  }
  if (server.pendingAppends > 0) fail("memory", `${server.pendingAppends} appends never ended`);
  for (const host of world.agents) {
    const status = host.core?.status();
    if (host.openRunCount > 0) fail("runs", `agent ${host.index} still runs ${host.openRunCount}`);
    if (status === undefined) continue;
    const held = status.openResults + status.spooledResults + status.unackedResults;
    if (held > 0) fail("results", `agent ${host.index} still holds ${held} results`);
  }
};
