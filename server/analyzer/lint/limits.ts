// Named bounds: one constant a limit, with its reason. Every one is listed in docs/limits.md and reached by a test.

/** Findings of one rule in an answer: what is above is counted in one line, so that one habit does not hide the rest. */
export const findingsPerRuleMax = 200;
/** Names in one message: a few show what is meant, the rest is counted. */
export const namesInMessageMax = 5;
/** Label sets that a selector without matches is compared with for a "did you mean". */
export const nearLabelSetsMax = 300;
/** Selectors without matches that a "did you mean" is looked for: comparing takes a millisecond each. */
export const nearSearchesMax = 500;
/** Policies that are asked in the search for permissions of one side, over all pairs: about a second. */
export const oneSidedStepsMax = 500_000;
/** Pairs that are decided for one peer of a rule: where none of them works and there are more, nothing is said. */
export const oneSidedPairsPerPeerMax = 64;
/** Comparisons of policies and rules in the search for redundant ones: about a second. */
export const coverageStepsMax = 1_000_000;
/** Pairs of rules of equal priority that are compared. */
export const equalPriorityPairsMax = 20_000;
/** Peers times ports of all rules of one pod in one direction, beyond which people and data planes lose track. */
export const rulesPerPodMax = 100;
/** Characters of a file of suppressions: thousands of entries, and a second for one that is made to take long. */
export const suppressionsCharsMax = 262_144;
/** Entries of a file of suppressions, and of one annotation: each is compared with every finding. */
export const suppressionsMax = 5_000;
/** Policies that are asked in the search for pods without DNS, over all pods: about a second. */
export const dnsStepsMax = 200_000;
/** Pairs of rules of ordered policies that are compared for one that hides the other: a hundred policies of 25 rules. */
export const orderedPairsMax = 3_500_000;
