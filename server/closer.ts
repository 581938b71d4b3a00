/** Ends one part of the server; parts end in the reverse order of their start. */
export type Closer = () => Promise<void> | void;
