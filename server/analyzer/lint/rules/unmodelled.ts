import { groupBy } from "../../../../common/group-by.js";
import { compareTexts } from "../compare-texts.js";
import type { LintRule } from "../finding.js";
import { countText, directionsText, namesText, objectText } from "../finding-text.js";

/** What a policy of another kind selects can't be told, and answers say so. */
export const unmodelledPolicy: LintRule = {
  id: "CW046",
  title: "unmodelled-policy",
  severity: "info",
  summary:
    "Policies of a kind that is not evaluated make the verdicts of the pods that they select unknown.",
  *run(context) {
    const policies = [...context.model.unmodelledPolicies].sort((one, other) =>
      compareTexts(objectText(one), objectText(other)),
    );
    for (const [kind, members] of groupBy(policies, ({ policyKind }) => policyKind)) {
      const [first] = members;
      if (first === undefined) continue;
      const directions = (["ingress", "egress"] as const).filter((direction) =>
        members.some((policy) => policy.directions.includes(direction)),
      );
      yield {
        message: `${countText(members.length, "policy")} of kind ${kind} ${members.length === 1 ? "is" : "are"} not evaluated (${namesText(members.map(objectText))}): for the pods that they select, verdicts ${directionsText(directions)} are unknown.`,
        fix: "Nothing; read unknown as neither allowed nor denied, and look at these policies with their own tools.",
        object: first,
        path: ["kind"],
      };
    }
  },
};
