/** Ends that are one node: they have the same ways to and from all others. */
export type GraphGroup = {
  /** "" for addresses. */
  readonly namespace: string;
  /** Positions of ends; one or more, by name. */
  readonly members: readonly number[];
  /** Whose ways stand for those of all; addresses are cut differently as sources and as destinations. */
  readonly asSource: number | undefined;
  readonly asDestination: number | undefined;
  /** What its members are called. */
  readonly names: readonly string[];
  /** How many addresses it is; 0 for workloads. */
  readonly addressCount: bigint;
  /** What members may do among themselves; undefined for nothing, or for a single one. */
  readonly among: number | undefined;
};
