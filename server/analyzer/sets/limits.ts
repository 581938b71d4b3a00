// Named bounds of sets: one constant a limit, with its reason. Every one is listed in docs/limits.md and reached by a test.

/** Results of one operation on connection sets, by pair: past this many they are computed again, so that memory stays bounded. */
export const connectionMemoMax = 1_000_000;
