import { selects } from "../model/label-selector.js";
import type { NetworkPolicyObject, PodObject } from "../model/objects.js";
import { nearestLabels } from "../near-labels.js";
import type { PolicyWorld } from "../policy-world.js";
import { intersectConnections, isEmptyConnections } from "../sets/connections.js";
import { missRulesMax } from "./limits.js";
import type { Denied, MissQuestion, RankedMiss } from "./misses.js";
import { ruleFits } from "./rule-fit.js";
import { policyTitle, policyView } from "./views.js";

/** As near as a peer with a slip in its labels. */
const subjectRank = 5;

/**
 * Policies that would let denied connections through, did their podSelector not miss the pod by a slip: they select
 * something else, or nothing.
 */
export const subjectMisses = (
  world: PolicyWorld,
  question: MissQuestion,
  denied: Denied,
): readonly RankedMiss[] => {
  const { pair, direction, names } = question;
  const [subject, peer] =
    direction === "egress" ? [pair.source, pair.destination] : [pair.destination, pair.source];
  if (subject.kind !== "pod" || isEmptyConnections(denied.byNetworkPolicies)) return [];
  const context = { model: world.model, profile: world.engine.profile };
  return nearPolicies(world, subject.pod).flatMap(({ policy, text }) => {
    const fits = ruleFits(context, policy, direction, { peer, destination: pair.destination });
    const wouldAllow =
      policy.isolates.includes(direction) &&
      fits.some(
        ({ nearest, fit }) =>
          nearest === undefined &&
          !isEmptyConnections(intersectConnections(fit, denied.byNetworkPolicies)),
      );
    if (!wouldAllow) return [];
    const name = direction === "egress" ? names.source : names.destination;
    return [
      {
        rank: subjectRank,
        miss: {
          kind: "subject-mismatch",
          policy: policyView(world.locate, policy),
          unmet: nearestLabels(policy.podSelector, [subject.pod.labels])?.unmet.map(podText) ?? [],
          text: `${policyTitle(policy)} would allow it, but its podSelector does not select ${name}`,
          hint: `did you mean ${text}?`,
        },
      },
    ];
  });
};

const podText = (requirement: string): string => `pod ${requirement}`;

const nearPolicies = (
  { model }: PolicyWorld,
  pod: PodObject,
): readonly { readonly policy: NetworkPolicyObject; readonly text: string }[] =>
  [...model.networkPoliciesIn(pod.namespace)]
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .slice(0, missRulesMax)
    .flatMap((policy) => {
      if (selects(policy.podSelector, pod.labels)) return [];
      const near = nearestLabels(policy.podSelector, [pod.labels]);
      return near?.slip === true ? [{ policy, text: near.text }] : [];
    });
