// Named bounds of the lists: one constant a limit, with its reason. Every one is listed in docs/limits.md and reached by a test.

/** Pairs that a list asks the engine for one by one, whatever their share (2 microseconds each). */
export const askedPairsMax = 20_000;

/** Rows from addresses outside that are kept to be sorted (16 bytes each); past this many they are asked for pair by pair. */
export const keptRowsMax = 10_000_000;

/** Policies and rules that a row names as the reason why something can't be told: more would be a list to read. */
export const becauseMax = 8;

/** Hubs of a graph: each is a point that the eye has to pass; what is left is drawn edge by edge. */
export const graphHubsMax = 100;

/** Nodes from which a hub is grown, those first that reach most: more find hardly better ones, and each costs a pass. */
export const graphHubSeedsMax = 8;

/** Names in the label of a node of a graph: more are counted, the members have them all. */
export const graphLabelNamesMax = 3;

/** Edges of a graph that a person can follow; where there are more, nodes of a namespace are joined. */
export const graphEdgesMax = 100;

/** Labels in the label of a joined edge: more are counted. */
export const graphLabelsMax = 2;
