import { assertNever } from "../../../../common/assert.js";
import type { ServiceObject, ServicePort } from "../../model/objects.js";
import type { PolicyEndpoint } from "../../policy/decision.js";
import type { PolicyWorld } from "../../policy-world.js";
import { canonicalIp } from "../../resolve/address-index.js";
import type { EndpointHolder } from "../../service/service-endpoints.js";
import { isHeadless, servicePaths } from "../../service/service-paths.js";
import type { ServiceRoute, ServiceWay } from "../../service/service-route.js";
import { parseIp } from "../../sets/ip.js";
import { diagnosisEndpointsMax, diagnosisServicesMax } from "../limits.js";
import type { AskedConnection } from "../question.js";
import { type JudgedPorts, portText } from "./asked-ports.js";
import { orNobody } from "./direct-ways.js";
import type { End } from "./end.js";
import { portsLeadingTo, servicesOfPod } from "./services-of-pod.js";
import { type AccessMode, isPodEnd, type Way } from "./way.js";

/** A Service through which B is reached, and by what. */
export type ServiceTarget = {
  readonly service: ServiceObject;
  readonly way: ServiceWay;
  readonly modes: readonly AccessMode[];
  /** Its ports that are judged; those that the question names, also where the Service lacks them. */
  readonly ports: readonly {
    readonly port: number;
    readonly protocol: ServicePort["protocol"] | undefined;
  }[];
};

/** The Services that lead to B: B itself, or those that have B's pods behind them on a judged port. */
export const serviceTargetsOf = (
  { model }: Pick<PolicyWorld, "model">,
  {
    b,
    asked,
    ports,
    text,
  }: {
    readonly b: End;
    readonly asked: AskedConnection;
    readonly ports: JudgedPorts;
    /** B as it was written. */
    readonly text: string;
  },
): readonly ServiceTarget[] => {
  const { service, byName } = b.resolved;
  if (service !== undefined) {
    const way = wayOf(service, byName, text);
    const protocol = asked.port === 0 ? asked.protocol : (asked.protocol ?? "TCP");
    return [
      { service, way, modes: modesOf(service, way), ports: [{ port: asked.port, protocol }] },
    ];
  }
  const [pod] = b.pods;
  if (pod === undefined) return [];
  return servicesOfPod(model, pod)
    .slice(0, diagnosisServicesMax)
    .flatMap((each): readonly ServiceTarget[] => {
      const leading = portsLeadingTo(each, b.pods, ports);
      const way = { kind: "cluster-ip", byName: true } as const;
      if (leading.length === 0) return [];
      return [{ service: each, way, modes: modesOf(each, way), ports: leading }];
    });
};

/** By which address of a Service the question goes. */
const wayOf = (service: ServiceObject, byName: boolean, text: string): ServiceWay => {
  const ip = canonicalIp(text.trim());
  const has = (texts: readonly string[]): boolean => texts.some((each) => canonicalIp(each) === ip);
  if (has(service.loadBalancerIps)) return { kind: "load-balancer", address: ip };
  if (has(service.externalIps)) return { kind: "external-ip", address: ip };
  const family = parseIp(ip)?.family;
  return { kind: "cluster-ip", byName, ...(family === undefined ? {} : { family }) };
};

/** A Service without an address of its own is reached by name only; an outside address has no name in the cluster. */
const modesOf = (service: ServiceObject, way: ServiceWay): readonly AccessMode[] => {
  if (way.kind !== "cluster-ip") return ["serviceIP"];
  return service.type === "ExternalName" || isHeadless(service) ? ["name"] : ["serviceIP", "name"];
};

/** The connections through the Services: one for each leg that is used, one to nobody where none is. */
export const serviceWays = (
  world: Pick<PolicyWorld, "model" | "view">,
  {
    a,
    targets,
    asked,
  }: {
    readonly a: End;
    readonly targets: readonly ServiceTarget[];
    readonly asked: AskedConnection;
  },
): readonly Way[] =>
  targets.flatMap(({ service, way, modes, ports }) =>
    orNobody(a).flatMap((source) =>
      ports.flatMap(({ port, protocol }) => {
        const route = servicePaths(world, { service, way, source, port, protocol });
        const ends = endsOf(route, protocol ?? asked.protocol ?? "TCP");
        const applicable = looksUpNames(source) ? modes : modes.filter((mode) => mode !== "name");
        return applicable.flatMap((mode) => ends.map((end): Way => ({ mode, source, ...end })));
      }),
    ),
  );

/** Addresses outside the cluster don't ask its DNS. */
const looksUpNames = (source: PolicyEndpoint | undefined): boolean => source?.kind !== "addresses";

type RouteEnd = Omit<Way, "mode" | "source">;

const endsOf = (route: ServiceRoute, protocol: Way["protocol"]): readonly RouteEnd[] => {
  const { external } = route;
  if (external !== undefined) return externalEnds(route, protocol);
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

const externalEnds = (route: ServiceRoute, protocol: Way["protocol"]): readonly RouteEnd[] => {
  const to = route.external?.to;
  if (to?.kind === "service") {
    return endsOf(to.route, protocol).map((end) => ({ ...end, route }));
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

/** "shop/web 80/TCP", the Service's port of a way. */
export const servicePortLabel = (way: Way): string => {
  const port = way.leg?.servicePort ?? way.route?.ports[0];
  return port === undefined ? portText(way) : `${port.port}/${port.protocol}`;
};
