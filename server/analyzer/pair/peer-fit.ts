import { assertNever } from "../../../common/assert.js";
import { type ClusterModel, namespaceNameLabel } from "../model/cluster-model.js";
import {
  everything,
  type LabelSelector,
  labelSelectorOf,
  type Requirement,
  requirementText,
  unmetRequirements,
} from "../model/label-selector.js";
import type {
  IpBlock,
  NetworkPolicyPeer,
  NodeObject,
  PodObject,
  TieredPeer,
} from "../model/objects.js";
import type { PolicyEndpoint } from "../policy/decision.js";
import { isHostPod } from "../policy/policy-end.js";
import type { Profile } from "../policy/profile.js";
import { type IpRange, parseIp } from "../sets/ip.js";

/** Where rules are matched against ends: the model's labels under a profile's conventions. */
export type FitContext = { readonly model: ClusterModel; readonly profile: Profile };

/** What of a peer an end does not meet. */
export type Unmet =
  | { readonly of: "pod" | "namespace"; readonly requirement: Requirement }
  /** The end is no pod that selectors see, or its address is not in the block. */
  | { readonly of: "kind" | "address"; readonly text: string };

/** How far an end is from a peer of a rule: nothing unmet means that it matches. */
export type PeerFit = {
  readonly peer: NetworkPolicyPeer | TieredPeer;
  readonly unmet: readonly Unmet[];
};

/** The requirement in kubectl's spelling, with whose labels it is about: "pod app=web", "namespace team=a". */
export const unmetText = (unmet: Unmet): string =>
  "requirement" in unmet ? `${unmet.of} ${requirementText(unmet.requirement)}` : unmet.text;

/** How far an end is from a peer of a NetworkPolicy in a namespace. */
export const networkPolicyPeerFit = (
  context: FitContext,
  end: PolicyEndpoint,
  { peer, namespace }: { readonly peer: NetworkPolicyPeer; readonly namespace: string },
): PeerFit => {
  if (peer.kind === "ipBlock") return { peer, unmet: blocksUnmet(context, end, [peer.block]) };
  const namespaces =
    peer.namespaceSelector ??
    labelSelectorOf([{ key: namespaceNameLabel, operator: "In", values: [namespace] }]);
  return { peer, unmet: selectorsUnmet(context, end, namespaces, peer.podSelector ?? everything) };
};

/**
 * How far an end is from the peers of a rule of an ordered policy that accepts. One peer that is not known keeps the rule
 * from matching whatever its others hold: then it alone is what is not met.
 */
export const tieredPeerFits = (
  context: FitContext,
  end: PolicyEndpoint,
  peers: readonly TieredPeer[],
): readonly PeerFit[] => {
  const unknown = peers.filter(({ kind }) => kind === "unknown");
  return (unknown.length > 0 ? unknown : peers).map((peer) => tieredPeerFit(context, end, peer));
};

/** How far an end is from a peer of an ordered policy. */
const tieredPeerFit = (context: FitContext, end: PolicyEndpoint, peer: TieredPeer): PeerFit => {
  switch (peer.kind) {
    case "namespaces":
      return { peer, unmet: selectorsUnmet(context, end, peer.selector, everything) };
    case "pods":
      return {
        peer,
        unmet: selectorsUnmet(context, end, peer.namespaceSelector, peer.podSelector),
      };
    case "networks":
      return { peer, unmet: blocksUnmet(context, end, peer.blocks) };
    case "nodes":
      return { peer, unmet: nodeUnmet(context, end, peer.selector) };
    case "domainNames":
      return { peer, unmet: [{ of: "kind", text: `one of the names ${peer.names.join(", ")}` }] };
    case "unknown":
      return { peer, unmet: [{ of: "kind", text: `a peer by ${peer.fields.join(", ")}` }] };
    default:
      return assertNever(peer);
  }
};

