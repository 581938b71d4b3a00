import type { ServiceObject, ServicePort } from "../model/objects.js";
import type { PolicyWorld } from "../policy-world.js";
import { externalTargetOf } from "./external-name.js";
import { endpointsOf, type ServiceEndpoint } from "./service-endpoints.js";
import { familiesOfEnd, familiesOfService, sharedFamilies } from "./service-families.js";
import { familyIssues, legIssues, portIssues } from "./service-issues.js";
import { legsOfHeadless, legsOfPort, targetPortOn } from "./service-legs.js";
import type { ServiceIssue, ServiceLeg, ServiceQuestion, ServiceRoute } from "./service-route.js";
import { isRefusedSource } from "./source-ranges.js";
import { type LocalPolicy, localPolicyOf } from "./traffic-policy.js";

type World = Pick<PolicyWorld, "model" | "view">;

/**
 * The way of connections through a Service: which of its ports are meant, what they stand for on which endpoints, which of
 * these take connections from the client, and what is wrong on the way. Policies are judged at the endpoints, on the
 * target port; the Service's own address is never a peer of a rule.
 */
export const servicePaths = (world: World, question: ServiceQuestion): ServiceRoute =>
  routeOf(world, question, []);

const routeOf = (
  world: World,
  question: ServiceQuestion,
  followed: readonly ServiceObject[],
): ServiceRoute => {
  if (question.service.type === "ExternalName") return externalRoute(world, question, followed);
  return isHeadless(question.service)
    ? headlessRoute(world, question)
    : virtualRoute(world, question);
};

/** Whether a Service has no address of its own: its name gives those of its endpoints. */
export const isHeadless = ({ clusterIps }: ServiceObject): boolean => clusterIps.includes("None");

const externalRoute = (
  world: World,
  question: ServiceQuestion,
  followed: readonly ServiceObject[],
): ServiceRoute => {
  const { service, way } = question;
  const seen = [...followed, service];
  const { target, issues } = externalTargetOf(world.model, seen, (next) =>
    routeOf(world, { ...question, service: next, way: { kind: "cluster-ip", byName: true } }, seen),
  );
  return {
    service,
    way,
    kind: "external-name",
    endpoints: { from: "none", endpoints: [], selected: [] },
    ports: [],
    legs: [],
    sourceNat: false,
    issues,
    external: target,
  };
};

const headlessRoute = (world: World, question: ServiceQuestion): ServiceRoute => {
  const { service, way, source, port, protocol } = question;
  const endpoints = endpointsOf(world, service);
  const client = familiesOfEnd(source);
  const own = familiesOfService(service, way);
  const families = sharedFamilies(client, own);
  const targetPort = port === 0 ? undefined : port;
  const legs = legsOfHeadless(endpoints.endpoints, { families }, { targetPort, protocol });
  const translated = service.ports.find(
    (each) =>
      each.port === port &&
      each.protocol === protocol &&
      listenElsewhere(endpoints.endpoints, each),
  );
  const issues: readonly ServiceIssue[] = [
    ...familyIssues(client, own),
    ...(translated === undefined
      ? []
      : ([{ kind: "headless-port", servicePort: translated }] as const)),
    ...legIssues(service, endpoints, legs),
  ];
  return {
    service,
    way,
    kind: "headless",
    endpoints,
    ports: service.ports.filter((each) => matches(each, question, each.port)),
    legs,
    sourceNat: false,
    issues,
  };
};

/** Whether endpoints listen on another port than the Service's; a name stands for what each pod calls so. */
const listenElsewhere = (
  endpoints: readonly ServiceEndpoint[],
  servicePort: ServicePort,
): boolean => {
  const { port, targetPort } = servicePort;
  if (typeof targetPort === "number") return targetPort !== port;
  return endpoints.some(({ holder }) => {
    const own = holder.kind === "pod" ? targetPortOn(servicePort, holder.pod) : undefined;
    return own !== undefined && own !== port;
  });
};

const virtualRoute = (world: World, question: ServiceQuestion): ServiceRoute => {
  const { service, way, source } = question;
  const endpoints = endpointsOf(world, service);
  const ports = service.ports.filter((each) =>
    matches(each, question, askedNumber(each, question)),
  );
  const client = familiesOfEnd(source);
  const own = familiesOfService(service, way);
  const local = localPolicyOf(question);
  const limits = {
    families: sharedFamilies(client, own),
    localNode: local?.node,
    refused: isRefusedSource(question),
  };
  const legs = ports.flatMap((port) => legsOfPort(port, endpoints.endpoints, limits));
  const insideOnly = source?.kind === "addresses" && way.kind === "cluster-ip";
  const issues: readonly ServiceIssue[] = [
    ...(ports.length === 0 ? portIssues(question, endpoints) : []),
    ...familyIssues(client, own),
    ...(insideOnly ? ([{ kind: "inside-only" }] as const) : []),
    ...(limits.refused
      ? ([{ kind: "source-range", ranges: service.loadBalancerSourceRanges }] as const)
      : []),
    ...localIssues(local, legs),
    ...(ports.length === 0 ? [] : legIssues(service, endpoints, legs)),
  ];
  return {
    service,
    way,
    kind: "virtual",
    endpoints,
    ports,
    legs,
    sourceNat: isNatted(question),
    issues,
  };
};

/** The number by which a Service port is asked for: that of the node port where a node is addressed. */
const askedNumber = (port: ServicePort, { way }: ServiceQuestion): number | undefined =>
  way.kind === "node-port" && way.node !== undefined ? port.nodePort : port.port;

const matches = (
  servicePort: ServicePort,
  { port, protocol }: ServiceQuestion,
  number: number | undefined,
): boolean =>
  number !== undefined &&
  (port === 0 || number === port) &&
  (protocol === undefined || servicePort.protocol === protocol);

const isNatted = ({ service, way, source }: ServiceQuestion): boolean =>
  way.kind !== "cluster-ip" &&
  service.externalTrafficPolicy === "Cluster" &&
  source?.kind !== "node";

const localIssues = (
  local: LocalPolicy | undefined,
  legs: readonly ServiceLeg[],
): readonly ServiceIssue[] => {
  if (local === undefined) return [];
  const { policy, node } = local;
  if (node === undefined) return [{ kind: "local-node-unknown", policy }];
  const elsewhere = legs.filter(({ state }) => state === "not-local").length;
  if (elsewhere > 0 && elsewhere === legs.length) {
    return [{ kind: "no-local-endpoints", policy, node, elsewhere }];
  }
  const unplaced = legs.some(
    ({ state, endpoint }) => state === "used" && endpoint.nodeName === undefined,
  );
  return unplaced ? [{ kind: "local-node-unknown", policy }] : [];
};
