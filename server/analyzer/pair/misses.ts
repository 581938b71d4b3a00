import type { MissView } from "../answers.js";
import type { Direction, PairDecision } from "../policy/decision.js";
import type { PolicyWorld } from "../policy-world.js";
import type { ConnectionSet } from "../sets/connections.js";

/** What was missed. */
export type MissQuestion = {
  readonly pair: PairDecision;
  readonly direction: Direction;
  readonly asked: ConnectionSet;
};

/** Why the policies of one direction do not let the asked connections through, the nearest miss first. */
export const missesOf = (_world: PolicyWorld, _question: MissQuestion): readonly MissView[] => [];
