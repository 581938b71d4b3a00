// Named bounds of fixes: one constant a limit, with its reason. Every one is listed in docs/limits.md and reached by a test.

/** Policies of one fix: more are not a small change, and nobody reviews them. */
export const fixPoliciesMax = 10;

/** Peers of one fix over all its rules: more are not a small change. */
export const fixPeersMax = 50;

/** Names that are tried for a policy before the fix is refused: NAME, NAME-2 … */
export const fixNamesTriedMax = 100;

/** Characters of a policy's name: short enough for a table, well within the 253 of the API. */
export const fixNameCharsMax = 63;

/** Pairs that the blast radius compares: past this many it is not told, and the fix is refused. */
export const fixPairsComparedMax = 2_000_000;

/** Pairs that a fix changes besides which an answer lists: nobody reads more, and none of them is what was asked. */
export const blastRadiusListedMax = 1_000;
