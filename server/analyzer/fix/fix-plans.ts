import type { PolicyWorld } from "../policy-world.js";
import type { Draft } from "./fix-drafts.js";
import type { AddedPolicy } from "./manifest-yaml.js";
import { networkPolicyOf } from "./network-policy-plan.js";
import { orderedPolicyOf } from "./ordered-policy-plan.js";

/** Policies of one way to mend what is lacking. */
export type FixPlan = readonly { readonly draft: Draft; readonly policy: AddedPolicy }[];

/**
 * The ways to mend what is lacking, the plainest first: NetworkPolicies for all; where the baseline tier denies a pod that
 * no NetworkPolicy isolates, one would isolate it, so that an ordered policy in its place is the second way.
 */
export function* plansOf(world: PolicyWorld, drafts: readonly Draft[]): Generator<FixPlan> {
  yield planOf(world, drafts, () => false);
  if (drafts.some(isAtBaseline)) yield planOf(world, drafts, isAtBaseline);
}

/** Whether the subject of a draft is not isolated yet. */
export const isAtBaseline = ({ needs }: Draft): boolean =>
  needs.some(({ baseline }) => baseline !== undefined);

const planOf = (
  world: PolicyWorld,
  drafts: readonly Draft[],
  isOrdered: (draft: Draft) => boolean,
): FixPlan => {
  const taken = new Set<string>();
  return drafts.map((draft) => {
    const policy = isOrdered(draft)
      ? orderedPolicyOf(world, draft, taken)
      : networkPolicyOf(world, draft, taken);
    taken.add(`${policy.namespace}/${policy.name}`);
    return { draft, policy };
  });
};
