import type { NodeObject, PodObject, ServiceObject, ServicePort } from "../model/objects.js";
import type { PolicyEndpoint } from "../policy/decision.js";
import type { Protocol } from "../sets/connections.js";
import type { IpFamily } from "../sets/ip.js";
import type { ServiceEndpoint, ServiceEndpoints } from "./service-endpoints.js";

/** By which of its addresses a Service is reached. */
export type ServiceWay =
  /** Its cluster name, or its ClusterIP (of one family, when an address was given). */
  | { readonly kind: "cluster-ip"; readonly byName: boolean; readonly family?: IpFamily }
  | { readonly kind: "external-ip"; readonly address: string }
  /** `address` is "" where it is not assigned yet. */
  | { readonly kind: "load-balancer"; readonly address: string }
  /** A port of a node; `node` is undefined where any will do. */
  | { readonly kind: "node-port"; readonly node: NodeObject | undefined };

/** What goes through a Service. */
export type ServiceQuestion = {
  readonly service: ServiceObject;
  readonly way: ServiceWay;
  /** Undefined for a client that is not known: of any family, on any node. */
  readonly source: PolicyEndpoint | undefined;
  /** The Service's port (a node port by a node); 0 for every one. */
  readonly port: number;
  /** Undefined for every protocol. */
  readonly protocol: Protocol | undefined;
};

/** Whether connections go to an endpoint, or why not. */
export type LegState =
  | "used"
  /** The pod is not ready, or is going away while others are ready. */
  | "not-ready"
  | "terminating"
  /** A traffic policy Local keeps connections on a node, and the endpoint is on another. */
  | "not-local"
  /** The named target port is not among the pod's ports, or the slice has no port of the Service port's name. */
  | "port-unresolved"
  /** Connections go there, and nobody is there. */
  | "stale"
  /** The endpoint has no address of a family that client and Service share. */
  | "other-family"
  /** loadBalancerSourceRanges leaves the client out. */
  | "source-range";

/** From one port of a Service to one endpoint. */
export type ServiceLeg = {
  /** Undefined for a headless Service: its name gives the endpoint's address, and no port is translated. */
  readonly servicePort: ServicePort | undefined;
  readonly endpoint: ServiceEndpoint;
  /** Port on the endpoint; undefined for every port (headless, none asked), and where it can't be resolved. */
  readonly targetPort: number | undefined;
  /** Undefined for every protocol. */
  readonly protocol: Protocol | undefined;
  readonly state: LegState;
};

/** What stands out about the way through a Service; words and data, the texts are made by `serviceIssueText`. */
export type ServiceIssue =
  /** No endpoints at all. `selected`: the pods that the selector selects, which are finished or wait for an address. */
  | { readonly kind: "no-endpoints"; readonly selected: readonly PodObject[] }
  /** No selector, and no slices made by hand. */
  | { readonly kind: "no-selector" }
  | { readonly kind: "no-ready-endpoints"; readonly notReady: readonly ServiceEndpoint[] }
  /** Some are not ready. */
  | { readonly kind: "endpoints-not-ready"; readonly notReady: readonly ServiceEndpoint[] }
  /** Only endpoints that are going away are left, and are used. */
  | { readonly kind: "only-terminating" }
  | {
      readonly kind: "no-local-endpoints";
      readonly policy: "internalTrafficPolicy" | "externalTrafficPolicy";
      readonly node: string;
      readonly elsewhere: number;
    }
  /** A traffic policy Local, and the node of the client or of endpoints is not known. */
  | {
      readonly kind: "local-node-unknown";
      readonly policy: "internalTrafficPolicy" | "externalTrafficPolicy";
    }
  | {
      readonly kind: "port-not-defined";
      readonly port: number;
      readonly defined: readonly ServicePort[];
      /** A Service port that has the asked number as its target port. */
      readonly targetOf?: ServicePort;
    }
  | {
      readonly kind: "protocol-mismatch";
      readonly port: number;
      readonly protocol: Protocol;
      readonly defined: readonly ServicePort[];
    }
  | {
      readonly kind: "port-unresolved";
      readonly servicePort: ServicePort;
      readonly endpoints: readonly ServiceEndpoint[];
      /** Whether a slice lacks the Service port's name, rather than a pod the target port's. */
      readonly bySlice: boolean;
    }
  | { readonly kind: "stale-endpoints"; readonly endpoints: readonly ServiceEndpoint[] }
  | {
      readonly kind: "family-mismatch";
      readonly client: readonly IpFamily[];
      readonly service: readonly IpFamily[];
    }
  /** Headless, and the asked port is one that the Service would translate if it had an address. */
  | { readonly kind: "headless-port"; readonly servicePort: ServicePort }
  /** loadBalancerSourceRanges leaves the client out. */
  | { readonly kind: "source-range"; readonly ranges: readonly string[] }
  /** A client outside the cluster, and the Service has no address outside. */
  | { readonly kind: "inside-only" }
  /** The Service has several endpoints, and a client stays with one (sessionAffinity ClientIP). */
  | { readonly kind: "session-affinity" }
  /** ExternalName: the names lead back to one that was there already, or on for too long. */
  | { readonly kind: "external-name-loop"; readonly names: readonly string[] }
  /** ExternalName to a name of the cluster that the model lacks. */
  | { readonly kind: "external-name-missing"; readonly name: string }
  /** ExternalName without a name, or with an address in its place, which DNS takes for a name. */
  | { readonly kind: "external-name-invalid"; readonly name: string };

/** The way through a Service: what its ports stand for on which endpoints. */
export type ServiceRoute = {
  readonly service: ServiceObject;
  readonly way: ServiceWay;
  /**
   * virtual: connections to its address are translated. headless: its name gives the addresses of the endpoints.
   * external-name: its name stands for another name.
   */
  readonly kind: "virtual" | "headless" | "external-name";
  readonly endpoints: ServiceEndpoints;
  /** The Service's ports that were asked about. */
  readonly ports: readonly ServicePort[];
  readonly legs: readonly ServiceLeg[];
  /**
   * Whether endpoints may see the address of a node instead of the client's: traffic from outside, or to an outside
   * address, is translated unless externalTrafficPolicy is Local.
   */
  readonly sourceNat: boolean;
  readonly issues: readonly ServiceIssue[];
  /** Of an ExternalName: the name, and what it stands for. */
  readonly external?: ExternalTarget;
};

/** What the name of an ExternalName Service stands for. */
export type ExternalTarget = {
  readonly name: string;
  readonly to:
    | { readonly kind: "service"; readonly route: ServiceRoute }
    | { readonly kind: "pod"; readonly pod: PodObject }
    /** A name outside: objects don't say which addresses it has. */
    | { readonly kind: "outside" }
    | { readonly kind: "nowhere" };
};
