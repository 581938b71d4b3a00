import type { ServiceObject } from "../model/objects.js";
import type { PolicyEndpoint } from "../policy/decision.js";
import type { PolicyWorld } from "../policy-world.js";
import { canonicalIp } from "../resolve/address-index.js";
import type { ResolvedName } from "../resolve/resolved-name.js";
import { servicePaths } from "../service/service-paths.js";
import type { ServiceRoute, ServiceWay } from "../service/service-route.js";
import { ipText } from "../sets/ip.js";
import type { Asked } from "./question.js";

/** The Service whose node port is asked of a node; undefined where the node itself is meant. */
export const nodePortService = (
  { model }: Pick<PolicyWorld, "model">,
  name: ResolvedName,
  { port, protocol }: Asked,
): ServiceObject | undefined => {
  if (name.kind !== "node" || port === 0) return undefined;
  return [...model.services]
    .filter(({ ports }) =>
      ports.some((each) => each.nodePort === port && each.protocol === protocol),
    )
    .sort((one, other) => (fullName(one) < fullName(other) ? -1 : 1))[0];
};

const fullName = ({ namespace, name }: ServiceObject): string => `${namespace}/${name}`;

/** The routes of a client to the Service that a name stands for. */
export const routesTo = (
  world: PolicyWorld,
  {
    name,
    asked,
    source,
  }: {
    readonly name: ResolvedName;
    readonly asked: Asked;
    readonly source: PolicyEndpoint;
  },
): readonly ServiceRoute[] => {
  const protocol = asked.protocol === "ICMP" ? undefined : asked.protocol;
  const question = { source, port: asked.port, protocol };
  const [end] = name.endpoints;
  const byNode = nodePortService(world, name, asked);
  if (byNode !== undefined && end?.kind === "node") {
    const way: ServiceWay = { kind: "node-port", node: end.node };
    return [servicePaths(world, { ...question, service: byNode, way })];
  }
  if (name.service === undefined) return [];
  const service = sharerOf(name, asked) ?? name.service;
  return [servicePaths(world, { ...question, service, way: wayTo(service, name, source) })];
};

/** Of the Services that share an address the one that has the port. */
const sharerOf = (
  { sharedBy = [] }: ResolvedName,
  { port, protocol }: Asked,
): ServiceObject | undefined =>
  sharedBy.find(({ ports }) =>
    ports.some((each) => each.port === port && each.protocol === protocol),
  );

const wayTo = (service: ServiceObject, name: ResolvedName, source: PolicyEndpoint): ServiceWay => {
  if (name.address !== undefined) {
    const address = ipText(name.address);
    const has = (addresses: readonly string[]): boolean =>
      addresses.map(canonicalIp).includes(address);
    if (has(service.clusterIps)) {
      return { kind: "cluster-ip", byName: false, family: name.address.family };
    }
    return { kind: has(service.loadBalancerIps) ? "load-balancer" : "external-ip", address };
  }
  return source.kind === "addresses"
    ? wayFromOutside(service)
    : { kind: "cluster-ip", byName: true };
};

const wayFromOutside = (service: ServiceObject): ServiceWay => {
  if (service.type === "LoadBalancer") {
    return { kind: "load-balancer", address: service.loadBalancerIps[0] ?? "" };
  }
  const [external] = service.externalIps;
  if (external !== undefined) return { kind: "external-ip", address: external };
  if (service.type === "NodePort") return { kind: "node-port", node: undefined };
  return { kind: "cluster-ip", byName: true };
};
