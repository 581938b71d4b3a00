import type { PolicyEndpoint } from "../../policy/decision.js";
import type { ServiceLeg, ServiceRoute } from "../../service/service-route.js";
import { type ConnectionSet, containsConnection, type Protocol } from "../../sets/connections.js";

/** How B is reached: by its own address, by a Service's address, or by a name. */
export const accessModes = ["podIP", "serviceIP", "name"] as const;

/** One of the modes. */
export type AccessMode = (typeof accessModes)[number];

/** One concrete connection that is judged. */
export type Way = {
  readonly mode: AccessMode;
  /** Undefined where A is a workload without pods. */
  readonly source: PolicyEndpoint | undefined;
  /** Undefined where a Service leads to nobody, or B is a workload without pods. */
  readonly destination: PolicyEndpoint | undefined;
  readonly protocol: Protocol;
  /** On the destination; 0: any. */
  readonly port: number;
  /** Through a Service: its route from this source. */
  readonly route?: ServiceRoute;
  /** And the leg of it; undefined where the route has none that is used. */
  readonly leg?: ServiceLeg;
};

/** Whether one end of a way is this pod. */
export const isPodEnd = (
  end: PolicyEndpoint | undefined,
  pod: { readonly namespace: string; readonly name: string },
): boolean =>
  end?.kind === "pod" && end.pod.namespace === pod.namespace && end.pod.name === pod.name;

/** Whether two ends are one. */
export const isSameEnd = (one: PolicyEndpoint, other: PolicyEndpoint): boolean => {
  if (one.kind === "pod") return isPodEnd(other, one.pod);
  if (one.kind === "node") return other.kind === "node" && other.node.name === one.node.name;
  return (
    other.kind === "addresses" &&
    other.range.family === one.range.family &&
    other.range.first === one.range.first &&
    other.range.last === one.range.last
  );
};

/** Whether a set of connections has a way in it: of a way to any port, whether it has one of its protocol. */
export const holdsWay = (set: ConnectionSet, { protocol, port }: Way): boolean =>
  port === 0 ? set[protocol].length > 0 : containsConnection(set, protocol, port);
