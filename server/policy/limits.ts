// Named bounds of questions about policies: one constant a limit, with its reason. Every one is listed in docs/limits.md and reached by a test.

// Questions

/** Bytes of one question with its manifests: 10,000 workloads as YAML, as interfaces promise. */
export const policyRequestBytesMax = 16 * 1024 * 1024;

/** Processes at once for questions that bring their own manifests: the rest of a small machine is for the agents. */
export const policyWorkersMax = 2;

/** Questions that wait for a process, in each of the two queues. */
export const policyWaitingMax = 32;

/** Characters of the questions that wait in one queue: four of the largest. */
export const policyWaitingCharsMax = 64 * 1024 * 1024;

/** Time for one question, in ms: reading and compiling 10,000 workloads and listing all their connections. */
export const policyQuestionMsMax = 60_000;

/** When a caller who was refused for want of room may ask again, in ms. */
export const policyRetryMs = 1_000;

/** MiB that the objects of one question with its own manifests may take: the largest request needs half of it. */
export const policyHeapMibMax = 768;

/** MiB that the objects of the live model may take: twice while it is read anew, 10,000 pods need 500 MiB. */
export const policyLiveHeapMibMax = 2_048;

/** Share of the process's memory bound that one question with its own manifests may take, where memory is small. */
export const policyHeapShareMax = 0.15;

/** The same for the live model; with two questions it leaves a quarter to the server. */
export const policyLiveHeapShareMax = 0.4;

/** MiB that a process gets however small the memory is: less does not even start. */
export const policyHeapMibMin = 64;

/** How long a process without questions is kept, in ms: people and pages of lists come again within a minute. */
export const policyIdleMs = 60_000;

/** How much less a process of questions wants to run than the server, as `nice` has it: agents go first. */
export const policyNiceness = 10;

/** Characters of what a process wrote before it died that the log shows. */
export const policyStderrCharsMax = 2_000;

// Answers

/** Entries of one page of findings, differences and exposure unless the question says otherwise. */
export const policyPageDefault = 1_000;

/** Entries of one page of connections unless the question says otherwise. */
export const policyConnectionsPageDefault = 100;

/** Worlds, one for each profile, that are kept of one model: most callers ask for the default one. */
export const policyWorldsMax = 2;

// The live model

/** How long the files must be quiet before they are read, in ms: an editor or a checkout writes many at once. */
export const policyQuietMs = 300;

/** How long a change may wait for quiet, in ms. */
export const policyQuietMsMax = 5_000;

/** How often the files are looked at when nothing says that they have changed, in ms: network file systems say nothing. */
export const policyPollMs = 10_000;

/** Time to read the live model, in ms: 256 MiB of YAML take half of it. */
export const policyLoadMsMax = 120_000;

/** Times that files are read again because they changed meanwhile; the next look comes soon anyway. */
export const policyLoadTriesMax = 3;

/** Longest wait until a load that ended its process is tried again, in ms. */
export const policyLoadRetryMsMax = 300_000;

/** Folders that are watched for changes; what is in others is seen by the next look. */
export const policyWatchedFoldersMax = 512;

/** Files and folders that are looked at for changes. */
export const policyEntriesMax = 200_000;

/** Problems of one load that are logged: the answers list more. */
export const policyProblemsLoggedMax = 20;
