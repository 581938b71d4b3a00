import type { Condition, NodeObject } from "../../model/objects.js";
import type { Observation } from "../findings/finding.js";
import { clip } from "../pods/pod-subject.js";
import { type NodeFault, type NodeSubject, podNetworkOf } from "./node-subject.js";

/** What a node's own conditions, taints and marks say. */
export const conditionFaults = (subject: NodeSubject): readonly NodeFault[] => [
  ...readyFaults(subject),
  ...networkFaults(subject),
  ...pressureFaults(subject),
  ...scheduleFaults(subject),
];

/** A condition of a node, as evidence. */
export const conditionSeen = ({ name }: NodeObject, condition: Condition): Observation => ({
  kind: "node",
  data: {
    node: name,
    condition: condition.type,
    status: condition.status,
    ...(condition.reason === undefined ? {} : { reason: condition.reason }),
    ...(condition.message === undefined ? {} : { message: clip(condition.message) }),
  },
});

const taintSeen = ({ name }: NodeObject, key: string): Observation => ({
  kind: "node",
  data: { node: name, taint: key },
});

const hasTaint = ({ taints }: NodeObject, ...keys: readonly string[]): string | undefined =>
  taints.map(({ key }) => key).find((key) => keys.includes(key));

const readyFaults = ({ node }: NodeSubject): readonly NodeFault[] => {
  const ready = node.conditions.find(({ type }) => type === "Ready");
  const taint = hasTaint(node, "node.kubernetes.io/unreachable", "node.kubernetes.io/not-ready");
  if (ready?.status === "True" || (ready === undefined && taint === undefined)) return [];
  const silent = ready?.status === "Unknown" || taint === "node.kubernetes.io/unreachable";
  return [
    {
      code: "NODE_NOT_READY",
      effect: "blocks",
      ...(silent ? { certainty: 0.7 } : {}),
      ...(ready === undefined ? { proof: "inferred" as const } : {}),
      issue: silent
        ? `Node ${node.name} is not ready: its kubelet does not report any more`
        : `Node ${node.name} is not ready`,
      summary: `Bring node ${node.name} back, or let its pods be made anew elsewhere`,
      why: "A node that is not ready may be down or cut off; Services leave out its pods, and its pods' addresses may not answer.",
      observations: [
        ...(ready === undefined ? [] : [conditionSeen(node, ready)]),
        ...(taint === undefined ? [] : [taintSeen(node, taint)]),
      ],
      prevention: "Alert on nodes that are not ready, and spread replicas over nodes.",
    },
  ];
};

const networkFaults = (subject: NodeSubject): readonly NodeFault[] => {
  const { node } = subject;
  const condition = node.conditions.find(({ type }) => type === "NetworkUnavailable");
  const taint = hasTaint(node, "node.kubernetes.io/network-unavailable");
  const notConfigured = condition?.status === "True" || (condition === undefined && taint);
  if (!notConfigured) return [];
  return [
    {
      code: "NODE_NETWORK_UNAVAILABLE",
      effect: "blocks",
      issue: `Node ${node.name} has no pod network`,
      summary: `Mend the network plugin or the route controller on node ${node.name}`,
      why: "The node says that its network is not set up: packets of its pods are not carried to other nodes.",
      observations: [
        ...(condition === undefined ? [] : [conditionSeen(node, condition)]),
        ...(taint === undefined ? [] : [taintSeen(node, taint)]),
      ],
      hits: podNetworkOf(subject),
      prevention: "Let nodes take pods only when the plugin's pod on them is ready.",
    },
  ];
};

const pressures = ["MemoryPressure", "DiskPressure", "PIDPressure"];

const pressureFaults = ({ node }: NodeSubject): readonly NodeFault[] => {
  const pressed = node.conditions.filter(
    ({ type, status }) => pressures.includes(type) && status === "True",
  );
  if (pressed.length === 0) return [];
  const names = pressed
    .map(({ type }) => type)
    .sort()
    .join(", ");
  return [
    {
      code: "NODE_PRESSURE",
      effect: "risk",
      issue: `Node ${node.name} is short of resources (${names})`,
      summary: `Free resources on node ${node.name}`,
      why: "A node under pressure answers slowly and evicts pods.",
      observations: pressed.map((condition) => conditionSeen(node, condition)),
      prevention: "Set requests and limits that add up to what the node has.",
    },
  ];
};

const scheduleFaults = ({ node }: NodeSubject): readonly NodeFault[] =>
  node.unschedulable
    ? [
        {
          code: "NODE_UNSCHEDULABLE",
          effect: "risk",
          issue: `Node ${node.name} takes no new pods`,
          summary: `Let node ${node.name} take pods again when its maintenance is over`,
          why: "The node was cordoned; pods that run there are not concerned.",
          observations: [{ kind: "node", data: { node: node.name, unschedulable: "true" } }],
          prevention: "",
        },
      ]
    : [];
