import type { EndpointView } from "../answers.js";
import { type ClusterModel, type WorkloadRef, workloadText } from "../model/cluster-model.js";
import type { PodObject, ServiceObject } from "../model/objects.js";
import type { PolicyEndpoint } from "../policy/decision.js";
import { QuestionError } from "../question-error.js";
import { type IpAddress, ipRangeText, ipText } from "../sets/ip.js";

/** What a name of a question stands for in a model. */
export type ResolvedName = {
  readonly view: EndpointView;
  readonly kind: "pod" | "workload" | "service" | "node" | "dns" | "addresses";
  /**
   * What policies are asked about: the live pods of a pod or workload, a node, ranges of addresses that no policy tells
   * apart. Empty for a Service (its endpoints depend on the port: `servicePaths`) and where `reason` says why.
   */
  readonly endpoints: readonly PolicyEndpoint[];
  /** The pod that was named, also one that has finished. */
  readonly pod?: PodObject;
  readonly workload?: WorkloadRef;
  readonly service?: ServiceObject;
  /** Every Service that has the address, where one that stands outside is shared; which is meant depends on the port. */
  readonly sharedBy?: readonly ServiceObject[];
  /** The address that was named, where it was one. */
  readonly address?: IpAddress;
  /** Whether the Service was meant by its cluster name, which clients look up, rather than by its address. */
  readonly byName: boolean;
  /** Why there are no endpoints: a pod that has finished, a workload without pods, a DNS name outside; "" otherwise. */
  readonly reason: string;
  /** How the name was understood, where it could have meant something else. */
  readonly warnings: readonly string[];
};

/** The endpoints of a name that is no Service. Throws QuestionError `invalid` when there are none. */
export const requireEndpoints = (name: ResolvedName): readonly PolicyEndpoint[] => {
  if (name.endpoints.length > 0 || name.service !== undefined) return name.endpoints;
  throw new QuestionError("invalid", name.reason);
};

/** An endpoint as answers show it. */
export const endpointViewOf = (model: ClusterModel, endpoint: PolicyEndpoint): EndpointView => {
  switch (endpoint.kind) {
    case "pod":
      return podView(model, endpoint.pod);
    case "node":
      return {
        ...blankView,
        name: `node/${endpoint.node.name}`,
        kind: "node",
        node: endpoint.node.name,
        ips: endpoint.node.ips,
        hostNetwork: true,
      };
    case "addresses": {
      const { family, first, last } = endpoint.range;
      const single = first === last;
      const name = single ? ipText({ family, value: first }) : ipRangeText(endpoint.range);
      return { ...blankView, name, kind: "addresses", ips: single ? [name] : [] };
    }
  }
};

const podView = (model: ClusterModel, pod: PodObject): EndpointView => ({
  name: `${pod.namespace}/${pod.name}`,
  kind: "pod",
  namespace: pod.namespace,
  workload: workloadText(model.workloadOf(pod)),
  node: pod.nodeName ?? "",
  ips: pod.ips,
  hostNetwork: pod.hostNetwork,
});

/** A view without anything, to build on. */
export const blankView: EndpointView = {
  name: "",
  kind: "",
  namespace: "",
  workload: "",
  node: "",
  ips: [],
  hostNetwork: false,
};
