import { isClusterDnsAddress } from "../../dns/cluster-dns.js";
import { clusterSearches, podDomainOf } from "../../dns/resolver.js";
import { kubectl } from "../findings/shell-words.js";
import { eventsOf, podName } from "../pods/pod-subject.js";
import { isOutsideWay } from "../situation/service-ways.js";
import type { Way } from "../situation/way.js";
import { type DnsFault, type DnsSubject, resolverSeen } from "./dns-subject.js";

/** Name servers that resolvers take (resolv.conf(5), MAXNS). */
const nameServersMax = 3;
/** Search domains that the kubelet passes on (Kubernetes: "DNS search domain list limits"). */
const searchesMax = 32;

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

const editPod = ({ pod }: DnsSubject): readonly string[] => [
  kubectl(
    pod.namespace,
    "get",
    "pod",
    pod.name,
    "-o",
    "jsonpath={.spec.dnsPolicy} {.spec.dnsConfig}",
  ),
  kubectl(pod.namespace, "exec", pod.name, "--", "cat", "/etc/resolv.conf"),
];

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
      steps: editPod(subject),
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
    steps: editPod(subject),
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
      steps: editPod(subject),
      observations: [resolverSeen(subject)],
      prevention: "Use dnsPolicy ClusterFirst, which writes the search list.",
    },
  ];
};

const ndotsFaults = (subject: DnsSubject): readonly DnsFault[] => {
  const { pod, resolver, asked, situation } = subject;
  const name = podName(pod);
  const base = {
    effect: "risk",
    component: "",
    origin: "source",
    steps: editPod(subject),
    observations: [resolverSeen(subject)],
  } as const;
  const isLow = resolver.ndots < 2 && resolver.isNdotsGiven;
  const outside = situation.b.resolved.kind === "dns" && asked?.answer.kind === "outside";
  const dots = (asked?.name ?? "").split(".").length - 1;
  const isAmplified =
    outside && dots < resolver.ndots && resolver.searches.length > 0 && !asked.name.endsWith(".");
  return [
    ...(isLow
      ? [
          {
            ...base,
            code: "RESOLV_NDOTS_LOW",
            issue: `Pod ${name} has ndots ${resolver.ndots}: names such as svc.ns are asked as they stand first`,
            solutions: [`Set ndots of ${name}'s dnsConfig to 2 or more, or use full names`],
            summary: "Set ndots to 2 or more, or use full names",
            why: "Some resolvers (musl) do not go on to the search list after the name as it stands was not found.",
          } as const,
        ]
      : []),
    ...(isAmplified
      ? [
          {
            ...base,
            code: "RESOLV_NDOTS_AMPLIFICATION",
            issue: `${asked.name} has fewer dots than ndots ${resolver.ndots}: Pod ${name} tries it in ${resolver.searches.length} search domains first`,
            solutions: [`Write ${asked.name}. with a dot at its end, or set ndots of ${name} to 2`],
            summary: "Write outside names with a dot at their end, or set ndots to 2",
            why: "Each search domain costs a query that finds nothing before the real one.",
          } as const,
        ]
      : []),
  ];
};

const limitFaults = (subject: DnsSubject): readonly DnsFault[] => {
  const { pod, resolver, world } = subject;
  const own = resolver.nameServers.length + (resolver.from === "own" ? 0 : 1);
  const events = eventsOf({ world, pod }, ({ reason }) => reason === "DNSConfigForming");
  if (own <= nameServersMax && resolver.searches.length <= searchesMax && events.length === 0) {
    return [];
  }
  const name = podName(pod);
  return [
    {
      code: "RESOLV_LIMITS_EXCEEDED",
      effect: "risk",
      component: "",
      origin: "source",
      issue: `Pod ${name} has more name servers or search domains than a resolver takes: the last are dropped`,
      solutions: [
        `Leave out name servers or search domains of ${name}, or of its node's resolv.conf`,
      ],
      summary: "Leave out name servers or search domains",
      why: `Resolvers take ${nameServersMax} name servers; the kubelet passes ${searchesMax} search domains on.`,
      steps: editPod(subject),
      observations: [resolverSeen(subject), ...events],
    },
  ];
};
