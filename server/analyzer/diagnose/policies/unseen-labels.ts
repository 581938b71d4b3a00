import type { DoubtView } from "../../answers.js";
import { namespaceNameLabel } from "../../model/cluster-model.js";
import type { NetworkPolicyObject, NetworkPolicyPeer } from "../../model/objects.js";
import { networkPolicyPeerFit, type Unmet, unmetText } from "../../pair/peer-fit.js";
import { portsFit } from "../../pair/port-fit.js";
import { policyName } from "../../pair/views.js";
import type { DirectionDecision, PolicyEndpoint } from "../../policy/decision.js";
import type { PolicyWorld } from "../../policy-world.js";
import { seesLabelsOf } from "../../seen-objects.js";
import { holdsWay, type Way } from "../situation/way.js";

type World = Pick<PolicyWorld, "model" | "view" | "engine">;

/**
 * Why a denial by NetworkPolicies may be none: a rule goes by labels of the peer's namespace, and the model does not have
 * that Namespace. Undefined where no rule does.
 */
export const unseenLabelsOf = (
  world: World,
  decision: DirectionDecision,
  way: Way,
): Omit<DoubtView, "connections"> | undefined => {
  const { direction } = decision;
  const peer = direction === "egress" ? way.destination : way.source;
  if (way.destination === undefined || peer?.kind !== "pod") return undefined;
  const { namespace } = peer.pod;
  if (seesLabelsOf(world, namespace)) return undefined;
  for (const policy of denyingOf(decision, way)) {
    for (const [index, { peers = [], ports }] of policy[direction].entries()) {
      if (!holdsWay(portsFit(ports, way.destination), way)) continue;
      const wanted = peers.map((each) => wantedLabels(world, policy, [each, peer])).find(Boolean);
      if (wanted === undefined) continue;
      return {
        reason: "model-incomplete",
        text: `${direction} rule ${index + 1} of ${policyName(policy)} goes by labels of namespaces (${wanted}), and the model has no Namespace ${namespace}`,
      };
    }
  }
  return undefined;
};

const denyingOf = ({ parts }: DirectionDecision, way: Way): readonly NetworkPolicyObject[] =>
  parts.flatMap((part) =>
    part.by === "networkpolicy" && part.action === "deny" && holdsWay(part.connections, way)
      ? part.policies
      : [],
  );

/** The labels of its namespace that an end lacks for a peer of a rule, and nothing else; else "". */
const wantedLabels = (
  { model, engine: { profile } }: World,
  { namespace }: NetworkPolicyObject,
  [peer, end]: readonly [NetworkPolicyPeer, PolicyEndpoint],
): string => {
  const { unmet } = networkPolicyPeerFit({ model, profile }, end, { peer, namespace });
  return unmet.every(isUnseenLabel) ? unmet.map(unmetText).join(", ") : "";
};

const isUnseenLabel = (unmet: Unmet): boolean =>
  "requirement" in unmet &&
  unmet.of === "namespace" &&
  unmet.requirement.key !== namespaceNameLabel;
