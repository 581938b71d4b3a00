import { nodeObject, podObject } from "./cluster-objects.js";
import type { CodeCase } from "./diagnosis-cases.js";
import { apiPod, calicoPod, cluster, clusterWithout, isolating } from "./diagnosis-cluster.js";

const unready = { conditions: [{ type: "Ready", status: "False" }] } as const;

/** Codes of nodes, the network plugin and kube-proxy. */
export const nodeCases: readonly CodeCase[] = [
  {
    code: "NODE_NOT_READY",
    status: "disconnected",
    shows: {
      when: "when the kubelet does not report any more",
      objects: cluster(nodeObject("n2", { conditions: [{ type: "Ready", status: "Unknown" }] })),
    },
    lookAlike: {
      when: "when another node is not ready",
      objects: cluster(nodeObject("n3", { conditions: [{ type: "Ready", status: "Unknown" }] })),
    },
  },
  {
    code: "NODE_NETWORK_UNAVAILABLE",
    status: "disconnected",
    shows: {
      when: "when the node says that its network is not set up",
      objects: cluster(
        nodeObject("n2", {
          conditions: [
            { type: "Ready", status: "True" },
            { type: "NetworkUnavailable", status: "True", reason: "NoRouteCreated" },
          ],
        }),
      ),
    },
    lookAlike: {
      when: "when the pod uses the node's own network",
      objects: [
        ...clusterWithout("EndpointSlice/shop/api-1", "Pod/shop/api", "Node//n2"),
        apiPod({ hostNetwork: true, ips: ["192.168.0.2"] }),
        nodeObject("n2", {
          conditions: [
            { type: "Ready", status: "True" },
            { type: "NetworkUnavailable", status: "True" },
          ],
        }),
      ],
      question: { port: 8080 },
    },
  },
  {
    code: "NODE_PRESSURE",
    status: "connected",
    shows: {
      when: "when the node is short of memory",
      objects: cluster(
        nodeObject("n2", {
          conditions: [
            { type: "Ready", status: "True" },
            { type: "MemoryPressure", status: "True" },
          ],
        }),
      ),
    },
    lookAlike: { when: "when it is not", objects: cluster() },
  },
  {
    code: "NODE_UNSCHEDULABLE",
    status: "connected",
    shows: {
      when: "when the node is cordoned",
      objects: cluster(nodeObject("n2", { unschedulable: true })),
    },
    lookAlike: {
      when: "when another one is",
      objects: cluster(nodeObject("n3", { unschedulable: true })),
    },
  },
  {
    code: "PODCIDR_OVERLAP_NODES",
    status: "disconnected",
    shows: {
      when: "when two nodes have one pod range",
      objects: cluster(nodeObject("n3", { podCidrs: ["10.244.2.0/24"] })),
    },
    lookAlike: {
      when: "when the ranges touch",
      objects: cluster(nodeObject("n3", { podCidrs: ["10.244.3.0/24"] })),
    },
  },
  {
    code: "CNI_AGENT_DOWN",
    status: "degraded",
    shows: {
      when: "when the plugin's pod on the node is not ready",
      objects: cluster(calicoPod("n2", unready)),
    },
    lookAlike: {
      when: "when it is that of another node",
      objects: cluster(calicoPod("n3", unready)),
    },
  },
  {
    code: "KUBEPROXY_DOWN",
    status: "degraded",
    shows: {
      when: "when kube-proxy on the source's node is not ready",
      objects: cluster(
        podObject("kube-system/kube-proxy-a", {
          labels: { "k8s-app": "kube-proxy" },
          nodeName: "n1",
          ...unready,
        }),
      ),
      question: { podB: "svc/shop/api" },
    },
    lookAlike: {
      when: "when it is that of the destination's node",
      objects: cluster(
        podObject("kube-system/kube-proxy-b", {
          labels: { "k8s-app": "kube-proxy" },
          nodeName: "n2",
          ...unready,
        }),
        isolating("none", { isolates: [] }),
      ),
      question: { podB: "svc/shop/api" },
    },
  },
];
