// Named bounds of answers about one pair: one constant a limit, with its reason. Every one is listed in docs/limits.md and reached by a test.

/** Ways between two names that are judged: beyond it the question has no answer that anyone reads. */
export const waysJudgedMax = 10_000;

/** Ways that an answer carries, the denied ones first: more are counted. */
export const pathsMax = 200;

/** Names of policies in one step of a walkthrough: more are counted, the parts name them all. */
export const walkthroughNamesMax = 3;

/** Misses of one direction, the nearest first: more would be a list to read. */
export const missesMax = 20;

/** Rules of one direction that are compared with an end for misses: comparing takes some ten microseconds each. */
export const missRulesMax = 1_000;

/** Nodes whose address a translated client is tried with: they differ by the policies' blocks and selectors only. */
export const natNodesMax = 200;

/** Ways that are judged once more under the other convention for address blocks. */
export const conventionChecksMax = 20;

/** Warnings of one answer: more would not be read. */
export const warningsMax = 50;
