import { engineMutants } from "./engine-mutants.js";
import type { Mutant } from "./mutant.js";
import { networkPolicyMutants } from "./network-policy-mutants.js";
import { tierMutants } from "./tier-mutants.js";

/** Every mutant: the numbered ones in order, then those of the engine's fast ways. */
export const allMutants: readonly Mutant[] = [
  ...[...networkPolicyMutants, ...tierMutants].sort(
    (one, other) => Number(one.id) - Number(other.id),
  ),
  ...engineMutants,
];
