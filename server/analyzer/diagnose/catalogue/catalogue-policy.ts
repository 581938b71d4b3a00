import type { CodeEntry } from "./code-entry.js";

const denied = { layer: "policy", severity: "critical", certainty: 0.85 } as const;
const hint = { layer: "policy", severity: "medium", certainty: 0 } as const;

/** Codes of policies. */
export const policyCodes = {
  NETPOL_INGRESS_DENIED: {
    ...denied,
    meaning:
      "Policies deny everything to the destination, or an ordered policy denies this connection.",
  },
  NETPOL_INGRESS_PORT_NOT_ALLOWED: {
    ...denied,
    meaning: "A rule lets the source in, but not to this port.",
  },
  NETPOL_INGRESS_SRC_NOT_SELECTED: {
    ...denied,
    meaning: "Rules let others in; none selects the source.",
  },
  NETPOL_EGRESS_DENIED: {
    ...denied,
    meaning:
      "Policies deny everything from the source (DNS apart), or an ordered policy denies this connection.",
  },
  NETPOL_EGRESS_PEER_NOT_ALLOWED: {
    ...denied,
    meaning: "Rules let the source out to others; none selects the destination.",
  },
  NETPOL_EGRESS_PORT_NOT_ALLOWED: {
    ...denied,
    meaning: "A rule lets the source out to the destination, but not to this port.",
  },
  NETPOL_NS_SELECTOR_MISS: {
    ...denied,
    meaning: "The pod labels fit a rule, the namespace does not.",
  },
  NETPOL_PROTOCOL_MISMATCH: {
    ...denied,
    meaning: "A rule allows the port under another protocol; without one, a rule means TCP.",
  },
  NETPOL_NAMED_PORT_UNRESOLVED: {
    ...denied,
    severity: "high",
    meaning: "A rule allows a port by a name that the destination's containers don't have.",
  },
  NETPOL_IPBLOCK_EXCEPT: {
    ...denied,
    severity: "high",
    meaning: "The address lies in the except of the block that a rule allows.",
  },
  NETPOL_IPBLOCK_PODS: {
    ...denied,
    severity: "high",
    meaning:
      "A rule allows a block that holds the pod's address, and this network plugin matches no pods by blocks.",
  },
  NETPOL_DNS_EGRESS_BLOCKED: {
    ...denied,
    meaning: "Policies keep the source from the cluster's DNS servers: no name resolves.",
  },
  NETPOL_DNS_TCP_ONLY_MISSING: {
    ...denied,
    severity: "medium",
    certainty: 0,
    meaning: "The source may ask DNS over UDP only: answers that do not fit into a datagram fail.",
  },
  NETPOL_DNS_INGRESS_BLOCKED: {
    ...denied,
    meaning: "Policies of the DNS servers keep the source out: no name resolves.",
  },
  NETPOL_AND_OR_CONFUSION: {
    ...hint,
    meaning:
      "A rule has namespaceSelector and podSelector as two list items, which means either, not both.",
  },
  NETPOL_SELECTOR_TYPO: {
    ...hint,
    meaning: "A policy selects no pod and comes within a slip of selecting this one.",
  },
  NETPOL_SELECTS_NOTHING: {
    ...hint,
    meaning: "A policy of the namespace selects no pod, so it has no effect.",
  },
  NETPOL_CONNTRACK_GRACE: {
    ...hint,
    severity: "low",
    meaning: "The policy is new: connections that were open before may live on.",
  },
  NETPOL_OVERBROAD: {
    ...hint,
    severity: "low",
    meaning: "The rule that allows the connection allows everyone on every port.",
  },
  NETPOL_COMPLEXITY: {
    ...hint,
    severity: "low",
    meaning: "More than 100 rules apply to the pod in one direction.",
  },
  POLICY_NOT_ENFORCED: {
    layer: "policy",
    severity: "high",
    certainty: 0,
    meaning: "Policies deny, but the network plugin enforces none, or has not had the time to.",
  },
  POLICY_CRD_UNMODELLED: {
    layer: "policy",
    severity: "medium",
    certainty: 0,
    meaning: "A policy of a kind that is not evaluated selects an end: the verdict can't be told.",
  },
  POLICY_UNDETERMINED: {
    layer: "policy",
    severity: "medium",
    certainty: 0,
    meaning:
      "What a policy says of this connection can't be told from objects: an unknown address, a DNS name, equal priorities.",
  },
} as const satisfies Readonly<Record<string, CodeEntry>>;
