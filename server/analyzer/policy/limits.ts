// Named bounds of the policy engine: one constant a limit, with its reason. Every one is listed in docs/limits.md and reached by a test.

/** Pair outcomes that are remembered by class: past this many they are computed again, so that memory stays bounded. */
export const pairMemoMax = 500_000;

/** Classes without pods that the index keeps beyond the living ones before it is built anew: changes leave them behind. */
export const deadClassesMax = 2_000;

/** Peer sets, groups of subjects and connection sets of policies that are gone, beyond what was there when the index was built. */
export const staleEntriesMax = 20_000;
