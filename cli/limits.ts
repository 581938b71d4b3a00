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
