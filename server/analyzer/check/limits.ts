// Named bounds of checks: one constant a limit, with its reason. Every one is listed in docs/limits.md and reached by a test.

/** Characters of a rules file: a thousand rules have some 100,000. */
export const rulesCharsMax = 1_048_576;

/** Rules of a file: each may take as long as reading all connections once. */
export const rulesMax = 1_000;

/** Ports of one rule. */
export const rulePortsMax = 100;

/** Labels of one selector of a rule. */
export const ruleLabelsMax = 64;

/** Faults of a rules file that are told at once: more would not be read. */
export const ruleFaultsMax = 20;

/** Pairs that are shown of those that break a rule: more are counted. */
export const violationsMax = 20;

/** Pairs of names that are asked one by one where a Service, a node or a DNS name is an end: each takes about a millisecond. */
export const namedPairsMax = 5_000;
