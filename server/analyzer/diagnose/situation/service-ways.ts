import { assertNever } from "../../../../common/assert.js";
import type { ServicePort } from "../../model/objects.js";
import { outsideEnds } from "../../pair/question-ends.js";
import { nodePortService, routesTo } from "../../pair/service-ways.js";
import type { PolicyEndpoint } from "../../policy/decision.js";
import type { PolicyWorld } from "../../policy-world.js";
import type { EndpointHolder } from "../../service/service-endpoints.js";
import { servicePaths } from "../../service/service-paths.js";
import type { ServiceRoute } from "../../service/service-route.js";
import { diagnosisEndpointsMax, diagnosisServicesMax } from "../limits.js";
import type { AskedConnection } from "../question.js";
import { type JudgedPorts, portText } from "./asked-ports.js";
import type { End } from "./end.js";
import { portsLeadingTo, servicesToward } from "./services-of-pod.js";
import { type AccessMode, isPodEnd, type Way } from "./way.js";

/** What the connections through Services are made of. */
export type ServiceQuestionParts = {
  readonly a: End;
  readonly b: End;
  readonly asked: AskedConnection;
  readonly ports: JudgedPorts;
};

/** The connections through Services: one for each leg that is used, one to nobody where none is. */
export const serviceWays = (world: PolicyWorld, parts: ServiceQuestionParts): readonly Way[] =>
  parts.a.endpoints.flatMap((source) =>
    routesOf(world, parts, source).flatMap((route) => {
      const ends = endsOf(world, route, parts.asked.protocol ?? "TCP");
      return modesOf(route, source).flatMap((mode) =>
        ends.map((end): Way => ({ mode, source, ...end })),
      );
    }),
  );

/** Whether B is a Service, or a node port of one: then no connection goes to B's own address. */
export const isServiceEnd = (
  world: PolicyWorld,
  { b, asked }: Pick<ServiceQuestionParts, "b" | "asked">,
): boolean =>
  b.resolved.service !== undefined ||
  nodePortService(world, b.resolved, withProtocol(asked)) !== undefined;

const withProtocol = ({ port, protocol }: AskedConnection) => ({
  port,
  protocol: protocol ?? (port === 0 ? undefined : ("TCP" as const)),
});

/** The routes to B: of a Service its own, of a pod those of the Services that have it behind them on a judged port. */
const routesOf = (
  world: PolicyWorld,
  { b, asked, ports }: ServiceQuestionParts,
  source: PolicyEndpoint,
): readonly ServiceRoute[] => {
  if (isServiceEnd(world, { b, asked })) {
    return routesTo(world, { name: b.resolved, asked: withProtocol(asked), source });
  }
  const [pod] = b.pods;
  // A pod's Services are ways for clients in the cluster: from outside its own address was asked for.
  if (pod === undefined || source.kind === "addresses") return [];
  const way = { kind: "cluster-ip", byName: true } as const;
  const services = servicesToward(world.model, pod).slice(0, diagnosisServicesMax);
  return services.flatMap((service) =>
    portsLeadingTo(service, b.pods, ports).map(({ port, protocol }: ServicePort) =>
      servicePaths(world, { service, way, source, port, protocol }),
    ),
  );
};

/**
 * By what a route is reached. A Service without an address of its own is reached by name only; an outside address and a
 * node port have no name in the cluster, and neither nodes nor clients outside ask its DNS.
 */
const modesOf = ({ way, kind }: ServiceRoute, source: PolicyEndpoint): readonly AccessMode[] => {
  if (kind !== "virtual") return ["name"];
  const isNamed = way.kind === "cluster-ip" && way.byName && source.kind === "pod";
  return isNamed ? ["serviceIP", "name"] : ["serviceIP"];
};

type RouteEnd = Omit<Way, "mode" | "source">;

const endsOf = (
  world: PolicyWorld,
  route: ServiceRoute,
  protocol: Way["protocol"],
): readonly RouteEnd[] => {
  const { external } = route;
  if (external !== undefined) return externalEnds(world, route, protocol);
  const legs = route.legs.filter(({ state }) => state === "used" || state === "stale");
  if (legs.length === 0) {
    const [port] = route.ports;
    return [{ destination: undefined, protocol: port?.protocol ?? protocol, port: 0, route }];
  }
  return legs.slice(0, diagnosisEndpointsMax).map((leg) => ({
    destination: endOfHolder(leg.endpoint.holder),
    protocol: leg.protocol ?? protocol,
    port: leg.targetPort ?? 0,
    route,
    leg,
  }));
};

const externalEnds = (
  world: PolicyWorld,
  route: ServiceRoute,
  protocol: Way["protocol"],
): readonly RouteEnd[] => {
  const to = route.external?.to;
  if (to?.kind === "service") {
    return endsOf(world, to.route, protocol).map((end) => ({ ...end, route }));
  }
  if (to?.kind === "outside") {
    return outsideEnds(world)
      .slice(0, diagnosisEndpointsMax)
      .map((destination) => ({ destination, protocol, port: 0, route }));
  }
  const destination = to?.kind === "pod" ? ({ kind: "pod", pod: to.pod } as const) : undefined;
  return [{ destination, protocol, port: 0, route }];
};

const endOfHolder = (holder: EndpointHolder): PolicyEndpoint | undefined => {
  switch (holder.kind) {
    case "pod":
      return { kind: "pod", pod: holder.pod };
    case "node":
      return { kind: "node", node: holder.node };
    case "outside":
      return { kind: "addresses", range: holder.range };
    case "stale":
      return undefined;
    default:
      return assertNever(holder);
  }
};

/** Whether a pod is behind the Service of a way that leads to nobody. */
export const isBehind = (
  { destination, route }: Way,
  pod: { readonly namespace: string; readonly name: string },
): boolean =>
  destination === undefined &&
  (route?.endpoints.endpoints.some(
    ({ holder }) => holder.kind === "pod" && isPodEnd({ kind: "pod", pod: holder.pod }, pod),
  ) === true ||
    route?.endpoints.selected.some((each) => isPodEnd({ kind: "pod", pod: each }, pod)) === true);

/** "80/TCP": the Service's port of a way, else that of its destination. */
export const servicePortLabel = (way: Way): string => {
  const port = way.leg?.servicePort ?? way.route?.ports[0];
  return port === undefined ? portText(way) : `${port.port}/${port.protocol}`;
};

/** Whether a way stands for one of many addresses that a name outside may have. */
export const isOutsideWay = ({ route, mode, leg, destination }: Way): boolean =>
  mode === "name" &&
  leg === undefined &&
  destination?.kind === "addresses" &&
  (route === undefined || route.external?.to.kind === "outside");
