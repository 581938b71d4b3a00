import type { EventObject, ObjectMeta } from "../../analyzer/model/objects.js";
import type { Field } from "./field.js";
import { given } from "./given.js";

/** Reasons of events that tell why a pod, a node or a Service is not on the network. */
const networkReasons: ReadonlySet<string> = new Set([
  "BackOff",
  "CIDRAssignmentFailed",
  "CIDRNotAvailable",
  "ClusterIPAlreadyAllocated",
  "ClusterIPNotAllocated",
  "ClusterIPOutOfRange",
  "DNSConfigForming",
  "Failed",
  "FailedCreate",
  "FailedCreatePodSandBox",
  "FailedKillPod",
  "FailedMount",
  "FailedScheduling",
  "FailedToCreateEndpoint",
  "FailedToCreateEndpointSlices",
  "FailedToCreateRoute",
  "FailedToUpdateEndpoint",
  "FailedToUpdateEndpointSlices",
  "IPAddressNotAllocated",
  "IPAddressWrongReference",
  "NetworkNotReady",
  "NodeNotReady",
  "NodeNotSchedulable",
  "PortAlreadyAllocated",
  "ProbeWarning",
  "SandboxChanged",
  "SyncLoadBalancerFailed",
  "TopologyAwareHintsDisabled",
  "Unhealthy",
]);

/** Reads an Event of core/v1 or events.k8s.io/v1 about networking; nothing for any other. */
export const eventOf = (object: Field, meta: ObjectMeta): readonly EventObject[] => {
  const reason = object.textAt("reason");
  if (reason === undefined || !networkReasons.has(reason)) return [];
  const involved = object.field("involvedObject");
  const regarding = involved.present ? involved : object.field("regarding");
  return [
    {
      kind: "Event",
      ...meta,
      regarding: {
        kind: regarding.textAt("kind") ?? "",
        namespace: regarding.textAt("namespace") ?? "",
        name: regarding.textAt("name") ?? "",
        ...given("uid", regarding.textAt("uid")),
      },
      reason,
      message: object.textAt("message") ?? object.textAt("note") ?? "",
      count:
        object.field("count").integer() ??
        object.field("series").field("count").integer() ??
        object.field("deprecatedCount").integer() ??
        1,
    },
  ];
};
