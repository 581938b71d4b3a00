import type { EndpointSliceObject, PodObject, ServicePort } from "../model/objects.js";
import type { IpFamily } from "../sets/ip.js";
import type { ServiceEndpoint } from "./service-endpoints.js";
import type { LegState, ServiceLeg } from "./service-route.js";

/** What a client's connections are limited to. */
export type LegLimits = {
  /** Families that client and Service share; undefined: not known, all. */
  readonly families: readonly IpFamily[] | undefined;
  /** The node that a traffic policy Local keeps connections on; undefined without such a policy. */
  readonly localNode: string | undefined;
  /** Whether loadBalancerSourceRanges leaves the client out. */
  readonly refused: boolean;
};

/**
 * The ways from one Service port to the endpoints, as kube-proxy chooses: the ready ones, on the client's node under a
 * policy Local; where none is ready, those that still serve while they go away.
 */
export const legsOfPort = (
  servicePort: ServicePort,
  endpoints: readonly ServiceEndpoint[],
  limits: LegLimits,
): readonly ServiceLeg[] => {
  const legs = endpoints.flatMap((endpoint) => legOf(servicePort, endpoint));
  const known = legs.map((leg) => ({ leg, state: stateBefore(leg, limits) }));
  const open = known.filter(({ state }) => state === undefined).map(({ leg }) => leg);
  const used = chosen(open);
  return known.map(({ leg, state }) => ({ ...leg, state: state ?? stateAmong(leg, used) }));
};

/**
 * The ways to the endpoints of a headless Service: DNS publishes the addresses of the ready ones, and the port stays as it
 * was asked.
 */
export const legsOfHeadless = (
  endpoints: readonly ServiceEndpoint[],
  { families }: Pick<LegLimits, "families">,
  asked: Pick<ServiceLeg, "targetPort" | "protocol">,
): readonly ServiceLeg[] =>
  endpoints.map((endpoint) => {
    const leg = { servicePort: undefined, endpoint, ...asked };
    const state = familyState(endpoint, families) ?? staleState(endpoint);
    return { ...leg, state: endpoint.ready ? (state ?? "used") : idleState(endpoint) };
  });

type Leg = Omit<ServiceLeg, "state"> & { readonly resolved: boolean };

/** A slice lists ports that all its endpoints have; without one of that name its endpoints have no such port. */
const legOf = (servicePort: ServicePort, endpoint: ServiceEndpoint): readonly Leg[] => {
  const leg = { servicePort, endpoint, protocol: servicePort.protocol } as const;
  const target =
    endpoint.slice === undefined
      ? targetOnPod(servicePort, endpoint)
      : portOfSlice(servicePort, endpoint.slice);
  return [{ ...leg, targetPort: target, resolved: target !== undefined }];
};

const targetOnPod = (servicePort: ServicePort, { holder }: ServiceEndpoint): number | undefined =>
  holder.kind === "pod" ? targetPortOn(servicePort, holder.pod) : numberOf(servicePort);

/** The port that a Service port stands for on a pod; undefined where the pod has no port of that name and protocol. */
export const targetPortOn = (
  { targetPort, protocol }: Pick<ServicePort, "targetPort" | "protocol">,
  pod: PodObject,
): number | undefined =>
  typeof targetPort === "number"
    ? targetPort
    : pod.ports.find((port) => port.name === targetPort && port.protocol === protocol)?.port;

const numberOf = ({ targetPort }: ServicePort): number | undefined =>
  typeof targetPort === "number" ? targetPort : undefined;

const portOfSlice = (servicePort: ServicePort, slice: EndpointSliceObject): number | undefined => {
  const port = slice.ports.find(
    (each) =>
      (each.name ?? "") === (servicePort.name ?? "") && each.protocol === servicePort.protocol,
  );
  // A port without a number stands for all ports: the connection keeps its own (discovery/v1).
  return port === undefined ? undefined : (port.port ?? servicePort.port);
};

const familyState = (
  { family }: ServiceEndpoint,
  families: readonly IpFamily[] | undefined,
): LegState | undefined =>
  families === undefined || family === undefined || families.includes(family)
    ? undefined
    : "other-family";

const staleState = ({ holder }: ServiceEndpoint): LegState | undefined =>
  holder.kind === "stale" ? "stale" : undefined;

const isElsewhere = ({ nodeName }: ServiceEndpoint, localNode: string | undefined): boolean =>
  localNode !== undefined && nodeName !== undefined && nodeName !== localNode;

/** Why an endpoint is out of the question whatever the others are. */
const stateBefore = (leg: Leg, limits: LegLimits): LegState | undefined => {
  const family = familyState(leg.endpoint, limits.families);
  if (family !== undefined) return family;
  if (!leg.resolved) return "port-unresolved";
  if (isElsewhere(leg.endpoint, limits.localNode)) return "not-local";
  return limits.refused ? "source-range" : undefined;
};

/** The ready ones; where there are none, those that still serve while they go away. */
const chosen = (legs: readonly Leg[]): ReadonlySet<Leg> => {
  const ready = legs.filter(({ endpoint }) => endpoint.ready);
  if (ready.length > 0) return new Set(ready);
  return new Set(legs.filter(({ endpoint }) => endpoint.serving && endpoint.terminating));
};

const stateAmong = (leg: Leg, used: ReadonlySet<Leg>): LegState =>
  used.has(leg) ? (staleState(leg.endpoint) ?? "used") : idleState(leg.endpoint);

const idleState = ({ terminating }: ServiceEndpoint): LegState =>
  terminating ? "terminating" : "not-ready";
