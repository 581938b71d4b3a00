import { labelSelectorOf } from "../../server/analyzer/model/label-selector.js";
import type {
  ConfigMapObject,
  EndpointSliceObject,
  NamespaceObject,
  NetworkPolicyObject,
  NodeObject,
  PodObject,
  ServiceObject,
  UnmodelledPolicyObject,
  WorkloadObject,
} from "../../server/analyzer/model/objects.js";

// Objects of a cluster with everything filled in, for tests that build models by hand; parts are replaced as needed.

type Name = `${string}/${string}` | string;

const meta = (name: Name) => {
  const [first = "", second] = name.split("/");
  return second === undefined
    ? { namespace: "default", name: first, labels: {}, annotations: {} }
    : { namespace: first, name: second, labels: {}, annotations: {} };
};

const podSpec = {
  hostNetwork: false,
  serviceAccount: "default",
  ports: [],
  dnsPolicy: "ClusterFirst",
  dnsNameservers: [],
  dnsSearches: [],
  readinessGates: [],
};

/** A running, ready pod "ns/name" on node n1 without an address. */
export const podObject = (name: Name, parts: Partial<PodObject> = {}): PodObject => ({
  kind: "Pod",
  ...meta(name),
  ...podSpec,
  nodeName: "n1",
  expanded: false,
  ips: [],
  phase: "Running",
  terminating: false,
  conditions: [{ type: "Ready", status: "True" }],
  containers: [],
  ...parts,
});

/** A Service "ns/name" of type ClusterIP with TCP port 80. */
export const serviceObject = (name: Name, parts: Partial<ServiceObject> = {}): ServiceObject => ({
  kind: "Service",
  ...meta(name),
  type: "ClusterIP",
  clusterIps: [],
  externalIps: [],
  loadBalancerIps: [],
  loadBalancerSourceRanges: [],
  ports: [{ port: 80, protocol: "TCP", targetPort: 80 }],
  ipFamilies: [],
  internalTrafficPolicy: "Cluster",
  externalTrafficPolicy: "Cluster",
  sessionAffinity: "None",
  publishNotReadyAddresses: false,
  ...parts,
});

/** A slice "ns/name" of a Service. */
export const sliceObject = (
  name: Name,
  parts: Partial<EndpointSliceObject> & Pick<EndpointSliceObject, "service">,
): EndpointSliceObject => ({
  kind: "EndpointSlice",
  ...meta(name),
  addressType: "IPv4",
  endpoints: [],
  ports: [{ port: 80, protocol: "TCP" }],
  ...parts,
});

/** A Deployment "ns/name" of one pod. */
export const workloadObject = (
  name: Name,
  parts: Partial<WorkloadObject> = {},
): WorkloadObject => ({
  kind: "Deployment",
  ...meta(name),
  replicas: 1,
  template: { ...podSpec, labels: {}, annotations: {} },
  ...parts,
});

/** A ready node. */
export const nodeObject = (name: string, parts: Partial<NodeObject> = {}): NodeObject => ({
  kind: "Node",
  ...meta(`/${name}`),
  ips: [],
  podCidrs: [],
  unschedulable: false,
  taints: [],
  conditions: [{ type: "Ready", status: "True" }],
  ...parts,
});

/** A namespace with labels. */
export const namespaceObject = (
  name: string,
  labels: Readonly<Record<string, string>> = {},
): NamespaceObject => ({ kind: "Namespace", ...meta(`/${name}`), labels });

/** A ConfigMap "ns/name". */
export const configMapObject = (
  name: Name,
  data: Readonly<Record<string, string>>,
): ConfigMapObject => ({ kind: "ConfigMap", ...meta(name), data });

/** A NetworkPolicy "ns/name" that selects everything and denies ingress. */
export const networkPolicyObject = (
  name: Name,
  parts: Partial<NetworkPolicyObject> = {},
): NetworkPolicyObject => ({
  kind: "NetworkPolicy",
  ...meta(name),
  podSelector: labelSelectorOf([]),
  isolates: ["ingress"],
  policyTypesGiven: true,
  ingress: [],
  egress: [],
  ...parts,
});

/** A CiliumNetworkPolicy "ns/name" that selects everything in its namespace, for ingress. */
export const unmodelledPolicyObject = (
  name: Name,
  parts: Partial<UnmodelledPolicyObject> = {},
): UnmodelledPolicyObject => ({
  kind: "UnmodelledPolicy",
  ...meta(name),
  apiVersion: "cilium.io/v2",
  policyKind: "CiliumNetworkPolicy",
  selectorUnderstood: true,
  directions: ["ingress"],
  ...parts,
});
