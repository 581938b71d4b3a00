import {
  coverageStepsMax,
  dnsStepsMax,
  equalPriorityPairsMax,
  findingsPerRuleMax,
  nearLabelSetsMax,
  nearSearchesMax,
  oneSidedPairsPerPeerMax,
  oneSidedStepsMax,
  orderedPairsMax,
  rulesPerPodMax,
} from "./limits.js";

/** Bounds that lint works with; tests give smaller ones. */
export type LintBounds = {
  readonly findingsPerRuleMax: number;
  readonly nearLabelSetsMax: number;
  readonly nearSearchesMax: number;
  readonly oneSidedStepsMax: number;
  readonly oneSidedPairsPerPeerMax: number;
  readonly coverageStepsMax: number;
  readonly equalPriorityPairsMax: number;
  readonly rulesPerPodMax: number;
  readonly dnsStepsMax: number;
  readonly orderedPairsMax: number;
};

/** The bounds of `limits.ts`. */
export const lintBounds: LintBounds = {
  findingsPerRuleMax,
  nearLabelSetsMax,
  nearSearchesMax,
  oneSidedStepsMax,
  oneSidedPairsPerPeerMax,
  coverageStepsMax,
  equalPriorityPairsMax,
  rulesPerPodMax,
  dnsStepsMax,
  orderedPairsMax,
};
