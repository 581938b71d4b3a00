import type { ClusterModel } from "../../server/analyzer/model/cluster-model.js";
import type { LabelSelector } from "../../server/analyzer/model/label-selector.js";
import type {
  IpBlock,
  NetworkPolicyPeer,
  NodeObject,
  PodObject,
  PortRule,
  TieredPeer,
  TieredPolicyObject,
} from "../../server/analyzer/model/objects.js";
import type { PolicyEndpoint } from "../../server/analyzer/policy/decision.js";
import type { Profile } from "../../server/analyzer/policy/profile.js";
import { type IpAddress, parseIp } from "../../server/analyzer/sets/ip.js";

// Written from the API documentation alone, one packet at a time: slow, and nothing of the engine is in it but its values.

/** One attempt to connect, with the addresses that it uses; undefined where the profile sees none. */
export type Packet = {
  readonly source: PolicyEndpoint;
  readonly destination: PolicyEndpoint;
  readonly sourceIp?: IpAddress;
  readonly destinationIp?: IpAddress;
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly port: number;
};

type Side = {
  readonly pod?: PodObject;
  /** Whether it is a node's host network, also that of a node that the model lacks. */
  readonly isHost: boolean;
  readonly node?: NodeObject;
  readonly ip?: IpAddress;
};

