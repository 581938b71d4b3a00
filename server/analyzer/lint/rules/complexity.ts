import { workloadText } from "../../model/cluster-model.js";
import type { NetworkPolicyObject, NetworkPolicyRule, PodObject } from "../../model/objects.js";
import type { Direction } from "../../policy/decision.js";
import type { LintRule } from "../finding.js";
import { countText } from "../finding-text.js";
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
        message: `${workloadText(context.model.workloadOf(pod))} has ${count} combinations of peer and port for ${direction}, from ${countText(policies, "policy")}; more than ${context.bounds.rulesPerPodMax} are hard to follow, and slow on some network plugins.`,
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
  readonly policies: number;
};

/** One finding for each policy that weighs most on some pod, with the pod that has most rules. */
const heaviestPods = (
  context: LintContext,
): readonly { readonly largest: NetworkPolicyObject; readonly heaviest: Weight }[] => {
  const found = new Map<NetworkPolicyObject, Weight>();
  const weights = new Map(context.policies.map((policy) => [policy, weightsOf(policy)]));
  for (const group of context.groups) {
    const pod = group.pods[0] as PodObject;
    for (const sum of sumsOf(context.policiesOf(group), weights)) {
      const { count, largest } = sum;
      if (largest === undefined || count <= context.bounds.rulesPerPodMax) continue;
      if ((found.get(largest)?.count ?? 0) < count) found.set(largest, { ...sum, pod });
    }
  }
  return [...found].map(([largest, heaviest]) => ({ largest, heaviest }));
};

type Weights = Readonly<Record<Direction, number | undefined>>;

type Sum = {
  readonly direction: Direction;
  count: number;
  policies: number;
  most: number;
  largest: NetworkPolicyObject | undefined;
};

const sumsOf = (
  policies: readonly NetworkPolicyObject[],
  weights: ReadonlyMap<NetworkPolicyObject, Weights>,
): readonly Sum[] => {
  const sums = [emptySum("ingress"), emptySum("egress")];
  for (const policy of policies) {
    const weight = weights.get(policy);
    for (const sum of sums) addWeight(sum, policy, weight?.[sum.direction]);
  }
  return sums;
};

const emptySum = (direction: Direction): Sum => ({
  direction,
  count: 0,
  policies: 0,
  most: -1,
  largest: undefined,
});

const addWeight = (sum: Sum, policy: NetworkPolicyObject, weight: number | undefined): void => {
  if (weight === undefined) return;
  sum.policies++;
  sum.count += weight;
  if (weight <= sum.most) return;
  sum.most = weight;
  sum.largest = policy;
};

/** Combinations of peer and port by direction; undefined for a direction that the policy does not isolate. */
const weightsOf = ({ isolates, ingress, egress }: NetworkPolicyObject): Weights => ({
  ingress: isolates.includes("ingress") ? weightOf(ingress) : undefined,
  egress: isolates.includes("egress") ? weightOf(egress) : undefined,
});

const weightOf = (rules: readonly NetworkPolicyRule[]): number =>
  rules.reduce((sum, { peers, ports }) => sum + (peers?.length ?? 1) * (ports?.length ?? 1), 0);
