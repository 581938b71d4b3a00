import type { IpRange } from "../sets/ip.js";
import type { LabelSelector, Labels } from "./label-selector.js";

/** Where an object came from: a manifest, or the API server (no origin at all). */
export type Origin = {
  /** Path as the user gave it, "-" for standard input. */
  readonly file: string;
  /** 0-based index of the YAML document in the file. */
  readonly document: number;
  /** Index in a List, when the document is one. */
  readonly item?: number;
};

/** What every object has. */
export type ObjectMeta = {
  /** "" for cluster-scoped objects; never "" for namespaced ones (a missing namespace is "default"). */
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly uid?: string;
  readonly createdAtMs?: number;
  readonly origin?: Origin;
};

/** A Namespace. */
export type NamespaceObject = ObjectMeta & { readonly kind: "Namespace" };

/** A port of a container, as policies and Services resolve names against. */
export type ContainerPort = {
  readonly name?: string;
  readonly port: number;
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly hostPort?: number;
  readonly container: string;
};

/** A named condition (pod, node). */
export type Condition = {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason?: string;
  readonly message?: string;
};

/** State of one container as the kubelet reports it. */
export type ContainerStatus = {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  /** waiting.reason, such as CrashLoopBackOff or ImagePullBackOff. */
  readonly waiting?: string;
  readonly waitingMessage?: string;
  /** terminated.reason now, such as Error or Completed. */
  readonly terminated?: string;
  readonly exitCode?: number;
  /** lastState.terminated.reason, such as OOMKilled. */
  readonly lastTerminated?: string;
};

/** The controller that owns an object. */
export type OwnerRef = { readonly kind: string; readonly name: string };

/** What a pod and a pod template have in common. */
export type PodSpec = {
  readonly hostNetwork: boolean;
  readonly nodeName?: string;
  readonly serviceAccount: string;
  readonly ports: readonly ContainerPort[];
  /** ClusterFirst when not given. */
  readonly dnsPolicy: string;
  readonly dnsNameservers: readonly string[];
  readonly dnsSearches: readonly string[];
  readonly dnsNdots?: number;
  readonly hostname?: string;
  readonly subdomain?: string;
  readonly readinessGates: readonly string[];
};

/** A Pod, from the API or expanded from a workload's template. */
export type PodObject = ObjectMeta &
  PodSpec & {
    readonly kind: "Pod";
    /** Its controller, as written in ownerReferences. */
    readonly owner?: OwnerRef;
    /** Set on a pod that the loader made from a workload's template: it has no status. */
    readonly expanded: boolean;
    /** Every pod address, as written; empty when the pod has none (yet). */
    readonly ips: readonly string[];
    readonly hostIp?: string;
    /** Pending, Running, Succeeded, Failed, Unknown; "" when there is no status (manifests). */
    readonly phase: string;
    /** status.reason, such as Evicted or NodeLost. */
    readonly reason?: string;
    /** deletionTimestamp is set. */
    readonly terminating: boolean;
    readonly conditions: readonly Condition[];
    readonly containers: readonly ContainerStatus[];
  };

/** Workload kinds that are expanded to pods. */
export const workloadKinds = [
  "Deployment",
  "StatefulSet",
  "DaemonSet",
  "ReplicaSet",
  "ReplicationController",
  "Job",
  "CronJob",
] as const;

/** One of the workload kinds. */
export type WorkloadKind = (typeof workloadKinds)[number];

/** A workload with its pod template. Its own labels select nothing: policies look at the template's. */
export type WorkloadObject = ObjectMeta & {
  readonly kind: WorkloadKind;
  readonly owner?: OwnerRef;
  /** Wanted pods; 1 when not given; undefined for kinds without (DaemonSet, Job, CronJob). */
  readonly replicas?: number;
  readonly readyReplicas?: number;
  readonly template: PodSpec & { readonly labels: Labels; readonly annotations: Labels };
};

/** A port of a Service. */
export type ServicePort = {
  readonly name?: string;
  readonly port: number;
  readonly protocol: "TCP" | "UDP" | "SCTP";
  /** A number, or the name of a container port; the port itself when not given. */
  readonly targetPort: number | string;
  readonly nodePort?: number;
  readonly appProtocol?: string;
};

