import type { ClusterDns } from "../../dns/cluster-dns.js";
import type { Resolver } from "../../dns/resolver.js";
import type { PodObject } from "../../model/objects.js";
import type { PolicyWorld } from "../../policy-world.js";
import type { ServiceRoute } from "../../service/service-route.js";
import { type Fault, findingOf } from "../findings/fault.js";
import type { Finding, Observation } from "../findings/finding.js";
import { podName } from "../pods/pod-subject.js";
import type { NamedQuestion } from "../situation/named-question.js";
import type { Situation } from "../situation/situation.js";
import type { Way } from "../situation/way.js";

/** A pod whose look-ups of names are looked at. */
export type DnsSubject = {
  readonly situation: Situation;
  readonly world: PolicyWorld;
  readonly pod: PodObject;
  readonly resolver: Resolver;
  readonly dns: ClusterDns;
  /** The ways of this pod that begin with a look-up. */
  readonly hits: (way: Way) => boolean;
  /** How B was named, where the question goes by name. */
  readonly asked: NamedQuestion | undefined;
};

/** The routes of a pod to the DNS Service, by both protocols. */
export type DnsRoutes = {
  readonly udp: ServiceRoute;
  readonly tcp: ServiceRoute;
};

/** What a finding on look-ups says. */
export type DnsFault = Fault & {
  /** "" stands for the pod itself. */
  readonly component: string;
  readonly origin: Finding["origin"];
  /** Every look-up of the pod when left out. */
  readonly hits?: (way: Way) => boolean;
};

/** A finding on look-ups of names. */
export const dnsFinding = ({ pod, hits }: DnsSubject, fault: DnsFault): Finding =>
  findingOf(
    {
      place: "lookup",
      origin: fault.origin,
      component: fault.component === "" ? `Pod ${podName(pod)}` : fault.component,
      hits: fault.hits ?? hits,
    },
    fault,
  );

/** What the pod's resolver is, as evidence. */
export const resolverSeen = ({ pod, resolver }: DnsSubject): Observation => ({
  kind: "resolver",
  data: {
    pod: podName(pod),
    dns_policy: pod.dnsPolicy,
    host_network: String(pod.hostNetwork),
    from: resolver.from,
    name_servers: resolver.nameServers.join(", "),
    searches: resolver.searches.join(", "),
    ndots: String(resolver.ndots),
  },
});
