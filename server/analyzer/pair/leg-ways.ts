import type { PolicyEndpoint } from "../policy/decision.js";
import type { PolicyWorld } from "../policy-world.js";
import { endInFamily } from "../service/service-families.js";
import type { ServiceLeg, ServiceRoute } from "../service/service-route.js";
import { type ConnectionSet, connectionsOf, noConnections } from "../sets/connections.js";
import { portRange } from "../sets/port-set.js";
import { type EndGroup, groupEnds, soleGroup } from "./end-groups.js";
import { commonEnd, distinctPair, keyBeside, samePod } from "./end-pairs.js";
import type { Way } from "./ways.js";

/** Legs that differ in nothing but the pod. */
const bucketsOf = (legs: readonly ServiceLeg[]): readonly (readonly ServiceLeg[])[] => {
  const buckets = new Map<string, ServiceLeg[]>();
  for (const leg of legs) {
    const { servicePort, targetPort, state, endpoint } = leg;
    const port = servicePort === undefined ? "" : `${servicePort.protocol} ${servicePort.port}`;
    const key = `${port} ${targetPort} ${state} ${endpoint.family}`;
    const bucket = buckets.get(key);
    if (bucket === undefined) buckets.set(key, [leg]);
    else bucket.push(leg);
  }
  return [...buckets.values()];
};

/** The ways to the endpoints of a route, those that no policy tells apart together. */
export const waysOfLegs = (
  world: PolicyWorld,
  source: EndGroup,
  route: ServiceRoute,
  plain: ConnectionSet,
): readonly Way[] =>
  bucketsOf(route.legs.filter(({ state }) => state !== "other-family")).flatMap((legs) =>
    waysOfBucket(world, source, { route, legs, plain }),
  );

const waysOfBucket = (
  world: PolicyWorld,
  source: EndGroup,
  {
    route,
    legs,
    plain,
  }: {
    readonly route: ServiceRoute;
    readonly legs: readonly ServiceLeg[];
    readonly plain: ConnectionSet;
  },
): readonly Way[] => {
  const [leg] = legs;
  if (leg === undefined) return [];
  const ends = legs.map(endOfLeg);
  const asked = askedOfLeg(leg, plain);
  const beside = keyBeside(source.ends);
  const extraKey = (end: PolicyEndpoint): string => `${beside(end)} ${natKey(route, end)}`;
  return groupEnds(world, ends, extraKey).flatMap((destination) => {
    const way = { source, destination, asked, through: { route, leg } };
    const hairpin = commonEnd(source, destination);
    const pair = distinctPair(source, destination);
    const isSelf = hairpin !== undefined && samePod(pair[0], pair[1]);
    return [
      ...(isSelf ? [] : [{ ...way, ends: pair }]),
      ...(hairpin === undefined
        ? []
        : [
            {
              ...way,
              source: soleGroup(world.model, hairpin),
              destination: soleGroup(world.model, hairpin),
              ends: [hairpin, hairpin] as const,
            },
          ]),
    ];
  });
};

/** A node that may stand in for the client lets itself to its own pods: those are a case of their own. */
const natKey = ({ way, sourceNat }: ServiceRoute, end: PolicyEndpoint): string =>
  sourceNat && way.kind === "node-port" && way.node !== undefined && end.kind === "pod"
    ? String(end.pod.nodeName === way.node.name)
    : "";

const endOfLeg = ({ endpoint }: ServiceLeg): PolicyEndpoint => {
  const { holder, family } = endpoint;
  if (holder.kind === "pod") return endInFamily({ kind: "pod", pod: holder.pod }, family);
  if (holder.kind === "node") return endInFamily({ kind: "node", node: holder.node }, family);
  return { kind: "addresses", range: holder.range };
};

const askedOfLeg = (
  { servicePort, targetPort, protocol, state }: ServiceLeg,
  plain: ConnectionSet,
): ConnectionSet => {
  if (servicePort === undefined) return plain;
  if (targetPort === undefined || protocol === undefined || state === "port-unresolved") {
    return noConnections;
  }
  return connectionsOf(protocol, portRange(targetPort));
};
