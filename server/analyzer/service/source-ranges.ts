import { type IpRange, parseCidr, parseIp } from "../sets/ip.js";
import { intersectIps, ipSetOf } from "../sets/ip-set.js";
import type { ServiceQuestion } from "./service-route.js";

/**
 * Whether loadBalancerSourceRanges leaves a client out: its address is known and none of it is in the ranges. They hold for
 * the load balancer's address, also from within the cluster (kube-proxy).
 */
export const isRefusedSource = ({ service, way, source }: ServiceQuestion): boolean => {
  if (way.kind !== "load-balancer" || service.loadBalancerSourceRanges.length === 0) return false;
  const ranges = service.loadBalancerSourceRanges.flatMap((text) => parseCidr(text.trim()) ?? []);
  const own = rangesOf(source);
  return own.length > 0 && intersectIps(ipSetOf(ranges), ipSetOf(own)).length === 0;
};

const rangesOf = (source: ServiceQuestion["source"]): readonly IpRange[] => {
  if (source === undefined) return [];
  if (source.kind === "addresses") return [source.range];
  const texts = source.kind === "pod" ? source.pod.ips : source.node.ips;
  return texts.flatMap((text) => {
    const ip = parseIp(text);
    return ip === undefined ? [] : [{ family: ip.family, first: ip.value, last: ip.value }];
  });
};
