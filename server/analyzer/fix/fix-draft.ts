import type { Labels } from "../model/label-selector.js";
import type { IpBlock } from "../model/objects.js";
import type { EndGroup } from "../pair/end-groups.js";
import type { Direction, PolicyEndpoint } from "../policy/decision.js";
import { isHostPod } from "../policy/policy-end.js";
import type { PolicyWorld } from "../policy-world.js";
import { endpointViewOf } from "../resolve/resolved-name.js";
import { type IpRange, parseIp } from "../sets/ip.js";
import { cidrsOf } from "./cidrs.js";
import { FixRefusal } from "./fix-refusal.js";
import { stableLabels } from "./stable-labels.js";

/** Pods by their labels, in one namespace. */
export type DraftPods = {
  readonly kind: "pods";
  readonly namespace: string;
  readonly labels: Labels;
};

/** A peer of a draft. */
export type DraftPeer = DraftPods | { readonly kind: "block"; readonly block: IpBlock };

/** The pods of a group as a selector holds them. Throws FixRefusal where none does. */
export const draftPodsOf = ({ engine, model }: PolicyWorld, group: EndGroup): DraftPods => {
  const pods = group.ends.flatMap((end) => (end.kind === "pod" ? [end.pod] : []));
  const [first] = pods;
  if (first === undefined)
    throw new FixRefusal(`${group.view.name} is no pod: no policy is about it`);
  const host = pods.find((pod) => isHostPod(pod, engine.profile));
  if (host !== undefined)
    throw new FixRefusal(hostText(endpointViewOf(model, { kind: "pod", pod: host }).name));
  const labels = stableLabels(pods);
  if (Object.keys(labels).length === 0) {
    throw new FixRefusal(
      `${group.view.name} has no labels that last: a policy would have to select every pod of ${first.namespace}; give it a label`,
    );
  }
  return { kind: "pods", namespace: first.namespace, labels };
};

const hostText = (name: string): string =>
  `${name} is on the host network: policies see its node, and letting that in lets everything on the node in`;

/** A group as peers of a rule. Throws FixRefusal where a rule can't hold it. */
export const draftPeersOf = (
  world: PolicyWorld,
  group: EndGroup,
  direction: Direction,
): readonly DraftPeer[] => {
  const [first] = group.ends;
  if (first.kind === "addresses") {
    return group.ends.flatMap((end) => (end.kind === "addresses" ? blocksOfRange(end.range) : []));
  }
  if (first.kind === "node") return nodeBlocks(world, group);
  if (!isHostPod(first.pod, world.engine.profile)) return [draftPodsOf(world, group)];
  if (direction === "ingress") throw new FixRefusal(hostText(group.view.name));
  return hostBlocks(world, group);
};

const blocksOfRange = (range: IpRange): readonly DraftPeer[] =>
  cidrsOf(range).map(({ text, range: own }) => ({
    kind: "block",
    block: { text, range: own, except: [], exceptTexts: [] },
  }));

const nodeBlocks = (world: PolicyWorld, group: EndGroup): readonly DraftPeer[] => {
  const ips = group.ends.flatMap((end: PolicyEndpoint) =>
    end.kind === "node" ? end.node.ips : [],
  );
  return blocksOfHosts(world, group, ips);
};

const hostBlocks = (world: PolicyWorld, group: EndGroup): readonly DraftPeer[] => {
  const ips = group.ends.flatMap((end) => {
    if (end.kind !== "pod") return [];
    const { pod } = end;
    if (pod.ips.length > 0) return pod.ips;
    return (
      world.model.node(pod.nodeName ?? "")?.ips ?? (pod.hostIp === undefined ? [] : [pod.hostIp])
    );
  });
  return blocksOfHosts(world, group, ips);
};

const blocksOfHosts = (
  { engine }: PolicyWorld,
  group: EndGroup,
  ips: readonly string[],
): readonly DraftPeer[] => {
  const { profile } = engine;
  if (!profile.ipBlockMatchesNodes) {
    throw new FixRefusal(
      `${group.view.name} is a node or on its network, and under profile ${profile.name} no rule of a NetworkPolicy holds nodes`,
    );
  }
  const known = [...new Set(ips)].flatMap((ip) => parseIp(ip) ?? []);
  if (known.length === 0) {
    throw new FixRefusal(
      `the addresses of ${group.view.name} are not known: a rule can't name them`,
    );
  }
  return known.flatMap((address) =>
    blocksOfRange({ family: address.family, first: address.value, last: address.value }),
  );
};

/** A peer as a text that is equal for equal peers. */
export const peerKey = (peer: DraftPeer): string =>
  peer.kind === "block"
    ? peer.block.text
    : JSON.stringify([peer.namespace, Object.entries(peer.labels)]);
