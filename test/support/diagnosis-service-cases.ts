import type {
  ClusterObject,
  EndpointSliceObject,
  PodObject,
  ServiceObject,
} from "../../server/analyzer/model/objects.js";
import {
  configMapObject,
  podObject,
  serviceObject,
  sliceObject,
  workloadObject,
} from "./cluster-objects.js";
import type { CodeCase } from "./diagnosis-cases.js";
import { apiPod, apiService, cluster, clusterWithout, webPod } from "./diagnosis-cluster.js";

const toService = { podB: "svc/shop/api" } as const;
const unready = { conditions: [{ type: "Ready", status: "False" }] } as const;

/** The cluster with another Service and without its slice. */
const withService = (
  parts: Partial<ServiceObject>,
  ...changed: readonly ClusterObject[]
): readonly ClusterObject[] => [
  ...clusterWithout("Service/shop/api", "EndpointSlice/shop/api-1").filter(
    (object) =>
      !changed.some(
        (one) =>
          one.kind === object.kind &&
          one.namespace === object.namespace &&
          one.name === object.name,
      ),
  ),
  apiService(parts),
  ...changed,
];

/** The Service without a selector. */
const handMade = (): ServiceObject => {
  const { selector: _, ...bare } = apiService();
  return bare;
};

const slice = (
  addresses: readonly string[],
  parts: Partial<EndpointSliceObject> = {},
): EndpointSliceObject =>
  sliceObject("shop/api-1", {
    service: "api",
    endpoints: addresses.map((address) => ({
      addresses: [address],
      ready: true,
      serving: true,
      terminating: false,
    })),
    ports: [{ port: 8080, protocol: "TCP" }],
    ...parts,
  });

const second = (parts: Partial<PodObject> = {}): PodObject =>
  apiPod({ name: "api-2", ips: ["10.244.1.21"], nodeName: "n1", ...parts });

const externalName = (externalName: string): ServiceObject => {
  const { selector: _, ...bare } = apiService({ type: "ExternalName", clusterIps: [], ports: [] });
  return { ...bare, externalName };
};

const loadBalancer = apiService({
  type: "LoadBalancer",
  loadBalancerIps: ["198.51.100.9"],
  loadBalancerSourceRanges: ["203.0.113.0/24"],
});

const bare = clusterWithout("Service/shop/api", "EndpointSlice/shop/api-1");

