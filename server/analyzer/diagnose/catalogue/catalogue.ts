import { dnsCodes } from "./catalogue-dns.js";
import { policyCodes } from "./catalogue-policy.js";
import { serviceCodes } from "./catalogue-service.js";
import type { CodeEntry } from "./code-entry.js";

/** Codes of pods, nodes, the network plugin and kube-proxy. */
const platformCodes = {
  POD_NOT_FOUND: {
    layer: "workload",
    severity: "critical",
    certainty: 0.85,
    meaning: "The workload has no pod that a connection could come from or go to.",
  },
  POD_PENDING_UNSCHEDULABLE: {
    layer: "workload",
    severity: "critical",
    certainty: 0.85,
    meaning: "No node takes the pod, so it has no address.",
  },
  POD_IMAGE_PULL: {
    layer: "workload",
    severity: "critical",
    certainty: 0.85,
    meaning: "The image of a container can't be pulled.",
  },
  POD_CONFIG_ERROR: {
    layer: "workload",
    severity: "critical",
    certainty: 0.85,
    meaning:
      "A container can't be started with its configuration: a ConfigMap, Secret or volume is missing.",
  },
  POD_SANDBOX_FAILED: {
    layer: "workload",
    severity: "critical",
    certainty: 0.85,
    meaning: "The pod waits for its network namespace: the network plugin did not set it up.",
  },
  POD_STARTING: {
    layer: "workload",
    severity: "high",
    certainty: 0.75,
    meaning: "The pod's containers have not started: an init container runs, or images are pulled.",
  },
  CNI_IPAM_EXHAUSTED: {
    layer: "cni",
    severity: "high",
    certainty: 0.85,
    meaning: "The node has no pod address left to give.",
  },
  POD_CRASHLOOP: {
    layer: "workload",
    severity: "high",
    certainty: 0.75,
    meaning: "A container starts and dies again; connections are refused in waves.",
  },
  POD_OOMKILLED: {
    layer: "workload",
    severity: "high",
    certainty: 0.75,
    meaning: "A container was killed because it used more memory than its limit.",
  },
  POD_NOT_READY: {
    layer: "workload",
    severity: "high",
    certainty: 0.75,
    meaning: "The pod runs but is not ready: its address may answer, Services leave it out.",
  },
  POD_TERMINATING: {
    layer: "workload",
    severity: "medium",
    certainty: 0.6,
    meaning: "The pod is being deleted: connections are reset when its grace period ends.",
  },
  POD_COMPLETED: {
    layer: "workload",
    severity: "medium",
    certainty: 0.85,
    meaning: "The pod has finished; its address may be another pod's by now.",
  },
  POD_EVICTED_NODE_LOST: {
    layer: "workload",
    severity: "critical",
    certainty: 0.85,
    meaning: "The pod was evicted, or its node is lost.",
  },
  POD_IP_MISSING: {
    layer: "workload",
    severity: "critical",
    certainty: 0.8,
    meaning: "The pod runs and has no address.",
  },
  POD_HOSTNETWORK_SEMANTICS: {
    layer: "workload",
    severity: "info",
    certainty: 0,
    meaning:
      "The pod is on its node's network: policies do not select it, others see the node's address.",
  },
  HOSTPORT_CONFLICT: {
    layer: "workload",
    severity: "high",
    certainty: 0.85,
    meaning: "Two pods want the same port of one node.",
  },
  POD_PORT_CONFLICT: {
    layer: "workload",
    severity: "high",
    certainty: 0.75,
    meaning: "Two containers of the pod want the same port, so one of them can't listen.",
  },
  POD_READINESS_GATE: {
    layer: "workload",
    severity: "medium",
    certainty: 0.8,
    meaning: "A readiness gate of the pod is not met, so it is never ready.",
  },
  POD_IP_FAMILY_MISMATCH: {
    layer: "workload",
    severity: "high",
    certainty: 0.85,
    meaning: "The ends have no IP family in common.",
  },
  POD_IP_DUPLICATE_LOCAL: {
    layer: "workload",
    severity: "critical",
    certainty: 0.6,
    meaning: "Two pods of one node claim the same address.",
  },
  POD_IP_DUPLICATE_REMOTE: {
    layer: "workload",
    severity: "critical",
    certainty: 0.6,
    meaning: "Pods of two nodes claim the same address: connections may reach the wrong one.",
  },
  POD_WITHOUT_SERVICE: {
    layer: "service",
    severity: "info",
    certainty: 0,
    meaning: "No Service selects the pod. Its address works all the same.",
  },
  NODE_NOT_READY: {
    layer: "node",
    severity: "critical",
    certainty: 0.6,
    meaning: "The node is not ready: its kubelet reports a fault or nothing at all.",
  },
  NODE_NETWORK_UNAVAILABLE: {
    layer: "node",
    severity: "critical",
    certainty: 0.65,
    meaning: "The node's pod network is not set up.",
  },
  NODE_PRESSURE: {
    layer: "node",
    severity: "medium",
    certainty: 0,
    meaning: "The node is short of memory, disk or process ids: slow answers, evictions.",
  },
  NODE_UNSCHEDULABLE: {
    layer: "node",
    severity: "info",
    certainty: 0,
    meaning: "The node takes no new pods. Those that run there are not concerned.",
  },
  PODCIDR_OVERLAP_NODES: {
    layer: "cni",
    severity: "critical",
    certainty: 0.6,
    meaning: "Two nodes have pod ranges that overlap: packets go to the wrong one.",
  },
  CNI_AGENT_DOWN: {
    layer: "cni",
    severity: "high",
    certainty: 0.55,
    meaning:
      "The network plugin's pod on the node is not ready: new pods and changes are not wired.",
  },
  KUBEPROXY_DOWN: {
    layer: "kube-proxy",
    severity: "high",
    certainty: 0.55,
    meaning:
      "kube-proxy on the source's node is not ready: changes of Services are not followed there.",
  },
  SELF_DATA_MISSING: {
    layer: "model",
    severity: "medium",
    certainty: 0,
    meaning: "What decides was not read: the input has no objects of that kind or namespace.",
  },
  UNKNOWN_CAUSE: {
    layer: "workload",
    severity: "info",
    certainty: 0,
    meaning: "Something that the objects don't show.",
  },
} as const satisfies Readonly<Record<string, CodeEntry>>;

const entries = { ...platformCodes, ...policyCodes, ...serviceCodes, ...dnsCodes } as const;

/** A code of the catalogue of causes (docs/diagnosis.md). */
export type Code = keyof typeof entries;

/** Every code that objects alone can show. */
export const catalogue: Readonly<Record<Code, CodeEntry>> = entries;
