// Named bounds of the lists: one constant a limit, with its reason. Every one is listed in docs/limits.md and reached by a test.

/** Pairs that a filtered list asks the engine for one by one (2 microseconds each); a list of more reads every row and drops. */
export const askedPairsMax = 20_000;

/** Rows from addresses outside that are kept to be sorted (100 bytes each); past this many they are asked for pair by pair. */
export const keptRowsMax = 500_000;

/** Policies and rules that a row names as the reason why something can't be told: more would be a list to read. */
export const becauseMax = 8;