/** Codes of Services. */
export const serviceCases: readonly CodeCase[] = [
  {
    code: "SERVICE_NOT_FOUND",
    status: "disconnected",
    shows: {
      when: "when the namespace has no Service of the name",
      objects: cluster(),
      question: { podB: "dns/apii.shop" },
    },
    lookAlike: { when: "when it has", objects: cluster(), question: { podB: "dns/api.shop" } },
  },
  {
    code: "SERVICE_WRONG_NAMESPACE_NAME",
    status: "disconnected",
    shows: {
      when: "when a short name means a Service of another namespace",
      objects: cluster(podObject("visit/web", { ips: ["10.244.1.30"] })),
      question: { podA: "visit/web", podB: "dns/api" },
    },
    lookAlike: {
      when: "when the name has its namespace",
      objects: cluster(podObject("visit/web", { ips: ["10.244.1.30"] })),
      question: { podA: "visit/web", podB: "dns/api.shop" },
    },
  },
  {
    code: "SERVICE_SELECTOR_MISMATCH",
    status: "disconnected",
    shows: {
      when: "when the selector misses the pods by a label",
      objects: withService({ selector: { app: "api", tier: "back" } }),
      question: toService,
    },
    lookAlike: {
      when: "when a workload without pods has the labels",
      objects: withService(
        { selector: { app: "batch" } },
        workloadObject("shop/batch", {
          replicas: 0,
          template: { ...workloadObject("x").template, labels: { app: "batch" } },
        }),
      ),
      question: toService,
    },
  },
  {
    code: "SERVICE_ENDPOINTS_NOT_READY",
    status: "disconnected",
    shows: {
      when: "when the pods behind it are not ready",
      objects: withService({}, apiPod(unready)),
      question: toService,
    },
    lookAlike: {
      when: "when it publishes pods that are not ready",
      objects: withService({ publishNotReadyAddresses: true }, apiPod(unready)),
      question: toService,
    },
  },
  {
    code: "SERVICE_NO_ENDPOINTS",
    status: "disconnected",
    shows: {
      when: "when there are no pods of its labels",
      objects: cluster(
        serviceObject("shop/queue", { selector: { app: "queue" }, clusterIps: ["10.96.0.40"] }),
      ),
      question: { podB: "svc/shop/queue" },
    },
    lookAlike: {
      when: "when there is one that is not ready",
      objects: withService({}, apiPod(unready)),
      question: toService,
    },
  },
  {
    code: "SELF_DATA_MISSING",
    status: "unknown",
    shows: {
      when: "when the pods of a Service's namespace were not read",
      objects: cluster(
        serviceObject("data/db", { selector: { app: "db" }, clusterIps: ["10.96.0.41"] }),
      ),
      question: { podB: "svc/data/db" },
    },
    lookAlike: {
      when: "when others of the namespace were",
      objects: cluster(
        podObject("data/other"),
        serviceObject("data/db", { selector: { app: "db" }, clusterIps: ["10.96.0.41"] }),
      ),
      question: { podB: "svc/data/db" },
    },
  },
  {
    code: "SERVICE_NO_LOCAL_ENDPOINTS",
    status: "disconnected",
    shows: {
      when: "when traffic stays on a node that has no endpoint",
      objects: withService({ internalTrafficPolicy: "Local" }),
      question: toService,
    },
    lookAlike: {
      when: "when the node has one",
      objects: withService({ internalTrafficPolicy: "Local" }, second()),
      question: toService,
    },
  },
  {
    code: "SERVICE_PORT_NOT_DEFINED",
    status: "disconnected",
    shows: {
      when: "when the Service has other ports",
      objects: cluster(),
      question: { ...toService, port: 443 },
    },
    lookAlike: {
      when: "when it has the port for UDP",
      objects: withService({ ports: [{ port: 443, protocol: "UDP", targetPort: 8080 }] }),
      question: { ...toService, port: 443 },
    },
  },
  {
    code: "SERVICE_TARGETPORT_WRONG",
    status: "disconnected",
    shows: {
      when: "when the target port is none that the pod declares",
      objects: withService({ ports: [{ port: 80, protocol: "TCP", targetPort: 8081 }] }),
      question: toService,
    },
    lookAlike: {
      when: "when the pod declares no port",
      objects: withService(
        { ports: [{ port: 80, protocol: "TCP", targetPort: 8081 }] },
        apiPod({ ports: [] }),
      ),
      question: toService,
    },
  },
  {
    code: "SERVICE_NAMED_PORT_UNRESOLVED",
    status: "disconnected",
    shows: {
      when: "when the target port has a name that the pod does not have",
      objects: withService({ ports: [{ port: 80, protocol: "TCP", targetPort: "web" }] }),
      question: toService,
    },
    lookAlike: {
      when: "when the pod has the name",
      objects: withService({ ports: [{ port: 80, protocol: "TCP", targetPort: "http" }] }),
      question: toService,
    },
  },
  {
    code: "SERVICE_PROTOCOL_MISMATCH",
    status: "disconnected",
    shows: {
      when: "when UDP is asked of a TCP port",
      objects: cluster(),
      question: { ...toService, port: 80, protocol: "udp" },
    },
    lookAlike: {
      when: "when the Service has both",
      objects: withService(
        {
          ports: [
            { name: "t", port: 80, protocol: "TCP", targetPort: 8080 },
            { name: "u", port: 80, protocol: "UDP", targetPort: 8080 },
          ],
        },
        apiPod({ ports: [] }),
      ),
      question: { ...toService, port: 80, protocol: "UDP" },
    },
  },
  {
    code: "SERVICE_HEADLESS_EXPECTED_VIP",
    status: "disconnected",
    shows: {
      when: "when a headless Service is asked on a port that it does not translate",
      objects: withService({ clusterIps: ["None"] }),
      question: { ...toService, port: 80 },
    },
    lookAlike: {
      when: "when it is asked on the pod's port",
      objects: withService({ clusterIps: ["None"] }),
      question: { ...toService, port: 8080 },
    },
  },
  {
    code: "SERVICE_EXTERNALNAME_BROKEN",
    status: "disconnected",
    shows: {
      when: "when the name is an address",
      objects: [...bare, externalName("192.0.2.7")],
      question: toService,
    },
    lookAlike: {
      when: "when it is a Service of the cluster",
      objects: [
        ...bare,
        externalName("real.shop.svc.cluster.local"),
        serviceObject("shop/real", {
          selector: { app: "api" },
          clusterIps: ["10.96.0.30"],
          ports: [{ port: 8080, protocol: "TCP", targetPort: 8080 }],
        }),
      ],
      question: { ...toService, port: 8080 },
    },
  },
  {
    code: "SERVICE_MANUAL_ENDPOINTS_STALE",
    status: "disconnected",
    shows: {
      when: "when a slice that is kept by hand lists an address that no pod has",
      objects: [...bare, handMade(), slice(["10.244.2.99"])],
      question: toService,
    },
    lookAlike: {
      when: "when it lists an address outside the cluster",
      objects: [...bare, handMade(), slice(["192.0.2.5"])],
      question: toService,
    },
  },
  {
    code: "ENDPOINT_PARTIALLY_DEAD",
    status: "degraded",
    shows: {
      when: "when one of two endpoints has no pod any more",
      objects: [...bare, apiService(), slice(["10.244.2.20", "10.244.2.99"])],
      question: toService,
    },
    lookAlike: {
      when: "when both have one",
      objects: [...bare, apiService(), second(), slice(["10.244.2.20", "10.244.1.21"])],
      question: toService,
    },
  },
  {
    code: "SERVICE_SESSION_AFFINITY_STUCK",
    status: "degraded",
    shows: {
      when: "when clients stay with an endpoint and one is dead",
      objects: [
        ...bare,
        apiService({ sessionAffinity: "ClientIP" }),
        second(),
        slice(["10.244.2.20", "10.244.1.21", "10.244.2.99"]),
      ],
      question: toService,
    },
    lookAlike: {
      when: "when all live",
      objects: [
        ...bare,
        apiService({ sessionAffinity: "ClientIP" }),
        second(),
        slice(["10.244.2.20", "10.244.1.21"]),
      ],
      question: toService,
    },
  },
  {
    code: "LB_SOURCE_RANGE_BLOCKED",
    status: "disconnected",
    shows: {
      when: "when the client is in none of the ranges",
      objects: [...bare, loadBalancer],
      question: { podA: "192.0.2.7", podB: "198.51.100.9", port: 80 },
    },
    lookAlike: {
      when: "when it is in one",
      objects: [...bare, loadBalancer],
      question: { podA: "203.0.113.7", podB: "198.51.100.9", port: 80 },
    },
  },
  {
    code: "SERVICE_INSIDE_ONLY",
    status: "disconnected",
    shows: {
      when: "when a client outside asks for a ClusterIP",
      objects: cluster(),
      question: { podA: "203.0.113.7", ...toService, port: 80 },
    },
    lookAlike: {
      when: "when the Service has an outside address",
      objects: [...bare, loadBalancer],
      question: { podA: "203.0.113.7", ...toService, port: 80 },
    },
  },
  {
    code: "CLUSTERIP_OUTSIDE_RANGE",
    status: "degraded",
    shows: {
      when: "when the address is not in the cluster's Service range",
      objects: cluster(
        configMapObject("kube-system/kubeadm-config", {
          ClusterConfiguration:
            "networking:\n  dnsDomain: cluster.local\n  serviceSubnet: 10.97.0.0/16\n",
        }),
      ),
      question: toService,
    },
    lookAlike: {
      when: "when it is",
      objects: cluster(
        configMapObject("kube-system/kubeadm-config", {
          ClusterConfiguration: "networking:\n  serviceSubnet: fd00:96::/112,10.96.0.0/16\n",
        }),
      ),
      question: toService,
    },
  },
  {
    code: "DUAL_STACK_MISMATCH",
    status: "disconnected",
    shows: {
      when: "when the Service has an IPv6 address and the client none",
      objects: withService({ clusterIps: ["fd00:96::20"], ipFamilies: ["IPv6"] }),
      question: toService,
    },
    lookAlike: {
      when: "when the client has one too",
      objects: withService(
        { clusterIps: ["fd00:96::20"], ipFamilies: ["IPv6"] },
        webPod({ ips: ["10.244.1.10", "fd00:1::10"] }),
        apiPod({ ips: ["10.244.2.20", "fd00:2::20"] }),
      ),
      question: toService,
    },
  },
];
