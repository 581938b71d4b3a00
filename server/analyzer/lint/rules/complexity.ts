import { workloadText } from "../../model/cluster-model.js";
import type { NetworkPolicyObject, PodObject } from "../../model/objects.js";
import type { Direction } from "../../policy/decision.js";
import type { LintRule } from "../finding.js";
import { countText } from "../finding-text.js";
import { rulesPerPodMax } from "../limits.js";
import type { LintContext } from "../lint-context.js";

/** Data planes write one entry for each peer and port of a rule, people read them one by one. */
export const tooManyRules: LintRule = {
  id: "CW048",
  title: "too-many-rules",
  severity: "low",
  summary: "A pod has very many rules in one direction.",
  *run(context) {
    for (const { largest, heaviest } of heaviestPods(context)) {
      const { pod, direction, count, policies } = heaviest;
      yield {
        message: `${workloadText(context.model.workloadOf(pod))} has ${count} combinations of peer and port for ${direction}, from ${countText(policies.length, "policy")}; more than ${rulesPerPodMax} are hard to follow, and slow on some network plugins.`,
        fix: "Merge rules: select by one label instead of many names, use ranges of ports, remove what is redundant.",
        object: largest,
        path: ["spec", direction],
      };
    }
  },
};

type Weight = {
  readonly pod: PodObject;
  readonly direction: Direction;
  readonly count: number;
  readonly policies: readonly NetworkPolicyObject[];
};

/** One finding for each policy that weighs most on some pod, with the pod that has most rules. */
const heaviestPods = (
  context: LintContext,
): readonly { readonly largest: NetworkPolicyObject; readonly heaviest: Weight }[] => {
  const found = new Map<NetworkPolicyObject, Weight>();
  for (const group of context.groups) {
    for (const direction of ["ingress", "egress"] as const) {
      const policies = context
        .policiesOf(group)
        .filter(({ isolates }) => isolates.includes(direction));
      const weights = policies.map((policy) => weightOf(policy, direction));
      const count = weights.reduce((sum, weight) => sum + weight, 0);
      if (count <= rulesPerPodMax) continue;
      const most = weights.reduce((max, weight) => Math.max(max, weight), 0);
      const largest = policies[weights.indexOf(most)] as NetworkPolicyObject;
      if ((found.get(largest)?.count ?? 0) >= count) continue;
      const pod = group.pods[0] as PodObject;
      found.set(largest, { pod, direction, count, policies });
    }
  }
  return [...found].map(([largest, heaviest]) => ({ largest, heaviest }));
};

const weightOf = (policy: NetworkPolicyObject, direction: Direction): number =>
  policy[direction].reduce(
    (sum, { peers, ports }) => sum + (peers?.length ?? 1) * (ports?.length ?? 1),
    0,
  );
