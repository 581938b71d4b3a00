import type { WorldOptions } from "../../server/analyzer/create-world.js";
import type { DiagnosisQuestion } from "../../server/analyzer/diagnose/diagnose.js";
import type { ClusterObject } from "../../server/analyzer/model/objects.js";

/** A cluster and what is asked of it. */
export type CaseSide = {
  /** Completes "finds it ..." or "does not find it ...": "when no node takes the pod". */
  readonly when: string;
  readonly objects: readonly ClusterObject[];
  readonly question?: Partial<DiagnosisQuestion>;
  readonly options?: Omit<WorldOptions, "model">;
};

/** A code with a cluster that shows it and one that looks alike and must not. */
export type CodeCase = {
  readonly code: string;
  readonly shows: CaseSide;
  /** Of `shows`: the effect on the status; connected for what stops nothing. */
  readonly status: string;
  readonly lookAlike: CaseSide;
};