const selectorsUnmet = (
  { model, profile }: FitContext,
  end: PolicyEndpoint,
  namespaces: LabelSelector,
  pods: LabelSelector,
): readonly Unmet[] => {
  if (end.kind === "addresses") return [{ of: "kind", text: "a pod of the cluster" }];
  if (end.kind === "node" || isHostPod(end.pod, profile)) {
    return [{ of: "kind", text: "a pod with an address of its own (not the host network)" }];
  }
  const { pod } = end;
  return [
    ...unmetRequirements(namespaces, model.namespace(pod.namespace).labels).map(
      (requirement) => ({ of: "namespace", requirement }) as const,
    ),
    ...unmetRequirements(pods, pod.labels).map(
      (requirement) => ({ of: "pod", requirement }) as const,
    ),
  ];
};

const nodeUnmet = (
  { model, profile }: FitContext,
  end: PolicyEndpoint,
  selector: LabelSelector,
): readonly Unmet[] => {
  const node = nodeOf(model, profile, end);
  if (node === undefined) return [{ of: "kind", text: "a node" }];
  return unmetRequirements(selector, node.labels).map((requirement) => ({
    of: "kind",
    text: `node ${requirementText(requirement)}`,
  }));
};

const nodeOf = (
  model: ClusterModel,
  profile: Profile,
  end: PolicyEndpoint,
): NodeObject | undefined => {
  if (end.kind === "node") return end.node;
  if (end.kind !== "pod" || !isHostPod(end.pod, profile)) return undefined;
  return model.node(end.pod.nodeName ?? "");
};

const blocksUnmet = (
  { profile, model }: FitContext,
  end: PolicyEndpoint,
  blocks: readonly IpBlock[],
): readonly Unmet[] => {
  const ranges = rangesOf(end, { profile, model });
  if (blocks.some((block) => ranges.some((range) => isInBlock(block, range)))) {
    const convention = conventionAgainst(end, profile);
    return convention === "" ? [] : [{ of: "address", text: convention }];
  }
  return [{ of: "address", text: `an address in ${blocks.map(blockText).join(" or ")}` }];
};

/** Why a profile does not match an address that lies in a block; "" where it does. */
const conventionAgainst = (end: PolicyEndpoint, profile: Profile): string => {
  if (end.kind === "addresses") return "";
  if (end.kind === "pod" && !isHostPod(end.pod, profile)) {
    return profile.ipBlockMatchesPods
      ? ""
      : `an address outside the cluster (profile ${profile.name}: ipBlock does not match pods)`;
  }
  return profile.ipBlockMatchesNodes
    ? ""
    : `an address outside the cluster (profile ${profile.name}: ipBlock does not match nodes)`;
};

/** "10.0.0.0/8 except 10.1.0.0/16". */
export const blockText = ({ text, exceptTexts }: IpBlock): string =>
  exceptTexts.length === 0 ? text : `${text} except ${exceptTexts.join(", ")}`;

/** Whether every address of a range lies in a block and in none of its holes. */
export const isInBlock = (block: IpBlock, range: IpRange): boolean =>
  within(block.range, range) && !block.except.some((hole) => overlaps(hole, range));

const within = (outer: IpRange, inner: IpRange): boolean =>
  outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;

const overlaps = (one: IpRange, other: IpRange): boolean =>
  one.family === other.family && one.first <= other.last && other.first <= one.last;

/** The addresses of an end. */
export const rangesOf = (end: PolicyEndpoint, { model }: FitContext): readonly IpRange[] => {
  if (end.kind === "addresses") return [end.range];
  const texts =
    end.kind === "node"
      ? end.node.ips
      : [...end.pod.ips, ...(end.pod.hostNetwork ? hostIps(model, end.pod) : [])];
  return texts.flatMap((text) => {
    const address = parseIp(text);
    return address === undefined
      ? []
      : [{ family: address.family, first: address.value, last: address.value }];
  });
};

const hostIps = (model: ClusterModel, pod: PodObject): readonly string[] => [
  ...(pod.hostIp === undefined ? [] : [pod.hostIp]),
  ...(model.node(pod.nodeName ?? "")?.ips ?? []),
];
