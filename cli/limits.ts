// Named bounds of the command line.

/** Agents that one call of ListAgents asks for. */
export const agentsPageSize = 1000;

/** Pages of agents that are read: 100 000 agents are more than one server takes. */
export const agentPagesMax = 100;

/** Milliseconds that a read waits for the server; a matrix of the largest mesh takes a tenth. */
export const readTimeoutMs = 10_000;

/** Bytes of one answer: the matrix of 1000 agents has about 90 MB. */
export const answerBytesMax = 256 * 1024 * 1024;

/** Milliseconds between two reads of --watch where the server has no stream. */
export const watchIntervalMs = 2000;

/** Pairs that are listed below a matrix. */
export const matrixProblemsMax = 20;

/** Agents of a demo: each is a process of its own with about 70 MB. */
export const demoNodesMax = 250;

/** Milliseconds that the demo's processes have to end before they are killed. */
export const demoStopMs = 5000;

/** Lines of a demo process that are kept, to show why it ended. */
export const demoTailLinesMax = 20;

/** Milliseconds until the next try when a pipe that does not block is full; its reader is never given up. */
export const fullPipeWaitMs = 2;

/** Milliseconds that a question about policies waits for the server: it may take as long as the server lets it. */
export const policyTimeoutMs = 120_000;

/** Rows that one page of a list asks for: as many as the server gives. */
export const policyPageSize = 1000;

/** Pages of one list that are read: a million rows, ten times those of 1,000 workloads under 500 policies. */
export const policyPagesMax = 1000;

/** Times that a list is read anew because the server's model has changed in between. */
export const listRestartsMax = 3;

/** Problems of the input that are printed to standard error; the rest is counted. */
export const problemsPrintedMax = 20;

/** Ways of a pair that are printed in full; -o wide prints all. */
export const pathsPrintedMax = 8;

/** Points of one list in a text for reading, such as misses or violations; -o wide prints all. */
export const pointsPrintedMax = 10;

/** Rows that are turned into CSV at once: enough to make the cost of the call small. */
export const csvRowsAtOnce = 500;

/** Characters that are gathered before they are written: one write takes a pipe's whole buffer and more. */
export const chunkCharsMax = 256 * 1024;

/** Edges of a graph that is drawn as SVG: the layout of more takes minutes and shows nothing. */
export const svgEdgesMax = 2000;

/** Milliseconds after which a run says on standard error what it does. */
export const progressAfterMs = 1000;

/** Milliseconds between two words of progress on a terminal. */
export const progressTerminalMs = 100;

/** Milliseconds between two lines of progress elsewhere. */
export const progressLineMs = 10_000;

/** Bytes of a file of rules or suppressions. */
export const sideFileBytesMax = 1024 * 1024;

/** Bytes of manifests that are sent to the server in one question: its own bound is 16 MiB for the whole request. */
export const changesBytesMax = 15 * 1024 * 1024;

/** Megabytes of one connection to the server: twice the largest question, which waits here until the server takes it. */
export const sessionMemoryMbMax = 32;

/** Bytes that are encoded and written at once: any piece of `chunkCharsMax` characters fits. */
export const writeBufferBytes = 1024 * 1024;

/** Rows of a list between two words of progress: some milliseconds of work. */
export const progressRows = 8192;

/** Edges of a graph that are drawn as curves: the layout of more fails here and there, and shows nothing more. */
export const curvedEdgesMax = 100;
