import type { CodeEntry } from "./code-entry.js";

const broken = { layer: "service", severity: "critical", certainty: 0.85 } as const;

/** Codes of Services and their endpoints. */
export const serviceCodes = {
  SERVICE_NOT_FOUND: { ...broken, meaning: "No Service of that name exists in that namespace." },
  SERVICE_WRONG_NAMESPACE_NAME: {
    ...broken,
    severity: "high",
    meaning:
      "The short name means a Service of the source's own namespace; the Service is in another one.",
  },
  SERVICE_SELECTOR_MISMATCH: {
    ...broken,
    meaning: "The Service selects no pod, and pods come within a label of its selector.",
  },
  SERVICE_ENDPOINTS_NOT_READY: {
    ...broken,
    meaning: "The Service has endpoints and none of them is ready.",
  },
  SERVICE_NO_ENDPOINTS: { ...broken, meaning: "The Service has no endpoint at all." },
  SERVICE_NO_LOCAL_ENDPOINTS: {
    ...broken,
    severity: "high",
    meaning:
      "The Service keeps traffic on the node (traffic policy Local), and the source's node has no ready endpoint.",
  },
  SERVICE_PORT_NOT_DEFINED: { ...broken, meaning: "The Service has no such port." },
  SERVICE_TARGETPORT_WRONG: {
    ...broken,
    certainty: 0.55,
    meaning: "The Service's targetPort is none of the ports that its pods declare.",
  },
  SERVICE_NAMED_PORT_UNRESOLVED: {
    ...broken,
    meaning: "The Service's targetPort is a name that its pods' containers don't have.",
  },
  SERVICE_PROTOCOL_MISMATCH: {
    ...broken,
    severity: "high",
    meaning: "The Service or its pods have this port under another protocol.",
  },
  SERVICE_HEADLESS_EXPECTED_VIP: {
    ...broken,
    severity: "medium",
    certainty: 0.55,
    meaning:
      "The Service is headless: its name gives pod addresses, and its ports are not translated.",
  },
  SERVICE_EXTERNALNAME_BROKEN: {
    ...broken,
    severity: "medium",
    certainty: 0.8,
    meaning: "The externalName of the Service leads nowhere.",
  },
  SERVICE_MANUAL_ENDPOINTS_STALE: {
    ...broken,
    severity: "high",
    certainty: 0.8,
    meaning: "A slice that is kept by hand lists an address that no live pod has.",
  },
  ENDPOINT_PARTIALLY_DEAD: {
    ...broken,
    severity: "high",
    certainty: 0.7,
    meaning: "Some endpoints that the Service sends connections to can't answer.",
  },
  SERVICE_SESSION_AFFINITY_STUCK: {
    ...broken,
    severity: "medium",
    certainty: 0,
    meaning: "The Service keeps a client on one endpoint, and some of them are dead.",
  },
  LB_SOURCE_RANGE_BLOCKED: {
    ...broken,
    severity: "medium",
    certainty: 0.8,
    meaning:
      "The load balancer lets only its loadBalancerSourceRanges in, and the source is in none.",
  },
  SERVICE_INSIDE_ONLY: {
    ...broken,
    severity: "high",
    certainty: 0.8,
    meaning: "The source is outside of the cluster, and the Service has an address inside only.",
  },
  CLUSTERIP_OUTSIDE_RANGE: {
    ...broken,
    severity: "medium",
    certainty: 0.55,
    meaning: "The Service's address is not in the cluster's Service range.",
  },
  DUAL_STACK_MISMATCH: {
    ...broken,
    severity: "medium",
    certainty: 0.8,
    meaning: "The Service and its pods, or the source, have no IP family in common.",
  },
} as const satisfies Readonly<Record<string, CodeEntry>>;
