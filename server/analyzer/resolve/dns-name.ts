import { clusterDomainsOf } from "../dns/cluster-domain.js";
import { type ClusterModel, isFinished } from "../model/cluster-model.js";
import type { PodObject, ServiceObject } from "../model/objects.js";
import { holdersOf } from "./address-index.js";

/** What a DNS name stands for. */
export type DnsName =
  | {
      readonly kind: "service";
      readonly service: ServiceObject;
      readonly warnings: readonly string[];
    }
  | { readonly kind: "pod"; readonly pod: PodObject; readonly warnings: readonly string[] }
  /** A name of the cluster's zone that nothing answers to. */
  | {
      readonly kind: "missing";
      readonly message: string;
      readonly place: { readonly namespace: string; readonly name: string };
    }
  | { readonly kind: "outside" };

/**
 * Reads a DNS name by the Kubernetes DNS specification 1.1: "svc.ns.svc.DOMAIN", "hostname.subdomain.ns.svc.DOMAIN",
 * "1-2-3-4.ns.pod.DOMAIN", also without the domain. "name.ns" and "name" are Services where there is such a one, as a pod's
 * search list would find it; else outside.
 */
export const resolveDnsName = (model: ClusterModel, text: string): DnsName => {
  const name = text.toLowerCase().replace(/\.$/, "");
  const zone = zoneOf(model, name);
  if (zone === undefined) return resolveShort(model, name);
  const place = { namespace: zone.labels.at(-1) ?? "", name: zone.labels.at(-2) ?? "" };
  const missing = (what: string): DnsName => ({
    kind: "missing",
    message: `${name} stands for no ${what}`,
    place,
  });
  if (zone.kind === "pod") {
    const pod = podOfAddress(model, place);
    return pod === undefined ? missing("pod") : { kind: "pod", pod, warnings: [] };
  }
  const service = model.service(place.namespace, place.name);
  if (service === undefined) return missing("Service");
  const host = zone.labels.at(-3);
  if (host === undefined) return { kind: "service", service, warnings: [] };
  const pod = podOfHost(model, service, host);
  return pod === undefined ? missing("pod") : { kind: "pod", pod, warnings: [] };
};

/** The labels before ".svc" or ".pod" and the cluster's domain. */
const zoneOf = (
  model: ClusterModel,
  name: string,
): { readonly kind: "svc" | "pod"; readonly labels: readonly string[] } | undefined => {
  for (const domain of ["", ...clusterDomainsOf(model).map((each) => `.${each}`)]) {
    for (const kind of ["svc", "pod"] as const) {
      const suffix = `.${kind}${domain}`;
      if (!name.endsWith(suffix)) continue;
      const labels = name.slice(0, -suffix.length).split(".");
      if (labels.length >= 2) return { kind, labels };
    }
  }
  return undefined;
};

const resolveShort = (model: ClusterModel, name: string): DnsName => {
  const [first = "", second, ...rest] = name.split(".");
  if (rest.length > 0) return { kind: "outside" };
  const service = model.service(second ?? "default", first);
  if (service === undefined) return { kind: "outside" };
  const warning = `${name} is taken as Service ${service.namespace}/${service.name}, as a search list would`;
  return { kind: "service", service, warnings: [warning] };
};

/** "10-0-0-1.ns.pod": the address with dashes; of IPv6 the colons are dashes. */
const podOfAddress = (
  model: ClusterModel,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): PodObject | undefined =>
  [name.replaceAll("-", "."), name.replaceAll("-", ":")]
    .flatMap((address) => {
      const { pods, hostPods } = holdersOf(model, address);
      return [...pods, ...hostPods];
    })
    .find((pod) => pod.namespace === namespace);

const podOfHost = (
  model: ClusterModel,
  service: ServiceObject,
  host: string,
): PodObject | undefined =>
  [...model.podsIn(service.namespace)].find(
    (pod) =>
      !isFinished(pod) &&
      pod.subdomain === service.name &&
      (pod.hostname ?? pod.name).toLowerCase() === host,
  );