/** Whether policies let a packet through. Policies of kinds that are not evaluated and rules by DNS name are left out. */
export const isLetThrough = (model: ClusterModel, profile: Profile, packet: Packet): boolean => {
  const { source, destination, port, protocol } = packet;
  const same = (key: "namespace" | "name"): boolean =>
    source.kind === "pod" && destination.kind === "pod" && source.pod[key] === destination.pod[key];
  if (same("namespace") && same("name")) return true;

  const isHost = (pod: PodObject): boolean => pod.hostNetwork && profile.hostNetworkPods === "node";
  const sideOf = (end: PolicyEndpoint, ip: IpAddress | undefined): Side => {
    const known = ip === undefined ? {} : { ip };
    if (end.kind === "addresses") return { ...known, isHost: false };
    const name =
      end.kind === "node" ? end.node.name : isHost(end.pod) ? end.pod.nodeName : undefined;
    const node = end.kind === "node" ? end.node : name === undefined ? undefined : model.node(name);
    return {
      ...known,
      isHost: end.kind === "node" || isHost(end.pod),
      ...(end.kind === "pod" && !isHost(end.pod) ? { pod: end.pod } : {}),
      ...(node === undefined ? {} : { node }),
    };
  };
  const from = sideOf(source, packet.sourceIp);
  const to = sideOf(destination, packet.destinationIp);
  const nodeNameOf = (end: PolicyEndpoint): string | undefined =>
    end.kind === "node" ? end.node.name : end.kind === "pod" ? end.pod.nodeName : undefined;

  const has = ({ requirements }: LabelSelector, labels: Readonly<Record<string, string>>) =>
    requirements.every(({ key, operator, values }) => {
      const value = labels[key];
      if (operator === "Exists") return value !== undefined;
      if (operator === "DoesNotExist") return value === undefined;
      if (operator === "In") return value !== undefined && values.includes(value);
      return value === undefined || !values.includes(value);
    });
  const namespaceLabels = (pod: PodObject) => model.namespace(pod.namespace).labels;
  const inBlock = ({ range, except }: IpBlock, ip: IpAddress | undefined): boolean => {
    const within = ({ family, first, last }: IpBlock["range"]): boolean =>
      ip?.family === family && first <= ip.value && ip.value <= last;
    return profile.families.includes(range.family) && within(range) && !except.some(within);
  };
  const portMatches = (ports: readonly PortRule[] | undefined): boolean =>
    ports === undefined ||
    ports.some((rule) =>
      rule.kind === "numbers"
        ? rule.protocol === protocol && rule.first <= port && port <= rule.last
        : (rule.protocol ?? protocol) === protocol &&
          (to.pod?.ports ?? []).some(
            (own) => own.name === rule.name && own.protocol === protocol && own.port === port,
          ),
    );
  const npPeer = (peer: NetworkPolicyPeer, side: Side, namespace: string): boolean =>
    peer.kind === "ipBlock"
      ? inBlock(peer.block, side.ip)
      : side.pod !== undefined &&
        (peer.namespaceSelector === undefined
          ? side.pod.namespace === namespace
          : has(peer.namespaceSelector, namespaceLabels(side.pod))) &&
        (peer.podSelector === undefined || has(peer.podSelector, side.pod.labels));
  const tieredPeer = (peer: TieredPeer, side: Side, isEgress: boolean): boolean => {
    if (peer.kind === "networks") return isEgress && peer.blocks.some((b) => inBlock(b, side.ip));
    if (peer.kind === "nodes") {
      const isAny = peer.selector.requirements.length === 0;
      return (
        isEgress &&
        side.isHost &&
        (isAny || (side.node !== undefined && has(peer.selector, side.node.labels)))
      );
    }
    if (side.pod === undefined || peer.kind === "domainNames" || peer.kind === "unknown") {
      return false;
    }
    return peer.kind === "namespaces"
      ? has(peer.selector, namespaceLabels(side.pod))
      : has(peer.namespaceSelector, namespaceLabels(side.pod)) &&
          has(peer.podSelector, side.pod.labels);
  };

  const judge = (direction: "egress" | "ingress", subject: Side, peer: Side): boolean => {
    const { pod } = subject;
    if (pod === undefined) return true;
    const host = direction === "egress" ? destination : source;
    const peerIsHost = host.kind === "node" || (host.kind === "pod" && isHost(host.pod));
    const isOwnNode = peerIsHost && pod.nodeName !== undefined && nodeNameOf(host) === pod.nodeName;
    if (isOwnNode && profile.ownNodeAllowed.includes(direction)) return true;
    const tier = (name: "admin" | "baseline"): "accept" | "deny" | "pass" | undefined => {
      const concerns = ({ tier: of, subject: on }: TieredPolicyObject): boolean =>
        of === name &&
        (on.kind === "namespaces"
          ? has(on.selector, namespaceLabels(pod))
          : has(on.namespaceSelector, namespaceLabels(pod)) && has(on.podSelector, pod.labels));
      const ordered = [...model.tieredPolicies]
        .filter(concerns)
        .sort((one, other) => one.priority - other.priority || (one.name < other.name ? -1 : 1));
      for (const { action, peers, ports } of ordered.flatMap((policy) => policy[direction])) {
        // "Fail closed": a rule with a peer of a newer version accepts nothing, or denies everything.
        if (peers.some(({ kind }) => kind === "unknown")) {
          if (action !== "accept") return "deny";
        } else if (
          peers.some((each) => tieredPeer(each, peer, direction === "egress")) &&
          portMatches(ports)
        ) {
          return action;
        }
      }
      return undefined;
    };
    const admin = tier("admin");
    if (admin === "accept" || admin === "deny") return admin === "accept";
    const isolating = [...model.networkPoliciesIn(pod.namespace)].filter(
      ({ podSelector, isolates }) => isolates.includes(direction) && has(podSelector, pod.labels),
    );
    if (isolating.length === 0) return tier("baseline") !== "deny";
    return isolating.some((policy) =>
      policy[direction].some(
        ({ peers, ports }) =>
          portMatches(ports) &&
          (peers === undefined || peers.some((each) => npPeer(each, peer, policy.namespace))),
      ),
    );
  };
  return judge("egress", from, to) && judge("ingress", to, from);
};

/** The addresses that a profile lets blocks see of an end that has them; an empty list where it lets none be seen. */
export const seenAddresses = (
  model: ClusterModel,
  profile: Profile,
  end: PolicyEndpoint,
): readonly IpAddress[] => {
  if (end.kind === "addresses") return [{ family: end.range.family, value: end.range.first }];
  const isHost = end.kind === "node" || (end.pod.hostNetwork && profile.hostNetworkPods === "node");
  if (!(isHost ? profile.ipBlockMatchesNodes : profile.ipBlockMatchesPods)) return [];
  const own = end.kind === "pod" ? end.pod.ips : end.node.ips;
  const texts =
    own.length > 0 || end.kind === "node" ? own : (model.node(end.pod.nodeName ?? "")?.ips ?? []);
  return texts.map((text) => parseIp(text)).filter((address) => address !== undefined);
};
