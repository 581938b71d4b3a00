import { isClusterDnsAddress } from "../../dns/cluster-dns.js";
import { clusterSearches, podDomainOf } from "../../dns/resolver.js";
import { podName } from "../pods/pod-subject.js";
import { isOutsideWay } from "../situation/service-ways.js";
import type { Way } from "../situation/way.js";
import { type DnsFault, type DnsSubject, resolverSeen } from "./dns-subject.js";
import { limitFaults, ndotsFaults, showResolver } from "./resolver-risks.js";

/** What is wrong with how a pod resolves names, by its own specification. */
export const resolverFaults = (subject: DnsSubject): readonly DnsFault[] => [
  ...policyFaults(subject),
  ...ownServerFaults(subject),
  ...searchFaults(subject),
  ...ndotsFaults(subject),
  ...limitFaults(subject),
];

/** Ways by a name of the cluster: names outside resolve by other resolvers too. */
export const clusterNames =
  ({ hits }: Pick<DnsSubject, "hits">) =>
  (way: Way): boolean =>
    hits(way) && !isOutsideWay(way);

/** A pod that asks its node's resolver, which does not know the cluster's names. */
const policyFaults = (subject: DnsSubject): readonly DnsFault[] => {
  const { pod, resolver, dns, world } = subject;
  if (resolver.from !== "node") return [];
  const has = resolver.nameServers.some((ip) => isClusterDnsAddress(world.model, dns, ip));
  if (has) return [];
  const name = podName(pod);
  const isHost = pod.dnsPolicy === "ClusterFirst";
  const wanted = pod.hostNetwork ? "ClusterFirstWithHostNet" : "ClusterFirst";
  return [
    {
      code: isHost ? "DNS_POLICY_HOSTNET_CLUSTERFIRST" : "DNS_POLICY_DEFAULT",
      effect: "blocks",
      component: "",
      origin: "source",
      hits: clusterNames(subject),
      issue: isHost
        ? `Pod ${name} is on the host network with dnsPolicy ClusterFirst: it asks its node's resolver, not the cluster's DNS`
        : `Pod ${name} has dnsPolicy ${pod.dnsPolicy}: it asks its node's resolver, not the cluster's DNS`,
      solutions: [`Set dnsPolicy of ${name} to ${wanted} in its template, and let it be made anew`],
      summary: `Set dnsPolicy to ${wanted} in the pod's template`,
      why: "The node's resolver does not know the cluster's names; only the cluster's DNS does.",
      steps: showResolver(subject),
      observations: [resolverSeen(subject)],
      prevention: "Give pods on the host network dnsPolicy ClusterFirstWithHostNet.",
    },
  ];
};

/** dnsPolicy None: the name servers are the pod's own, and must be the cluster's to know its names. */
const ownServerFaults = (subject: DnsSubject): readonly DnsFault[] => {
  const { pod, resolver, dns, world } = subject;
  if (resolver.from !== "own") return [];
  const name = podName(pod);
  const base = {
    effect: "blocks",
    component: "",
    origin: "source",
    steps: showResolver(subject),
    observations: [resolverSeen(subject)],
    prevention:
      "Use dnsPolicy ClusterFirst, and add name servers by dnsConfig where more are needed.",
  } as const;
  const [first] = resolver.nameServers;
  if (first === undefined) {
    return [
      {
        ...base,
        code: "DNS_CONFIG_NONE_EMPTY",
        issue: `Pod ${name} has dnsPolicy None and no name server`,
        solutions: [
          `Give ${name} a name server in dnsConfig, or dnsPolicy ClusterFirst, in its template`,
        ],
        summary: "Give the pod a name server, or dnsPolicy ClusterFirst",
        why: "With dnsPolicy None the pod has only what its dnsConfig says.",
      },
    ];
  }
  const known = dns.nameServers.length > 0;
  if (!known || isClusterDnsAddress(world.model, dns, first)) return [];
  return [
    {
      ...base,
      code: "RESOLV_NAMESERVER_WRONG",
      hits: clusterNames(subject),
      issue: `Pod ${name} asks ${first}, which is not the cluster's DNS (${dns.nameServers.join(", ")})`,
      solutions: [
        `Put ${dns.nameServers[0] ?? ""} first among the nameservers of ${name}'s dnsConfig, or use dnsPolicy ClusterFirst`,
      ],
      summary: "Put the cluster's DNS first among the pod's name servers",
      why: "Resolvers ask the first name server; its answer that there is no such name is final.",
    },
  ];
};

/** A search list without the cluster's domains: only full names resolve. */
const searchFaults = (subject: DnsSubject): readonly DnsFault[] => {
  const { pod, resolver, world, asked } = subject;
  if (resolver.from === "cluster") return [];
  if (resolver.from === "node" || resolver.nameServers.length === 0) return [];
  const wanted = clusterSearches(pod.namespace, podDomainOf(world.model));
  const lacking = wanted.slice(0, 2).filter((each) => !resolver.searches.includes(each));
  if (lacking.length === 0) return [];
  const name = podName(pod);
  const isFull = asked !== undefined && !asked.isShort;
  return [
    {
      code: "RESOLV_SEARCH_MISSING",
      effect: asked?.isShort === true ? "blocks" : isFull ? "risk" : "impairs",
      component: "",
      origin: "source",
      hits: clusterNames(subject),
      issue: `Pod ${name} has a search list without ${lacking.join(", ")}: short names of Services don't resolve`,
      solutions: [
        `Add ${lacking.join(", ")} to the searches of ${name}'s dnsConfig, or use full names`,
      ],
      summary: "Add the cluster's search domains, or use full names",
      why: "A short name such as web or web.shop becomes a full one by the search list only.",
      steps: showResolver(subject),
      observations: [resolverSeen(subject)],
      prevention: "Use dnsPolicy ClusterFirst, which writes the search list.",
    },
  ];
};
