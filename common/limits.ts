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
