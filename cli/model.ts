/** An agent as the command line shows it; words in lower case, times in milliseconds since 1970. */
export type AgentView = {
  readonly agentId: string;
  readonly node: string;
  readonly plane: string;
  readonly kind: string;
  /** up, suspect or lost. */
  readonly state: string;
  readonly reason: string;
  readonly version: string;
  readonly nodeIp: string;
  readonly podIp: string;
  readonly pod: string;
  readonly zone: string;
  readonly sinceMs: number | undefined;
  readonly lastSeenMs: number | undefined;
  readonly clockSkewUs: number | undefined;
  readonly appliedRevision: string;
  readonly spooledBatches: number;
  readonly lostResults: number;
  readonly unavailable: Readonly<Record<string, string>>;
  readonly planError: string;
};

/** One cell of the matrix. */
export type CellView = {
  readonly target: string;
  readonly kind: string;
  /** ok, degraded, down, stale or not_measured. */
  readonly state: string;
  readonly rttUs: number | undefined;
  readonly lossRatio: number | undefined;
  readonly sent: number;
  readonly lost: number;
  readonly outcome: string;
  readonly measuredAtMs: number | undefined;
};

/** The matrix: cells by source, then by target. */
export type MatrixView = {
  readonly sources: readonly string[];
  readonly targets: readonly string[];
  readonly rows: ReadonlyMap<string, ReadonlyMap<string, CellView>>;
  readonly notMeasured: number;
  /** False for a frame that has only what changed. */
  readonly whole: boolean;
  readonly serverTimeMs: number | undefined;
};

/** One kind of probe of a pair. */
export type PairKindView = {
  readonly kind: string;
  readonly state: string;
  readonly destination: string;
  readonly outcome: string;
  readonly detail: string;
  readonly rttUs: number | undefined;
  readonly measuredAtMs: number | undefined;
  readonly sent: number;
  readonly lost: number;
  readonly rttUsP50: number | undefined;
  readonly rttUsP99: number | undefined;
};

/** One direction of a pair. */
export type DirectionView = {
  readonly source: string;
  readonly target: string;
  readonly kinds: readonly PairKindView[];
};

/** A pair; reverse is undefined when the target does not probe. */
export type PairView = DirectionView & { readonly reverse: DirectionView | undefined };

/** One of the worst pairs. */
export type WorstView = { readonly source: string; readonly cell: CellView };

/** One probe of a run on demand. */
export type ProbeView = {
  readonly kind: string;
  readonly destination: string;
  readonly outcome: string;
  readonly rttUs: number | undefined;
  readonly detail: string;
};

/** A run on demand. */
export type RunView = {
  readonly source: string;
  readonly target: string;
  readonly results: readonly ProbeView[];
};
