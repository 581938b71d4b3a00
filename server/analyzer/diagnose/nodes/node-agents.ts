import type { PodObject } from "../../model/objects.js";
import { isReadyPod } from "../../service/service-endpoints.js";
import { parseCidr } from "../../sets/ip.js";
import type { Observation } from "../findings/finding.js";
import { describePod, podLogs } from "../pods/pod-commands.js";
import { podName } from "../pods/pod-subject.js";
import type { NodeFault, NodeSubject } from "./node-subject.js";

/** What is wrong with what wires pods on a node: the network plugin's pod, kube-proxy, the node's pod range. */
export const agentFaults = (subject: NodeSubject): readonly NodeFault[] => [
  ...pluginFaults(subject),
  ...(subject.role === "source" ? proxyFaults(subject) : []),
  ...rangeFaults(subject),
];

const pluginFaults = ({ node, plugin }: NodeSubject): readonly NodeFault[] => {
  const agent = plugin.agents.find((pod) => pod.nodeName === node.name && !isReadyPod(pod));
  if (agent === undefined) return [];
  return [
    {
      code: "CNI_AGENT_DOWN",
      effect: "impairs",
      component: `Pod ${podName(agent)}`,
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
  const [proxy] = [...world.model.podsIn("kube-system")]
    .filter((pod) => pod.nodeName === node.name && isProxy(pod) && !isReadyPod(pod))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
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

/** Another node whose pod range overlaps this one's. */
const rangeFaults = ({ world, node }: NodeSubject): readonly NodeFault[] => {
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
    const [one = "", two = ""] = [node.name, other.name].sort();
    return [
      {
        code: "PODCIDR_OVERLAP_NODES",
        effect: "blocks",
        component: `Nodes ${one}, ${two}`,
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
