import { clusterNetworkOf } from "../../dns/cluster-network.js";
import type { ServiceObject } from "../../model/objects.js";
import type { PolicyWorld } from "../../policy-world.js";
import type { ServiceIssue, ServiceRoute } from "../../service/service-route.js";
import { serviceIssueText } from "../../service/service-text.js";
import { parseCidr, parseIp, rangeContains } from "../../sets/ip.js";
import { kubectl } from "../findings/shell-words.js";
import { describeService, patchService } from "./service-commands.js";
import type { ServiceFault } from "./service-faults.js";

type Hits = ServiceFault["hits"];
type IssueOf<K extends ServiceIssue["kind"]> = Extract<ServiceIssue, { readonly kind: K }>;

/** A client and a Service, or a Service and its endpoints, without a family in common. */
export const familyFault = (
  route: ServiceRoute,
  { issue, hits }: { readonly issue: string; readonly hits: Hits },
): ServiceFault => {
  const { service } = route;
  return {
    code: "DUAL_STACK_MISMATCH",
    effect: "blocks",
    hits,
    issue,
    solution:
      "Give the Service both families (ipFamilyPolicy PreferDualStack), or the family of its clients",
    why: "A connection has one IP family: Service, endpoints and client must share it.",
    steps: [
      patchService(service, { spec: { ipFamilyPolicy: "PreferDualStack" } }),
      describeService(service),
    ],
    data: { cluster_ips: service.clusterIps.join(", "), families: service.ipFamilies.join(", ") },
    risk: "low",
    rollback: patchService(service, { spec: { ipFamilyPolicy: "SingleStack" } }),
    prevention: "Use ipFamilyPolicy PreferDualStack in clusters of two families.",
  };
};

/** A client that the load balancer's source ranges leave out. */
export const sourceRangeFault = (
  route: ServiceRoute,
  issue: IssueOf<"source-range">,
  hits: Hits,
): ServiceFault => {
  const { service } = route;
  return {
    code: "LB_SOURCE_RANGE_BLOCKED",
    effect: "blocks",
    hits,
    issue: serviceIssueText(route, issue),
    solution: "Add the client's range to loadBalancerSourceRanges",
    why: "The load balancer, and kube-proxy for its address, drop connections from other ranges.",
    steps: [
      kubectl(
        service.namespace,
        "get",
        "service",
        service.name,
        "-o",
        "jsonpath={.spec.loadBalancerSourceRanges}",
      ),
      describeService(service),
    ],
    data: { source_ranges: issue.ranges.join(", ") },
    prevention: "Keep the ranges of clients and of the load balancer in one place.",
  };
};

/** A client outside the cluster, and a Service with an address inside only. */
export const insideOnlyFault = (
  route: ServiceRoute,
  issue: IssueOf<"inside-only">,
  hits: Hits,
): ServiceFault => ({
  code: "SERVICE_INSIDE_ONLY",
  effect: "blocks",
  hits,
  issue: serviceIssueText(route, issue),
  solution: "Reach it by an Ingress, a Gateway, or a Service of type LoadBalancer or NodePort",
  why: "A ClusterIP is an address of the nodes' rules: outside of the cluster nothing knows it.",
  steps: [describeService(route.service)],
  data: { type: route.service.type },
});

/** An ExternalName that leads nowhere. */
export const externalNameFault = (
  route: ServiceRoute,
  issue:
    | IssueOf<"external-name-loop">
    | IssueOf<"external-name-missing">
    | IssueOf<"external-name-invalid">,
  hits: Hits,
): ServiceFault => {
  const { service } = route;
  return {
    code: "SERVICE_EXTERNALNAME_BROKEN",
    effect: "blocks",
    hits,
    issue: serviceIssueText(route, issue),
    solution: "Set externalName to a full name that resolves",
    why: "The Service's name is answered with another name (CNAME); when that one leads nowhere, no address comes back.",
    steps: [
      kubectl(
        service.namespace,
        "get",
        "service",
        service.name,
        "-o",
        "jsonpath={.spec.externalName}",
      ),
      describeService(service),
    ],
    data: { external_name: service.externalName ?? "" },
    prevention:
      "Use a Service without selector and an EndpointSlice where only an address is known.",
  };
};

/** A ClusterIP outside of the range that the cluster gives out. */
export const rangeFault = (
  { model }: Pick<PolicyWorld, "model">,
  service: ServiceObject,
  hits: Hits,
): ServiceFault | undefined => {
  const subnets = clusterNetworkOf(model).serviceSubnets;
  const ranges = subnets.flatMap((text) => parseCidr(text) ?? []);
  const outside = service.clusterIps.find((text) => {
    const ip = parseIp(text);
    return ip !== undefined && !ranges.some((range) => rangeContains(range, ip));
  });
  if (outside === undefined || ranges.length === 0) return undefined;
  return {
    code: "CLUSTERIP_OUTSIDE_RANGE",
    effect: "impairs",
    hits,
    issue: `Service ${service.namespace}/${service.name} has the address ${outside}, which is not in the Service range ${subnets.join(", ")}`,
    solution: "Make the Service anew with an address of the range",
    why: "Addresses outside of the range may be used by others, and routes and proxies may not know them.",
    steps: [kubectl(service.namespace, "get", "service", service.name, "-o", "yaml")],
    data: { cluster_ip: outside, service_range: subnets.join(", ") },
    risk: "disruptive",
    prevention: "Do not change the Service range of a cluster with Services in it.",
  };
};
