import { clusterDnsOf } from "../dns/cluster-dns.js";
import { usesClusterDns } from "../dns/resolver.js";
import type { PodObject, ServiceObject } from "../model/objects.js";
import type { PolicyEndpoint } from "../policy/decision.js";
import type { PolicyWorld } from "../policy-world.js";
import { containsConnection } from "../sets/connections.js";
import { servicePaths } from "./service-paths.js";
import type { ServiceRoute } from "./service-route.js";

/** How a pod's look-ups of names reach the cluster's DNS, by one protocol. */
export type DnsLookup = {
  readonly service: ServiceObject;
  readonly protocol: "TCP" | "UDP";
  readonly route: ServiceRoute;
  /** Pods of DNS that the pod may reach, and those that it may not, with their ports. */
  readonly open: readonly DnsServer[];
  readonly blocked: readonly DnsServer[];
};

/** A pod that answers, and the port that it answers on: policies see this one, not 53 of the Service. */
export type DnsServer = { readonly pod: PodObject; readonly port: number };

/**
 * Whether a pod may ask the cluster's DNS, over UDP and over TCP. Empty where the model has no DNS Service, or where the
 * pod does not use it.
 */
export const dnsLookupsOf = (world: PolicyWorld, source: PolicyEndpoint): readonly DnsLookup[] => {
  if (source.kind !== "pod" || !usesClusterDns(source.pod)) return [];
  const { service } = clusterDnsOf(world);
  if (service === undefined) return [];
  return (["UDP", "TCP"] as const).flatMap((protocol) => {
    const way = { kind: "cluster-ip", byName: false } as const;
    const route = servicePaths(world, { service, way, source, port: 53, protocol });
    if (route.ports.length === 0) return [];
    const servers = serversOn(route);
    const open = servers.filter((server) => mayAsk(world, source, protocol, server));
    const blocked = servers.filter((server) => !open.includes(server));
    return [{ service, protocol, route, open, blocked }];
  });
};

const serversOn = ({ legs }: ServiceRoute): readonly DnsServer[] =>
  legs.flatMap(({ endpoint, targetPort, state }) =>
    state === "used" && endpoint.holder.kind === "pod" && targetPort !== undefined
      ? [{ pod: endpoint.holder.pod, port: targetPort }]
      : [],
  );

/** What can't be told counts as allowed: a warning needs certainty. */
const mayAsk = (
  { engine }: PolicyWorld,
  source: PolicyEndpoint,
  protocol: "TCP" | "UDP",
  { pod, port }: DnsServer,
): boolean => {
  const { allowed, undetermined } = engine.reach(source, { kind: "pod", pod });
  return (
    containsConnection(allowed, protocol, port) || containsConnection(undetermined, protocol, port)
  );
};
