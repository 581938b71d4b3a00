import {
  connectionSetsMax,
  deadClassesMax,
  pairMemoMax,
  pairOutcomesMax,
  staleEntriesMax,
} from "./limits.js";

/** Bounds that an engine is made with; tests give smaller ones. */
export type EngineBounds = {
  readonly pairMemoMax: number;
  readonly pairOutcomesMax: number;
  readonly connectionSetsMax: number;
  readonly deadClassesMax: number;
  readonly staleEntriesMax: number;
};

/** The bounds of limits.ts. */
export const engineBounds: EngineBounds = {
  pairMemoMax,
  pairOutcomesMax,
  connectionSetsMax,
  deadClassesMax,
  staleEntriesMax,
};
