// Named bounds of the analyzer: one constant a limit, with its reason. Every one is listed in docs/limits.md and reached by a test.

// Names of questions.

/** Characters of a name in a question: two names of DNS length and a kind. */
export const nameCharsMax = 600;

/** Near misses that a not-found message offers: more would be a list to read. */
export const nearMissesMax = 3;

/** Names that a wrong one is compared with: comparing takes a microsecond each. */
export const nearNamesComparedMax = 20_000;

/** Meanings of an ambiguous name that the message lists. */
export const candidatesMax = 8;

// Input.

/** Problems of the input that an answer lists. */
export const problemsListedMax = 100;

// DNS.

/** Characters of a Corefile: a ConfigMap holds a MiB at most. */
export const corefileCharsMax = 1_048_576;

/** Words of a Corefile: a hundred server blocks have a few thousand. */
export const corefileTokensMax = 50_000;
