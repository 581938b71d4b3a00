import { type ExitCode, exitCodes } from "./exit.js";
import type { AgentView } from "./model.js";

/** What makes a read end with code 1. */
export const failConditions = ["lost", "down", "degraded"] as const;

/** One condition of --fail-on. */
export type FailCondition = (typeof failConditions)[number];

/** The exit code of a list of agents: `lost` and `down` mean a lost agent, `degraded` a suspect one as well. */
export const codeFromAgents = (
  agents: readonly AgentView[],
  condition: FailCondition | undefined,
): ExitCode => {
  if (condition === undefined) return exitCodes.good;
  const states = condition === "degraded" ? ["lost", "suspect"] : ["lost"];
  return agents.some((agent) => states.includes(agent.state)) ? exitCodes.bad : exitCodes.good;
};

/** The exit code of states of pairs: `down` means a pair that is down, `degraded` one that loses probes as well. */
export const codeFromPairStates = (
  pairStates: readonly string[],
  condition: FailCondition | undefined,
): ExitCode => {
  if (condition === undefined || condition === "lost") return exitCodes.good;
  const states = condition === "degraded" ? ["down", "degraded"] : ["down"];
  return pairStates.some((state) => states.includes(state)) ? exitCodes.bad : exitCodes.good;
};
