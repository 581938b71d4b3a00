// Named bounds of the policy engine: one constant a limit, with its reason. Every one is listed in docs/limits.md and reached by a test.

/** Pairs of classes whose outcome is remembered: past this many they are judged again, so that memory stays bounded. */
export const pairMemoMax = 200_000;

/** Outcomes of two directions together that are remembered: policies with ports of their own make as many as pairs. */
export const pairOutcomesMax = 200_000;

/** Connection sets that changes leave in an engine's table before it is made anew: a large cluster has some thousands. */
export const connectionSetsMax = 100_000;

/** Classes without pods that an index keeps beyond as many as living ones: changes leave them behind, a new index has none. */
export const deadClassesMax = 2_000;

/** Classes, peer sets, groups and terms beyond eight times what an index began with: what past policies left, a new index has none. */
export const staleEntriesMax = 20_000;
