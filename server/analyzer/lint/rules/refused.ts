import type { ProblemView } from "../../answers.js";
import type { LintRule } from "../finding.js";
import type { LintContext } from "../lint-context.js";
import { policyProblems } from "../policy-problems.js";
import { cidrHostBits } from "./cidr-form.js";

/** What the API server refuses or drops is not in the model: whoever wrote it believes that it is. */
export const objectRefused: LintRule = {
  id: "CW049",
  title: "policy-refused",
  severity: "high",
  summary: "The API server would refuse a policy, or drop a field of it.",
  *run(context) {
    const problems = policyProblems(context, "invalid");
    if (problems.length === 0) return;
    const known = placesOfHostBits(context);
    for (const { severity, message, object, file, line } of problems) {
      if (known.has(placeText(file, line))) continue;
      yield {
        severity: severity === "error" ? "high" : "medium",
        message: `${severity === "error" ? "The API server refuses this policy" : "Part of this policy is not as the API has it"}: ${message}.`,
        fix: "Correct the field; kubectl apply --dry-run=server shows what the API server says.",
        subject: object,
        location: { file, line },
      };
    }
  },
};

const placeText = (file: string, line: ProblemView["line"]): string => `${file}:${line}`;

/** Host bits are told by a rule of their own. */
const placesOfHostBits = (context: LintContext): ReadonlySet<string> => {
  const places = [...cidrHostBits.run(context)].map(({ object, path = [] }) =>
    context.world.locate(object?.origin, path),
  );
  return new Set(places.map(({ file, line }) => placeText(file, line)));
};
