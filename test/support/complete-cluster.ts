import {
  type ClusterModel,
  namespaceNameLabel,
} from "../../server/analyzer/model/cluster-model.js";
import { everything, labelSelectorOf } from "../../server/analyzer/model/label-selector.js";
import type {
  ClusterObject,
  IpBlock,
  NodeObject,
  PodObject,
  TieredPeer,
  TieredPolicyObject,
  UnmodelledPolicyObject,
} from "../../server/analyzer/model/objects.js";
import { nodeObject } from "./cluster-objects.js";
import type { RandomCluster } from "./random-cluster.js";

/**
 * One way in which everything that a random cluster leaves open may turn out: addresses of pods and nodes, which node a pod
 * runs on, nodes that the model lacks, the order of equal priorities, what DNS names stand for, and what policies of other
 * kinds do.
 */
export const completedObjects = (
  model: ClusterModel,
  random: RandomCluster,
): readonly ClusterObject[] => {
  const isDual = [...model.pods].some(({ ips }) => ips.some((ip) => ip.includes(":")));
  const missing = [...model.pods].flatMap(({ nodeName }) =>
    nodeName === undefined || model.node(nodeName) !== undefined ? [] : [nodeName],
  );
  const nodes = new Map<string, NodeObject>();
  for (const name of new Set(missing))
    nodes.set(name, nodeObject(name, { labels: random.labels() }));
  for (const node of model.nodes) nodes.set(node.name, node);
  for (const [name, node] of nodes) {
    if (node.ips.length === 0)
      nodes.set(name, { ...node, ips: nodeAddresses({ model, name, isDual }, random) });
  }
  const podOf = (pod: PodObject): PodObject => {
    const placed =
      pod.nodeName === undefined ? { ...pod, nodeName: random.pick(["k1", "k2"]) } : pod;
    if (placed.ips.length > 0) return placed;
    const node = nodes.get(placed.nodeName ?? "");
    return { ...placed, ips: pod.hostNetwork ? (node?.ips ?? []) : podAddresses(random, isDual) };
  };
  return [
    ...nodes.values(),
    ...[...model.objects()].flatMap((object): ClusterObject | readonly ClusterObject[] => {
      if (object.kind === "Node") return [];
      if (object.kind === "Pod") return podOf(object);
      if (object.kind === "UnmodelledPolicy") return standIn(object, random);
      return "tier" in object ? decided(object, random) : object;
    }),
  ];
};

/** The addresses of a host: those of its pods where they show them, else any that no other node has. */
const nodeAddresses = (
  {
    model,
    name,
    isDual,
  }: { readonly model: ClusterModel; readonly name: string; readonly isDual: boolean },
  random: RandomCluster,
): readonly string[] => {
  const shown = [...model.pods].find(
    ({ hostNetwork, nodeName, ips }) => hostNetwork && nodeName === name && ips.length > 0,
  );
  if (shown !== undefined) return shown.ips;
  const number = name === "k1" ? 1 : 2;
  const four = random.pick([`192.168.0.${number}`, "192.168.0.77", "172.16.0.9"]);
  const six = `fd02::${number}`;
  return isDual ? random.pick([[four], [six], [four, six]]) : [four];
};

const podAddresses = (random: RandomCluster, isDual: boolean): readonly string[] => {
  const four = `10.0.${random.below(2)}.${random.below(20)}`;
  const six = `fd00::${random.below(20)}`;
  return isDual ? random.pick([[four], [six], [four, six]]) : [four];
};

/** Distinct priorities in any order that the given ones leave open; names stand for addresses outside. */
const decided = (policy: TieredPolicyObject, random: RandomCluster): TieredPolicyObject => ({
  ...policy,
  priority: policy.priority * 1_000 + random.below(1_000),
  egress: policy.egress.map((rule) => ({
    ...rule,
    peers: rule.peers.map(
      (peer): TieredPeer =>
        peer.kind === "domainNames" ? { kind: "networks", blocks: [outside(random)] } : peer,
    ),
  })),
});

const outside = (random: RandomCluster): IpBlock => {
  const [text, first, last] = random.pick([
    ["8.8.8.8/32", 0x0808_0808n, 0x0808_0808n],
    ["11.0.0.0/8", 0x0b00_0000n, 0x0bff_ffffn],
    ["192.168.0.128/25", 0xc0a8_0080n, 0xc0a8_00ffn],
  ] as const);
  return { text, range: { family: 4, first, last }, except: [], exceptTexts: [] };
};

/** A policy that comes before all others and has the same subject; or none, where the policy has nothing to say. */
const standIn = (
  policy: UnmodelledPolicyObject,
  random: RandomCluster,
): readonly ClusterObject[] => {
  if (random.chance(0.3)) return [];
  const { name, namespace, labels, annotations } = policy;
  const own = [{ key: namespaceNameLabel, operator: "In" as const, values: [namespace] }];
  const rules = [
    {
      name: "",
      action: random.pick(["accept", "deny"] as const),
      peers: [{ kind: "namespaces" as const, selector: random.selector() }],
    },
  ];
  return [
    {
      ...{
        kind: "ClusterNetworkPolicy",
        namespace: "",
        name: `other-${name}`,
        labels,
        annotations,
      },
      tier: "admin",
      priority: -1 - random.below(1_000),
      subject: {
        kind: "pods",
        namespaceSelector: namespace === "" ? everything : labelSelectorOf(own),
        podSelector: policy.selectorUnderstood ? (policy.podSelector ?? everything) : everything,
      },
      ingress: policy.directions.includes("ingress") ? rules : [],
      egress: policy.directions.includes("egress") ? rules : [],
    },
  ];
};
