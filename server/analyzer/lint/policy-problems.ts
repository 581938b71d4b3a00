import type { ProblemView } from "../answers.js";
import type { LintContext } from "./lint-context.js";

/** Kinds whose faults are faults of policies. */
const policyObject = /^(\w*NetworkPolicy) /;

/** What the loader has found in policies: errors and warnings of one code. */
export const policyProblems = (
  { world }: LintContext,
  code: "invalid" | "deprecated",
): readonly ProblemView[] =>
  world.view.problems.filter(
    (problem) =>
      problem.code === code && problem.severity !== "info" && policyObject.test(problem.object),
  );
