import type { CodeEntry } from "./code-entry.js";

const broken = { layer: "dns", severity: "critical", certainty: 0.85 } as const;

/** Codes of DNS. */
export const dnsCodes = {
  DNS_SERVICE_MISSING: {
    ...broken,
    meaning: "No Service has the address that pods send their DNS queries to.",
  },
  DNS_SERVICE_PORT_MISSING: {
    ...broken,
    meaning: "The DNS Service lacks port 53 of UDP or TCP.",
  },
  DNS_NO_ENDPOINTS: { ...broken, meaning: "The DNS Service has no endpoint at all." },
  DNS_PODS_DOWN: { ...broken, meaning: "The DNS Service has endpoints and none of them is ready." },
  DNS_REDUNDANCY_LOST: {
    ...broken,
    severity: "medium",
    certainty: 0,
    meaning: "One DNS server is left, or all of them are on one node.",
  },
  DNS_NXDOMAIN_SERVICE: {
    ...broken,
    meaning: "The name lies in the cluster's zone, and nothing answers to it.",
  },
  DNS_POD_RECORD_MISSING: {
    ...broken,
    severity: "medium",
    certainty: 0.8,
    meaning:
      "The pod has no record of that name: hostname, subdomain and a headless Service must agree.",
  },
  RESOLV_NAMESERVER_WRONG: {
    ...broken,
    certainty: 0.75,
    meaning: "The source's own name servers are not the cluster's DNS.",
  },
  RESOLV_SEARCH_MISSING: {
    ...broken,
    severity: "high",
    certainty: 0.75,
    meaning:
      "The source's search list lacks the cluster's: short names don't resolve, full ones do.",
  },
  RESOLV_NDOTS_LOW: {
    ...broken,
    severity: "low",
    certainty: 0,
    meaning:
      "ndots is below 2: names such as svc.ns are asked as they stand first; some resolvers stop there.",
  },
  RESOLV_NDOTS_AMPLIFICATION: {
    ...broken,
    severity: "low",
    certainty: 0,
    meaning: "An outside name with fewer dots than ndots is tried in every search domain first.",
  },
  RESOLV_LIMITS_EXCEEDED: {
    ...broken,
    severity: "low",
    certainty: 0,
    meaning:
      "More name servers or search domains than a resolver takes: the last ones are dropped.",
  },
  DNS_POLICY_HOSTNET_CLUSTERFIRST: {
    ...broken,
    severity: "high",
    certainty: 0.75,
    meaning:
      "The pod is on the host network with dnsPolicy ClusterFirst, which then means Default: the node's resolver.",
  },
  DNS_POLICY_DEFAULT: {
    ...broken,
    severity: "high",
    certainty: 0.75,
    meaning:
      "The pod uses its node's resolver (dnsPolicy Default), which does not know the cluster's names.",
  },
  DNS_CONFIG_NONE_EMPTY: {
    ...broken,
    severity: "high",
    meaning: "dnsPolicy is None and the pod names no name server.",
  },
  COREDNS_LOOP: {
    ...broken,
    certainty: 0.5,
    meaning:
      "CoreDNS crashes and forwards to its node's resolver: most often a query that comes back to it.",
  },
  COREDNS_NO_NAMESERVERS: {
    ...broken,
    certainty: 0.5,
    meaning:
      "CoreDNS crashes because its node's resolver names no server. Objects can't tell it from COREDNS_LOOP.",
  },
  COREFILE_SYNTAX: { ...broken, meaning: "CoreDNS can't read its Corefile." },
  COREFILE_NO_KUBERNETES_ZONE: {
    ...broken,
    meaning: "No server block of the Corefile answers for the cluster's names.",
  },
  COREFILE_FORWARD_MISSING: {
    ...broken,
    certainty: 0.75,
    meaning: "The Corefile forwards no outside names.",
  },
  COREFILE_DOMAIN_MISMATCH: {
    ...broken,
    meaning: "The Corefile serves another domain than pods search in.",
  },
  NODELOCAL_DNS_DOWN: {
    ...broken,
    certainty: 0.75,
    meaning: "Pods ask the DNS cache of their node, and its pod there is not ready.",
  },
} as const satisfies Readonly<Record<string, CodeEntry>>;
