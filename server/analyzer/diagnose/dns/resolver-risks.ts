import { execIn, getPod } from "../pods/pod-commands.js";
import { eventsOf, podName } from "../pods/pod-subject.js";
import { type DnsFault, type DnsSubject, resolverSeen } from "./dns-subject.js";

/** Name servers that resolvers take (resolv.conf(5), MAXNS). */
const nameServersMax = 3;
/** Search domains that the kubelet passes on (Kubernetes: "DNS search domain list limits"). */
const searchesMax = 32;

/** The commands that show how a pod resolves names. */
export const showResolver = ({ pod }: DnsSubject): readonly string[] => [
  getPod(pod, "-o", "yaml"),
  execIn(pod, "cat", "/etc/resolv.conf"),
];

/** Risks of a pod's ndots. */
export const ndotsFaults = (subject: DnsSubject): readonly DnsFault[] => {
  const { pod, resolver, asked, situation } = subject;
  const name = podName(pod);
  const base = {
    effect: "risk",
    component: "",
    origin: "source",
    steps: showResolver(subject),
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

/** More name servers or search domains than are taken. */
export const limitFaults = (subject: DnsSubject): readonly DnsFault[] => {
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
      steps: showResolver(subject),
      observations: [resolverSeen(subject), ...events],
    },
  ];
};