/** A Service. */
export type ServiceObject = ObjectMeta & {
  readonly kind: "Service";
  readonly type: "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName";
  /** Undefined or empty: the Service selects nothing, its EndpointSlices are made by hand. */
  readonly selector?: Labels;
  /** Addresses as written; ["None"] when headless; empty when not assigned (manifests). */
  readonly clusterIps: readonly string[];
  readonly externalIps: readonly string[];
  readonly loadBalancerIps: readonly string[];
  readonly loadBalancerSourceRanges: readonly string[];
  readonly externalName?: string;
  readonly ports: readonly ServicePort[];
  readonly ipFamilies: readonly ("IPv4" | "IPv6")[];
  readonly internalTrafficPolicy: "Cluster" | "Local";
  readonly externalTrafficPolicy: "Cluster" | "Local";
  readonly sessionAffinity: "None" | "ClientIP";
  readonly publishNotReadyAddresses: boolean;
};

/** One endpoint of a slice. Undefined conditions are as discovery/v1 says: ready and serving true, terminating false. */
export type Endpoint = {
  readonly addresses: readonly string[];
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly nodeName?: string;
  /** namespace/name of the pod it stands for. */
  readonly pod?: string;
};

/** An EndpointSlice (Endpoints objects are read as slices too). */
export type EndpointSliceObject = ObjectMeta & {
  readonly kind: "EndpointSlice";
  /** Name of its Service (label kubernetes.io/service-name); "" when it has none. */
  readonly service: string;
  readonly addressType: "IPv4" | "IPv6" | "FQDN";
  readonly endpoints: readonly Endpoint[];
  readonly ports: readonly {
    readonly name?: string;
    readonly port?: number;
    readonly protocol: "TCP" | "UDP" | "SCTP";
  }[];
  /** endpointslice.kubernetes.io/managed-by. */
  readonly managedBy?: string;
};

/** A Node. */
export type NodeObject = ObjectMeta & {
  readonly kind: "Node";
  /** InternalIP and ExternalIP addresses. */
  readonly ips: readonly string[];
  readonly podCidrs: readonly string[];
  readonly unschedulable: boolean;
  readonly taints: readonly {
    readonly key: string;
    readonly value?: string;
    readonly effect: string;
  }[];
  readonly conditions: readonly Condition[];
};

/** A ConfigMap that says how the network works (CoreDNS, kube-proxy, flannel …); others are not kept. */
export type ConfigMapObject = ObjectMeta & {
  readonly kind: "ConfigMap";
  readonly data: Labels;
};

/** An Event about networking; others are not kept. */
export type EventObject = ObjectMeta & {
  readonly kind: "Event";
  readonly regarding: {
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
    readonly uid?: string;
  };
  readonly reason: string;
  readonly message: string;
  readonly count: number;
};

/** A port of a NetworkPolicy or admin policy rule. */
export type PortRule =
  | {
      readonly kind: "numbers";
      readonly protocol: "TCP" | "UDP" | "SCTP";
      readonly first: number;
      readonly last: number;
    }
  | {
      /** Resolved on the destination pod; `protocol` undefined (CNP, ANP): that of the container's port. */
      readonly kind: "named";
      readonly protocol?: "TCP" | "UDP" | "SCTP";
      readonly name: string;
    };

/** A block of addresses with holes, host bits masked. */
export type IpBlock = {
  /** As written, for texts. */
  readonly text: string;
  readonly range: IpRange;
  readonly except: readonly IpRange[];
  readonly exceptTexts: readonly string[];
};

/** A peer of a NetworkPolicy rule. Without namespaceSelector: pods of the policy's own namespace. */
export type NetworkPolicyPeer =
  | {
      readonly kind: "pods";
      readonly namespaceSelector?: LabelSelector;
      /** Undefined selects all pods of the namespaces; kept apart from {} for texts only. */
      readonly podSelector?: LabelSelector;
    }
  | { readonly kind: "ipBlock"; readonly block: IpBlock };

/** A rule: peers OR-ed, ports OR-ed, both must match. */
export type NetworkPolicyRule = {
  /** Undefined: every peer, inside and outside (`from`/`to` absent or empty). Never an empty list. */
  readonly peers?: readonly NetworkPolicyPeer[];
  /** Undefined: every port of every protocol. Never an empty list. */
  readonly ports?: readonly PortRule[];
};

