import { workloadText } from "../../model/cluster-model.js";
import type { PodObject } from "../../model/objects.js";
import type { DirectionDecision, PairDecision } from "../../policy/decision.js";
import { fixedConnections, namedConnections, namedPortsOf } from "../../policy/rule-connections.js";
import {
  type ConnectionSet,
  connectionsText,
  intersectConnections,
  isEmptyConnections,
  unionConnections,
} from "../../sets/connections.js";
import { isForDnsOnly } from "../dns-ports.js";
import type { Finding, LintRule } from "../finding.js";
import { namesText, objectText, peerText } from "../finding-text.js";
import type { LintContext } from "../lint-context.js";
import { type PeerSite, peerSites, ruleText } from "../policy-rules.js";
import { stoppedFinding } from "../stopped-finding.js";

/** A connection needs the source's egress and the destination's ingress: what only one side allows does not pass. */
export const oneSidedPermission: LintRule = {
  id: "CW045",
  title: "one-sided-permission",
  severity: "medium",
  summary:
    "A rule allows connections that the policies of the other end deny, for every pod of the peer.",
  *run(context) {
    let left = context.bounds.oneSidedStepsMax;
    for (const site of peerSites(context)) {
      if (!isSpecific(site)) continue;
      const pairs = pairsOf(context, site);
      if (pairs.length === 0) continue;
      if (left <= 0) {
        yield stoppedFinding("permissions of one side", context.bounds.oneSidedStepsMax);
        return;
      }
      const denied = deniedPairs(context, site, pairs);
      left -= denied.tried * costOf(context, pairs);
      if (denied.first !== undefined) {
        const finding = oneSidedFinding(context, site, denied.first);
        if (finding !== undefined) yield { object: site.policy, path: site.peerPath, ...finding };
      }
    }
  },
};

/** A rule for all pods of all namespaces, or for DNS, is as a rule meant for pods that the model does not show. */
const isSpecific = ({ peer, rule }: PeerSite): boolean =>
  peer.kind === "pods" &&
  (peer.namespaceSelector?.key !== "" || (peer.podSelector?.key ?? "") !== "") &&
  !isForDnsOnly(rule.ports);

/** A source and a destination, one of each group of pods with equal labels. */
type Pair = { readonly source: PodObject; readonly destination: PodObject };

/** The pairs that a rule is for; none where there are more than can be looked at. */
const pairsOf = (context: LintContext, site: PeerSite): readonly Pair[] => {
  const { policy, peer, direction } = site;
  const subjects = context.groupsOf(policy.namespace, policy.podSelector);
  const peers = context.groupsOfPeer(peer, policy.namespace);
  if (subjects.length * peers.length > context.bounds.oneSidedPairsPerPeerMax) return [];
  return subjects.flatMap(({ pods: ours }) =>
    peers.flatMap(({ pods: theirs }) => {
      const [one] = ours;
      // A pod reaches itself whatever policies say, its replicas not.
      const other = theirs.find((pod) => pod !== one);
      if (one === undefined || other === undefined) return [];
      return direction === "egress"
        ? [{ source: one, destination: other }]
        : [{ source: other, destination: one }];
    }),
  );
};

type Denied = {
  readonly tried: number;
  readonly first?: Pair & { readonly decision: PairDecision };
};

/** The first pair, if none of them can use the rule. */
const deniedPairs = (context: LintContext, site: PeerSite, pairs: readonly Pair[]): Denied => {
  let first: Denied["first"];
  for (const [index, pair] of pairs.entries()) {
    const decision = context.world.engine.decide(
      { kind: "pod", pod: pair.source },
      { kind: "pod", pod: pair.destination },
    );
    const wanted = wantedOf(site, pair);
    if (meets(decision.allowed, wanted) || meets(decision.undetermined, wanted)) {
      return { tried: index + 1 };
    }
    first ??= { ...pair, decision };
  }
  return first === undefined ? { tried: pairs.length } : { tried: pairs.length, first };
};

/** How many policies one pair may ask: those of both namespaces. */
const costOf = (context: LintContext, [pair]: readonly Pair[]): number =>
  pair === undefined
    ? 0
    : context.policiesIn(pair.source.namespace).length +
      context.policiesIn(pair.destination.namespace).length;

const wantedOf = ({ rule }: PeerSite, { destination }: Pair): ConnectionSet =>
  unionConnections(
    fixedConnections(rule.ports),
    namedConnections(namedPortsOf(rule.ports), destination),
  );

const meets = (one: ConnectionSet, other: ConnectionSet): boolean =>
  !isEmptyConnections(intersectConnections(one, other));

const oneSidedFinding = (
  context: LintContext,
  site: PeerSite,
  { source, destination, decision }: Pair & { readonly decision: PairDecision },
): Finding | undefined => {
  const { direction, policy, peer } = site;
  const wanted = wantedOf(site, { source, destination });
  const own = direction === "egress" ? decision.egress : decision.ingress;
  const other = direction === "egress" ? decision.ingress : decision.egress;
  // Where the rule's own side denies as well, a tier above it does: that is another matter.
  if (!meets(own.allowed, wanted) || meets(other.allowed, wanted)) return undefined;
  const [from, to] = [source, destination].map((pod) =>
    workloadText(context.model.workloadOf(pod)),
  );
  const [way, word] = direction === "egress" ? ["to", "in"] : ["from", "out"];
  const text = connectionsText(intersectConnections(own.allowed, wanted));
  return {
    message: `${ruleText(site)} allows ${text} ${way} ${peerText(peer, policy.namespace)}, but the other end lets none of it ${word} (${from} to ${to} is denied by ${deniersText(other)}): no such connection passes.`,
    fix:
      direction === "egress"
        ? "Allow the same connections in an ingress policy of the destination, or remove the rule."
        : "Allow the same connections in an egress policy of the source, or remove the rule.",
  };
};

const deniersText = ({ parts, direction }: DirectionDecision): string => {
  const names = parts.flatMap((part) => {
    if (part.by === "tier" && part.action === "deny") return [objectText(part.rule.policy)];
    return part.by === "networkpolicy" && part.action === "deny"
      ? part.policies.map(objectText)
      : [];
  });
  return names.length === 0 ? `the ${direction}` : namesText([...new Set(names)]);
};
