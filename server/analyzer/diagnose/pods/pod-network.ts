import { isFinished } from "../../model/cluster-model.js";
import type { PodObject } from "../../model/objects.js";
import { holdersOf } from "../../resolve/address-index.js";
import { command } from "../findings/shell-words.js";
import { isPodEnd } from "../situation/way.js";
import { describePod, getPod } from "./pod-commands.js";
import { type PodFault, type PodSubject, podKey, podName } from "./pod-subject.js";

/** What is wrong or special with a pod's address and node ports. */
export const networkFaults = (subject: PodSubject): readonly PodFault[] => [
  ...missingAddress(subject),
  ...sharedAddress(subject),
  ...hostNetwork(subject),
  ...sharedHostPort(subject),
];

const missingAddress = ({ pod }: PodSubject): readonly PodFault[] => {
  if (pod.phase !== "Running" || pod.ips.length > 0 || pod.terminating) return [];
  return [
    {
      code: "POD_IP_MISSING",
      effect: "blocks",
      issue: `Pod ${podName(pod)} has no address though it runs`,
      solutions: [
        `Look for what the network plugin says of ${podName(pod)}: run ${describePod(pod)}`,
      ],
      summary: `Let ${podName(pod)} be made anew once the network plugin on its node works`,
      why: "The kubelet reports no address: the network plugin has not set up the pod's network, or the report is missing.",
      steps: [describePod(pod), getPod(pod, "-o", "wide")],
      data: { phase: pod.phase, ips: "" },
      prevention: "Alert on pods that run without an address.",
    },
  ];
};

const sharedAddress = ({ world, pod, role }: PodSubject): readonly PodFault[] => {
  if (pod.hostNetwork || isFinished(pod)) return [];
  return pod.ips.slice(0, 2).flatMap((ip): readonly PodFault[] => {
    const others = holdersOf(world.model, ip)
      .pods.filter((other) => !isPodEnd({ kind: "pod", pod: other }, pod))
      .sort((one, other) => (podKey(one) < podKey(other) ? -1 : 1));
    const [other] = others;
    if (other === undefined) return [];
    const local = other.nodeName === pod.nodeName;
    // Of both ends of one address the same is said.
    const [one, two] = [podName(pod), podName(other)].sort();
    return [
      {
        code: local ? "POD_IP_DUPLICATE_LOCAL" : "POD_IP_DUPLICATE_REMOTE",
        effect: role === "source" ? "impairs" : "blocks",
        issue: `Pods ${one} and ${two} have the same address ${ip}`,
        solutions: [
          `Let one of ${one} and ${two} be made anew with another address: run ${command("kubectl", "get", "pods", "-A", "-o", "wide")}`,
        ],
        summary:
          "Have one of the pods made anew with another address, then look for leaks in the plugin's address management",
        why: "Packets to the address reach either pod: connections go to the wrong one, or break.",
        steps: [
          command("kubectl", "get", "pods", "-A", "-o", "wide"),
          describePod(pod),
          describePod(other),
        ],
        data: {
          ip,
          other: podName(other),
          node: pod.nodeName ?? "",
          other_node: other.nodeName ?? "",
        },
        risk: "disruptive",
        prevention:
          "Keep the plugin's address store through node restarts, and never run two address managers over one range.",
      },
    ];
  });
};

const hostNetwork = ({ pod, role }: PodSubject): readonly PodFault[] =>
  pod.hostNetwork
    ? [
        {
          code: "POD_HOSTNETWORK_SEMANTICS",
          effect: "risk",
          issue: `Pod ${podName(pod)} is on the host network`,
          solutions: [],
          summary:
            role === "source"
              ? "Allow the node's addresses where this pod must be let in; pod selectors do not match it"
              : "Protect this pod by the node's firewall or an admin policy for nodes; NetworkPolicies do not select it",
          why: "Pods on the host network have the node's address; most network plugins neither select them nor see them as pods.",
          steps: [getPod(pod, "-o", "wide")],
          data: { host_network: "true", node: pod.nodeName ?? "" },
        },
      ]
    : [];

/** Another live pod of the node that wants the same port of it. */
const sharedHostPort = ({ world, pod }: PodSubject): readonly PodFault[] => {
  const wanted = hostPortsOf(pod);
  if (wanted.length === 0 || pod.nodeName === undefined || isFinished(pod)) return [];
  const rivals = [...world.model.pods]
    .filter((other) => other.nodeName === pod.nodeName && !isFinished(other))
    .filter((other) => !isPodEnd({ kind: "pod", pod: other }, pod))
    .flatMap((other) => {
      const shared = wanted.find((port) => hostPortsOf(other).includes(port));
      return shared === undefined ? [] : [{ other, shared }];
    })
    .sort((one, two) => (podKey(one.other) < podKey(two.other) ? -1 : 1));
  const [rival] = rivals;
  return rival === undefined ? [] : [hostPortFault(pod, rival)];
};

const hostPortFault = (
  pod: PodObject,
  { other, shared }: { readonly other: PodObject; readonly shared: string },
): PodFault => ({
  code: "HOSTPORT_CONFLICT",
  effect: "impairs",
  proof: "inferred",
  certainty: 0.55,
  issue: `Pods ${podName(pod)} and ${podName(other)} want port ${shared} of node ${pod.nodeName ?? ""}`,
  solutions: [
    `Give ${podName(pod)} or ${podName(other)} another hostPort: run ${describePod(pod)}`,
  ],
  summary: "Give one of the pods another hostPort, or none and a Service instead",
  why: "A port of a node can be taken once: the second listener fails, or its traffic goes to the first.",
  steps: [describePod(pod), describePod(other)],
  data: { host_port: shared, other: podName(other), node: pod.nodeName ?? "" },
  prevention: "Prefer Services to hostPort.",
});

const hostPortsOf = (pod: PodObject): readonly string[] =>
  pod.ports.flatMap(({ hostPort, port, protocol }) => {
    const number = hostPort ?? (pod.hostNetwork ? port : undefined);
    return number === undefined ? [] : [`${protocol}/${number}`];
  });
