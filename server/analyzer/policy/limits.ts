// Named bounds of the policy engine: one constant a limit, with its reason. Every one is listed in docs/limits.md and reached by a test.

/** Pairs of classes whose outcome is remembered: past this many they are judged again, so that memory stays bounded. */
export const pairMemoMax = 500_000;

/** Classes without pods that an index keeps beyond as many as living ones: changes leave them behind, a new index has none. */
export const deadClassesMax = 2_000;

/** Peer sets, groups and connection sets beyond eight times what an index began with: what past policies left, a new index has none. */
export const staleEntriesMax = 20_000;
