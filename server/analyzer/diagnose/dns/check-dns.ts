import { clusterDnsOf, isClusterDnsAddress } from "../../dns/cluster-dns.js";
import { resolverOf } from "../../dns/resolver.js";
import { isFinished } from "../../model/cluster-model.js";
import type { PodObject } from "../../model/objects.js";
import { servicePaths } from "../../service/service-paths.js";
import { serviceTitle } from "../../service/service-text.js";
import { type CheckResult, joinResults } from "../findings/finding.js";
import type { Situation } from "../situation/situation.js";
import { isPodEnd } from "../situation/way.js";
import { corefileFaults } from "./corefile-faults.js";
import {
  type DnsFault,
  type DnsRoutes,
  type DnsSubject,
  dnsFinding,
  resolverSeen,
} from "./dns-subject.js";
import { cachePolicyFaults, lookupPolicyFaults } from "./lookup-policies.js";
import { askedCacheOf } from "./node-cache-faults.js";
import { recordFaults } from "./record-faults.js";
import { resolverFaults } from "./resolver-faults.js";
import { serverFaults } from "./server-faults.js";

/**
 * Whether the source's pods can look names up. Faults of DNS concern ways by name only: the verdict by address is never
 * changed by them.
 */
export const checkDns = (situation: Situation): CheckResult =>
  joinResults(
    situation.a.pods.filter((pod) => !isFinished(pod)).map((pod) => checkPod(situation, pod)),
  );

const checkPod = (situation: Situation, pod: PodObject): CheckResult => {
  const { world, named } = situation;
  const subject: DnsSubject = {
    situation,
    world,
    pod,
    resolver: resolverOf(world.model, pod),
    dns: clusterDnsOf(world),
    hits: (way) => way.mode === "name" && isPodEnd(way.source, pod),
    asked: named,
  };
  const routes = routesOf(subject);
  const faults: readonly DnsFault[] = [
    ...recordFaults(subject),
    ...resolverFaults(subject),
    ...(asksCluster(subject) ? clusterFaults(subject, routes) : []),
  ];
  const { service } = subject.dns;
  const answers = routes?.udp.legs.some(({ state }) => state === "used") === true;
  const fine = answers && faults.every(({ effect }) => effect === "risk");
  return {
    findings: faults.map((fault) => dnsFinding(subject, fault)),
    ruledOut:
      fine && service !== undefined
        ? [{ code: "DNS_NO_ENDPOINTS", because: `${serviceTitle(service)} has ready endpoints` }]
        : [],
    seen: service === undefined ? [] : [{ place: "lookup", observation: resolverSeen(subject) }],
  };
};

/** Whether the first server that the pod asks is the cluster's DNS. */
const asksCluster = ({ world, resolver, dns }: DnsSubject): boolean => {
  if (resolver.from !== "own") return resolver.from === "cluster";
  const [first] = resolver.nameServers;
  return first !== undefined && isClusterDnsAddress(world.model, dns, first);
};

const clusterFaults = (subject: DnsSubject, routes: DnsRoutes | undefined): readonly DnsFault[] => [
  ...serverFaults(subject, routes),
  ...corefileFaults(subject, routes),
  ...policyFaults(subject, routes),
];

const policyFaults = (subject: DnsSubject, routes: DnsRoutes | undefined): readonly DnsFault[] => {
  const cache = askedCacheOf(subject);
  if (cache !== undefined) return cachePolicyFaults(subject, cache);
  return routes === undefined ? [] : lookupPolicyFaults(subject, routes);
};

const routesOf = ({ world, dns, pod }: DnsSubject): DnsRoutes | undefined => {
  const { service } = dns;
  if (service === undefined) return undefined;
  const way = { kind: "cluster-ip", byName: false } as const;
  const source = { kind: "pod", pod } as const;
  const question = { service, way, source, port: 53 };
  return {
    udp: servicePaths(world, { ...question, protocol: "UDP" }),
    tcp: servicePaths(world, { ...question, protocol: "TCP" }),
  };
};
