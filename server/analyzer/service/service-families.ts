import type { ServiceObject } from "../model/objects.js";
import type { PolicyEndpoint } from "../policy/decision.js";
import { type IpFamily, parseIp } from "../sets/ip.js";
import type { ServiceWay } from "./service-route.js";

/** The families of a Service's addresses on a way; undefined where no object says. */
export const familiesOfService = (
  service: ServiceObject,
  way: ServiceWay,
): readonly IpFamily[] | undefined => {
  if (way.kind === "cluster-ip" && way.family !== undefined) return [way.family];
  if (way.kind === "external-ip" || way.kind === "load-balancer") return familiesOf([way.address]);
  if (way.kind === "node-port" && way.node !== undefined && way.node.ips.length > 0) {
    return familiesOf(way.node.ips);
  }
  const addresses = familiesOf(service.clusterIps);
  if (addresses !== undefined) return addresses;
  const named = service.ipFamilies.map((family) => (family === "IPv4" ? 4 : 6));
  return named.length === 0 ? undefined : named;
};

/** The families in which an end can connect; undefined where its addresses are not known. */
export const familiesOfEnd = (end: PolicyEndpoint | undefined): readonly IpFamily[] | undefined => {
  switch (end?.kind) {
    case "pod":
      return familiesOf(end.pod.ips);
    case "node":
      return familiesOf(end.node.ips);
    case "addresses":
      return [end.range.family];
    case undefined:
      return undefined;
  }
};

/** The families that both have; undefined when nothing is known of either. */
export const sharedFamilies = (
  one: readonly IpFamily[] | undefined,
  other: readonly IpFamily[] | undefined,
): readonly IpFamily[] | undefined =>
  one === undefined || other === undefined
    ? (one ?? other)
    : one.filter((family) => other.includes(family));

/** The end with its addresses of one family only, where it has addresses of both. */
export const endInFamily = (end: PolicyEndpoint, family: IpFamily | undefined): PolicyEndpoint => {
  if (family === undefined) return end;
  const keep = (ips: readonly string[]): readonly string[] =>
    ips.filter((ip) => parseIp(ip)?.family === family);
  if (end.kind === "pod") {
    const ips = keep(end.pod.ips);
    const same = ips.length === 0 || ips.length === end.pod.ips.length;
    return same ? end : { kind: "pod", pod: { ...end.pod, ips } };
  }
  if (end.kind === "node") {
    const ips = keep(end.node.ips);
    const same = ips.length === 0 || ips.length === end.node.ips.length;
    return same ? end : { kind: "node", node: { ...end.node, ips } };
  }
  return end;
};

const familiesOf = (texts: readonly string[]): readonly IpFamily[] | undefined => {
  const families = new Set(texts.flatMap((text) => parseIp(text)?.family ?? []));
  return families.size === 0 ? undefined : [...families].sort();
};
