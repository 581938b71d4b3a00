import type { PolicyEndpoint } from "../policy/decision.js";
import type { ServiceQuestion } from "./service-route.js";

/** A traffic policy Local that bears on a client. */
export type LocalPolicy = {
  readonly policy: "internalTrafficPolicy" | "externalTrafficPolicy";
  /** Where connections stay; undefined where it is not known which node that is. */
  readonly node: string | undefined;
};

/**
 * The traffic policy Local that bears on connections, undefined without one. internalTrafficPolicy is for the ClusterIP and
 * for clients on nodes. externalTrafficPolicy is for clients outside; pods and nodes that use an outside address are let
 * to every endpoint, as if a load balancer had sent them (kube-proxy). A load balancer sends to nodes with endpoints only.
 */
export const localPolicyOf = ({
  service,
  way,
  source,
}: ServiceQuestion): LocalPolicy | undefined => {
  if (way.kind === "cluster-ip") {
    if (service.internalTrafficPolicy !== "Local" || source?.kind === "addresses") return undefined;
    return { policy: "internalTrafficPolicy", node: nodeOf(source) };
  }
  if (service.externalTrafficPolicy !== "Local" || source?.kind !== "addresses") return undefined;
  if (way.kind === "load-balancer") return undefined;
  const node = way.kind === "node-port" ? way.node?.name : undefined;
  return { policy: "externalTrafficPolicy", node };
};

const nodeOf = (end: PolicyEndpoint | undefined): string | undefined => {
  if (end?.kind === "pod") return end.pod.nodeName;
  return end?.kind === "node" ? end.node.name : undefined;
};
