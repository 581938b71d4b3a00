import type { NetworkPolicyPeer } from "../model/objects.js";
import type { Direction, EvaluatedPolicy, Part, PolicyEndpoint } from "../policy/decision.js";
import type { PolicyWorld } from "../policy-world.js";
import {
  intersectConnections,
  isEmptyConnections,
  subtractConnections,
} from "../sets/connections.js";
import type { JudgedWay } from "./judge-way.js";
import { conventionChecksMax } from "./limits.js";
import { unresolvedText } from "./miss-text.js";
import { networkPolicyPeerFit } from "./peer-fit.js";
import { ruleFits } from "./rule-fit.js";
import { policyTitle, ruleTitle } from "./views.js";

/**
 * Each direction lets something through, and no port is common to both: with no port asked, that is what denies.
 */
export const noCommonPortWarnings = (judged: readonly JudgedWay[]): readonly string[] =>
  judged.some(({ way, decision, verdict, counts }) => {
    const { egress, ingress } = decision;
    return (
      counts &&
      verdict === "denied" &&
      !isEmptyConnections(intersectConnections(way.asked, egress.allowed)) &&
      !isEmptyConnections(intersectConnections(way.asked, ingress.allowed))
    );
  })
    ? ["egress and ingress each allow some ports, and none in common"]
    : [];

/** Rules that would let a denied way through, did the destination have a port of the name that they give. */
export const namedPortWarnings = (
  { model, engine }: PolicyWorld,
  judged: readonly JudgedWay[],
): readonly string[] =>
  judged
    .filter(({ counts, verdict }) => counts && verdict !== "allowed")
    .slice(0, conventionChecksMax)
    .flatMap(({ way, decision }) =>
      [decision.egress, decision.ingress].flatMap(({ direction, policies, allowed }) => {
        if (isEmptyConnections(subtractConnections(way.asked, allowed))) return [];
        const peer = direction === "egress" ? decision.destination : decision.source;
        const context = { model, profile: engine.profile };
        const names = { source: way.source.view.name, destination: way.destination.view.name };
        return policies
          .filter((policy) => hasNamedPorts(policy, direction))
          .flatMap((policy) =>
            ruleFits(context, policy, direction, { peer, destination: decision.destination }),
          )
          .filter(({ nearest, unresolved }) => nearest === undefined && unresolved.length > 0)
          .map((fit) =>
            unresolvedText(fit, {
              peer: direction === "egress" ? names.destination : names.source,
              destination: names.destination,
            }),
          );
      }),
    );

const hasNamedPorts = (policy: EvaluatedPolicy, direction: Direction): boolean =>
  policy[direction].some(({ ports = [] }) => ports.some(({ kind }) => kind === "named"));

/**
 * Ingress from outside that rules judge by address: a load balancer or a node on the way may put its own in place of the
 * client's (Kubernetes documentation, "ipBlock").
 */
export const sourceNatWarnings = (judged: readonly JudgedWay[]): readonly string[] => {
  const byAddress = judged.flatMap(({ way, decision }) =>
    way.ends[0].kind === "addresses" && way.through?.route.sourceNat !== true
      ? decision.ingress.parts.flatMap((part) => blockRules(part))
      : [],
  );
  const [first] = byAddress;
  return first === undefined
    ? []
    : [
        `${first} goes by the client's address: where a load balancer or a node translates it on the way, the rule sees the translated one`,
      ];
};

const blockRules = (part: Part): readonly string[] => {
  if (part.by !== "networkpolicy" || part.action !== "accept") return [];
  const { policy, direction, index } = part.rule;
  if (policy.kind !== "NetworkPolicy") return [];
  const peers = policy[direction][index]?.peers ?? [];
  return peers.some(({ kind }) => kind === "ipBlock") ? [ruleTitle(part.rule)] : [];
};

/**
 * Rules that let a way through by one of two items of a list that look as if they were meant as one: a namespaceSelector,
 * and a podSelector behind a dash of its own.
 */
export const dashWarnings = (
  { model, engine }: PolicyWorld,
  judged: readonly JudgedWay[],
): readonly string[] =>
  judged.slice(0, conventionChecksMax).flatMap(({ decision }) =>
    [decision.egress, decision.ingress].flatMap(({ direction, parts }) => {
      const end = direction === "egress" ? decision.destination : decision.source;
      const context = { model, profile: engine.profile };
      return parts.flatMap((part) => {
        if (part.by !== "networkpolicy" || part.action !== "accept") return [];
        const { policy, index } = part.rule;
        if (policy.kind !== "NetworkPolicy") return [];
        const { namespace } = policy;
        const matches = (peer: NetworkPolicyPeer): boolean =>
          networkPolicyPeerFit(context, end, { peer, namespace }).unmet.length === 0;
        const side = loneSide(policy[direction][index]?.peers ?? [], matches, end);
        return side === ""
          ? []
          : [
              `${ruleTitle(part.rule)} lets it through by ${side} alone: a dash of its own makes each selector an alternative; in one item both must match`,
            ];
      });
    }),
  );

/** Which of a pair of lone selectors holds the end, where the other does not. */
const loneSide = (
  peers: readonly NetworkPolicyPeer[],
  matches: (peer: NetworkPolicyPeer) => boolean,
  end: PolicyEndpoint,
): string => {
  if (end.kind !== "pod" || peers.length !== 2) return "";
  const [one, other] = peers;
  if (one?.kind !== "pods" || other?.kind !== "pods") return "";
  const loneNamespace = [one, other].find(
    ({ namespaceSelector, podSelector }) =>
      namespaceSelector !== undefined && podSelector === undefined,
  );
  const lonePod = [one, other].find(
    ({ namespaceSelector, podSelector }) =>
      namespaceSelector === undefined && podSelector !== undefined,
  );
  if (loneNamespace === undefined || lonePod === undefined) return "";
  if (matches(loneNamespace) === matches(lonePod)) return "";
  return matches(loneNamespace) ? "its namespaceSelector" : "its podSelector";
};

/** Policies that decide, in a cluster whose network plugin does not enforce them. */
export const enforcementWarnings = (
  judged: readonly JudgedWay[],
  plugin: { readonly name: string; readonly enforcesPolicy: boolean | undefined },
): readonly string[] => {
  if (plugin.enforcesPolicy !== false) return [];
  const policy = judged
    .flatMap(({ decision }) => [...decision.egress.policies, ...decision.ingress.policies])
    .at(0);
  return policy === undefined
    ? []
    : [
        `the network plugin is ${plugin.name}, which does not enforce policies: ${policyTitle(policy)} has no effect without a policy engine`,
      ];
};
