import { clusterDnsOf } from "../dns/cluster-dns.js";
import type { PodObject, ServiceObject } from "../model/objects.js";
import { targetPortOn } from "../service/service-legs.js";
import type { LintContext } from "./lint-context.js";
import { selectorOfLabels } from "./selector-of-labels.js";

/** A pod that answers the cluster's DNS queries, and the ports on which it does. */
export type DnsServer = {
  readonly pod: PodObject;
  readonly udpPort: number;
  readonly tcpPort: number;
};

/** Who answers the cluster's DNS queries, as the model shows it. */
export type DnsServers = {
  readonly servers: readonly DnsServer[];
  /** Pods of a cache on every node, which answer on `nodeLocalAddress`. */
  readonly nodeCaches: readonly PodObject[];
};

/** The address that NodeLocal DNSCache listens on unless it is set otherwise (Kubernetes documentation). */
export const nodeLocalAddress = "169.254.20.10";

const dnsNamespaces = ["kube-system", "openshift-dns"];
const dnsLabels: readonly (readonly [string, string])[] = [
  ["k8s-app", "kube-dns"],
  ["k8s-app", "coredns"],
  ["app.kubernetes.io/name", "coredns"],
  ["dns.operator.openshift.io/daemonset-dns", "default"],
];

const found = new WeakMap<LintContext, DnsServers>();

/** The cluster's DNS servers: the pods behind its Service, else pods in a system namespace that are labelled as such. */
export const dnsServersOf = (context: LintContext): DnsServers => {
  const known = found.get(context);
  if (known !== undefined) return known;
  const { service, nodeCaches } = clusterDnsOf(context.world);
  const behind = service === undefined ? [] : serversBehind(context, service);
  const dns = {
    servers: behind.length > 0 ? behind : labelledServers(context),
    nodeCaches,
  };
  found.set(context, dns);
  return dns;
};

const serversBehind = (context: LintContext, service: ServiceObject): readonly DnsServer[] => {
  if (service.selector === undefined || Object.keys(service.selector).length === 0) return [];
  return context.selected(service.namespace, selectorOfLabels(service.selector)).map((pod) => ({
    pod,
    udpPort: targetOf(service, pod, "UDP"),
    tcpPort: targetOf(service, pod, "TCP"),
  }));
};

const targetOf = (service: ServiceObject, pod: PodObject, protocol: "TCP" | "UDP"): number => {
  const port = service.ports.find((each) => each.protocol === protocol && each.port === 53);
  return (port === undefined ? undefined : targetPortOn(port, pod)) ?? declaredPort(pod, protocol);
};

const declaredPort = (pod: PodObject, protocol: "TCP" | "UDP"): number =>
  pod.ports.find((port) => port.protocol === protocol && /^dns(-|$)/.test(port.name ?? ""))?.port ??
  53;

const labelledServers = (context: LintContext): readonly DnsServer[] =>
  dnsNamespaces
    .flatMap((namespace) => context.endpointsIn(namespace))
    .filter(({ labels }) =>
      dnsLabels.some(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value),
    )
    .map((pod) => ({
      pod,
      udpPort: declaredPort(pod, "UDP"),
      tcpPort: declaredPort(pod, "TCP"),
    }));
