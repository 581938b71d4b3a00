import type { DiagnosisAnswer } from "../../answers.js";
import type { AccessMode } from "../situation/way.js";

/** Something that was not looked at or is not known. */
export type Gap = DiagnosisAnswer["limits"][number] & {
  /** What it takes from the confidence of the modes that it concerns. */
  readonly cost: number;
  readonly modes: readonly AccessMode[];
  /** Whether it also weakens what was found, not only what was not. */
  readonly weakensFindings: boolean;
  /** Whether it is a fault itself: a pod that is not ready. */
  readonly isFault: boolean;
};

const allModes: readonly AccessMode[] = ["podIP", "serviceIP", "name"];

/** A gap that costs nothing and concerns all modes unless said otherwise. */
export const gap = (
  what: string,
  why: string,
  effect: string,
  parts: Partial<Pick<Gap, "cost" | "modes" | "weakensFindings" | "isFault">> = {},
): Gap => ({
  what,
  why,
  effect,
  cost: 0,
  modes: allModes,
  weakensFindings: false,
  isFault: false,
  ...parts,
});