/** A networking.k8s.io/v1 NetworkPolicy with the API server's defaults applied. */
export type NetworkPolicyObject = ObjectMeta & {
  readonly kind: "NetworkPolicy";
  readonly podSelector: LabelSelector;
  /** The directions it isolates: policyTypes as given, else defaulted. */
  readonly isolates: readonly ("ingress" | "egress")[];
  /** Whether policyTypes was written. */
  readonly policyTypesGiven: boolean;
  /** Rules as written, also of a direction that it does not isolate (they have no effect). */
  readonly ingress: readonly NetworkPolicyRule[];
  readonly egress: readonly NetworkPolicyRule[];
  /**
   * Paths of the lists of rules, peers and ports that were written as empty lists: ["spec", "ingress", 0, "from"]. They mean
   * what absent ones mean. Left out when there are none; the API server drops them.
   */
  readonly emptyLists?: readonly (readonly (string | number)[])[];
};

/** What an ordered rule does. ANP's Allow is "accept". */
export type TieredAction = "accept" | "deny" | "pass";

/** A peer of an ordered policy's rule. */
export type TieredPeer =
  | { readonly kind: "namespaces"; readonly selector: LabelSelector }
  | {
      readonly kind: "pods";
      readonly namespaceSelector: LabelSelector;
      readonly podSelector: LabelSelector;
    }
  /** Egress only. */
  | { readonly kind: "networks"; readonly blocks: readonly IpBlock[] }
  /** Egress only: addresses of the selected nodes. */
  | { readonly kind: "nodes"; readonly selector: LabelSelector }
  /** Egress and accept only; cannot be decided from objects. */
  | { readonly kind: "domainNames"; readonly names: readonly string[] }
  /** No field that this version knows: the rule fails closed, accept matches nothing, deny and pass deny everything. */
  | { readonly kind: "unknown"; readonly fields: readonly string[] };

/** A rule of an ordered policy. */
export type TieredRule = {
  readonly name: string;
  readonly action: TieredAction;
  /** One or more. */
  readonly peers: readonly TieredPeer[];
  /** Undefined: everything. Never an empty list. */
  readonly ports?: readonly PortRule[];
};

/**
 * An ordered, non-isolating policy: ClusterNetworkPolicy v1alpha2, AdminNetworkPolicy v1alpha1 (tier admin) or
 * BaselineAdminNetworkPolicy v1alpha1 (tier baseline, priority 0).
 */
export type TieredPolicyObject = ObjectMeta & {
  readonly kind: "ClusterNetworkPolicy" | "AdminNetworkPolicy" | "BaselineAdminNetworkPolicy";
  readonly tier: "admin" | "baseline";
  /** 0-1000, the lowest goes first; equal ones in one tier are undefined by the API, here by name, and reported. */
  readonly priority: number;
  readonly subject:
    | { readonly kind: "namespaces"; readonly selector: LabelSelector }
    | {
        readonly kind: "pods";
        readonly namespaceSelector: LabelSelector;
        readonly podSelector: LabelSelector;
      };
  readonly ingress: readonly TieredRule[];
  readonly egress: readonly TieredRule[];
};

/**
 * A policy of a kind that this engine does not evaluate (Calico, Cilium, Istio, Antrea …): whatever it selects becomes
 * unknown in the given directions.
 */
export type UnmodelledPolicyObject = ObjectMeta & {
  readonly kind: "UnmodelledPolicy";
  readonly apiVersion: string;
  /** Its kind as written: "CiliumNetworkPolicy". */
  readonly policyKind: string;
  /** Undefined: the whole cluster, or the own namespace when namespaced. */
  readonly podSelector?: LabelSelector;
  readonly namespaceSelector?: LabelSelector;
  /** False where the selector could not be read: then it counts as selecting everything in its scope. */
  readonly selectorUnderstood: boolean;
  readonly directions: readonly ("ingress" | "egress")[];
};

/** Everything the model holds. */
export type ClusterObject =
  | NamespaceObject
  | PodObject
  | WorkloadObject
  | ServiceObject
  | EndpointSliceObject
  | NodeObject
  | ConfigMapObject
  | EventObject
  | NetworkPolicyObject
  | TieredPolicyObject
  | UnmodelledPolicyObject;

/**
 * What identifies an object: kind, namespace and name. Several API groups have a NetworkPolicy; of those that are not
 * evaluated the group counts, too.
 */
export const objectKey = (object: ClusterObject): string => {
  const kind =
    object.kind === "UnmodelledPolicy"
      ? `${object.apiVersion.split("/")[0]}/${object.policyKind}`
      : object.kind;
  return `${kind}/${object.namespace}/${object.name}`;
};
