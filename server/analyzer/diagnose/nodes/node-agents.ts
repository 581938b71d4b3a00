import type { NodeObject, PodObject } from "../../model/objects.js";
import type { PolicyEndpoint } from "../../policy/decision.js";
import { parseCidr } from "../../sets/ip.js";
import type { Observation } from "../findings/finding.js";
import { downAmong } from "../pods/down-among.js";
import { describePod, podLogs } from "../pods/pod-commands.js";
import { podName } from "../pods/pod-subject.js";
import { type NodeFault, type NodeSubject, podNetworkOf, podWaysOf } from "./node-subject.js";

/** What is wrong with what wires pods on a node: the network plugin's pod, kube-proxy, the node's pod range. */
export const agentFaults = (subject: NodeSubject): readonly NodeFault[] => [
  ...pluginFaults(subject),
  ...(subject.role === "source" ? proxyFaults(subject) : []),
  ...rangeFaults(subject),
];

const pluginFaults = (subject: NodeSubject): readonly NodeFault[] => {
  const { node, plugin } = subject;
  const agent = downAmong(plugin.agents.filter(({ nodeName }) => nodeName === node.name));
  if (agent === undefined) return [];
  return [
    {
      code: "CNI_AGENT_DOWN",
      effect: "impairs",
      component: `Pod ${podName(agent)}`,
      hits: podWaysOf(subject),
      issue: `The network plugin's pod ${podName(agent)} on node ${node.name} is not ready`,
      summary: `Find out why ${podName(agent)} is not ready`,
      why: "Without its agent a node wires no new pods and follows no change of routes and policies; what is wired already may go on.",
      steps: [describePod(agent), podLogs(agent)],
      observations: [podSeen(agent)],
      prevention: "Alert on DaemonSets of the network plugin with pods that are not ready.",
    },
  ];
};

const proxyFaults = ({ world, node, hits }: NodeSubject): readonly NodeFault[] => {
  const proxies = [...world.model.podsIn("kube-system")]
    .filter((pod) => pod.nodeName === node.name && isProxy(pod))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  const proxy = downAmong(proxies);
  if (proxy === undefined) return [];
  return [
    {
      code: "KUBEPROXY_DOWN",
      effect: "impairs",
      component: `Pod ${podName(proxy)}`,
      hits: (way) => hits(way) && way.mode !== "podIP",
      issue: `kube-proxy ${podName(proxy)} on node ${node.name} is not ready`,
      summary: `Find out why ${podName(proxy)} is not ready`,
      why: "Rules for Services that are there stay; new Services and endpoints are not followed on this node.",
      steps: [describePod(proxy), podLogs(proxy)],
      observations: [podSeen(proxy)],
      prevention: "Alert on kube-proxy pods that are not ready.",
    },
  ];
};

const isProxy = ({ labels, owner }: PodObject): boolean =>
  labels["k8s-app"] === "kube-proxy" || owner?.name === "kube-proxy";

const podSeen = (pod: PodObject): Observation => ({
  kind: "pod",
  data: { pod: podName(pod), phase: pod.phase, ready: "False", node: pod.nodeName ?? "" },
});

/** Another node whose pod range overlaps this one's; of two ends on such nodes it is told of the source's. */
const rangeFaults = (subject: NodeSubject): readonly NodeFault[] => {
  const { world, node, role } = subject;
  const own = node.podCidrs.flatMap((text) => parseCidr(text) ?? []);
  const others = [...world.model.nodes]
    .filter(({ name }) => name !== node.name)
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  for (const other of others) {
    const text = other.podCidrs.find((cidr) => {
      const range = parseCidr(cidr);
      return own.some(
        ({ family, first, last }) =>
          range !== undefined &&
          range.family === family &&
          range.first <= last &&
          first <= range.last,
      );
    });
    if (text === undefined) continue;
    const crosses = podNetworkOf(subject);
    const [one = "", two = ""] = [node.name, other.name].sort();
    return [
      {
        code: "PODCIDR_OVERLAP_NODES",
        effect: "blocks",
        component: `Nodes ${one}, ${two}`,
        hits: (way) => crosses(way) && !(role === "destination" && isOn(way.source, other)),
        issue: `Nodes ${one} and ${two} have pod ranges that overlap`,
        summary: "Give each node a pod range of its own; drain the one that is changed first",
        why: "Routes lead to one of the nodes only: packets to pods of the other are lost or reach the wrong pod.",
        steps: ["kubectl get nodes -o custom-columns=NAME:.metadata.name,CIDRS:.spec.podCIDRs"],
        observations: [
          { kind: "node", data: { node: node.name, pod_cidrs: node.podCidrs.join(", ") } },
          { kind: "node", data: { node: other.name, pod_cidrs: other.podCidrs.join(", ") } },
        ],
        prevention: "Let one controller give out pod ranges.",
      },
    ];
  }
  return [];
};

const isOn = (end: PolicyEndpoint | undefined, { name }: NodeObject): boolean =>
  end?.kind === "pod" && end.pod.nodeName === name && !end.pod.hostNetwork;
