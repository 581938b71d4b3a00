// Named bounds: one constant a limit, with its reason. Every one is listed in docs/limits.md and reached by a test.

// Results on the stream, both ends.

/** Results in a batch: 1000 of them stay below 32 KiB, and a larger batch costs no less CPU a result. */
export const batchResultsMax = 1000;

/** Explained results in a batch: explanations are for the few that failed oddly. */
export const resultDetailsMax = 64;

/** Characters of one explanation: a sentence. */
export const resultDetailCharsMax = 200;

// Configuration
/** Bytes of a --config file: 100 times what every setting with a long list takes. */
export const configFileBytesMax = 256 * 1024;
/** Entries of a list in the configuration (addresses, origins, destinations): they are looked through one by one. */
export const configListEntriesMax = 64;

// Texts and lists on the agent stream, both ends: what is longer breaks the contract.

/** Largest message from an agent: a batch of 1000 results with its dictionary and details stays well below. */
export const agentMessageBytesMax = 262_144;

/** Largest message from a server: a plan of 50000 entries is cut off here, and its agents keep the former one. */
export const serverMessageBytesMax = 4_194_304;

/** Bytes of a textual address: the longest IPv6 spelling. */
export const addressBytesMax = 45;

/** Bytes of a name: node, host, agent_id; what DNS allows. */
export const nameBytesMax = 253;

/** Bytes of an HTTP path to probe: no longer path names a health check. */
export const httpPathBytesMax = 1024;

/** Bytes of a pod UID: a UUID has 36. */
export const podUidBytesMax = 64;

/** Bytes of a short word: boot id, epoch, request id, version, plane, reason. */
export const wordBytesMax = 256;

/** Bytes of an explanation for people. */
export const explanationBytesMax = 1024;

/** Bytes of a target key: KIND|TARGET. */
export const targetKeyBytesMax = 300;

/** Bytes of a bearer token: a projected service-account token has about 1 KiB. */
export const tokenBytesMax = 16_384;

/** Abilities that a Hello or a Welcome names. */
export const featuresMax = 64;

/** Addresses of one pod: two families on a few networks. */
export const podAddressesMax = 8;

/** Entries of one plan, both ways. */
export const planEntriesMax = 50_000;

/** Probes of one on-demand run. */
export const runProbesMax = 16;
