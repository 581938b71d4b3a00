import { duplicatesOf } from "../duplicate-policies.js";
import type { LintRule } from "../finding.js";
import { objectText } from "../finding-text.js";

/** Two policies with equal content: one of them will be changed and the other forgotten. */
export const duplicatePolicy: LintRule = {
  id: "CW033",
  title: "duplicate-policy",
  severity: "low",
  summary: "Two policies of a namespace say the same.",
  *run(context) {
    for (const [policy, first] of duplicatesOf(context)) {
      yield {
        message: `The policy says the same as ${objectText(first)}.`,
        fix: "Remove one of them.",
        object: policy,
        path: ["metadata", "name"],
      };
    }
  },
};
