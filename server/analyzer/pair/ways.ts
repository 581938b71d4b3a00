import type { PolicyEndpoint } from "../policy/decision.js";
import type { PolicyWorld } from "../policy-world.js";
import { QuestionError } from "../question-error.js";
import { endInFamily, familiesOfEnd } from "../service/service-families.js";
import type { ServiceLeg, ServiceRoute } from "../service/service-route.js";
import { type ConnectionSet, connectionsOf, noConnections } from "../sets/connections.js";
import { portRange } from "../sets/port-set.js";
import { type EndGroup, groupEnds, soleGroup } from "./end-groups.js";
import { waysJudgedMax } from "./limits.js";
import { type Asked, connectionsAsked } from "./question.js";
import { outsideEnds, type QuestionEnd } from "./question-ends.js";
import { nodePortService, routesTo } from "./service-ways.js";

/** One concrete way from an end to another, of all that no policy tells apart. */
export type Way = {
  readonly source: EndGroup;
  readonly destination: EndGroup;
  /** The very ends that are judged, of both groups. */
  readonly ends: readonly [PolicyEndpoint, PolicyEndpoint];
  /** What is asked of the destination: the target port where a Service translates. */
  readonly asked: ConnectionSet;
  /** The Service on the way. */
  readonly through?: { readonly route: ServiceRoute; readonly leg: ServiceLeg };
};

/** All ways of a question. */
export type Ways = {
  readonly ways: readonly Way[];
  /** The Services on the way, as the first client of each kind sees them. */
  readonly routes: readonly ServiceRoute[];
  /** Any address outside may be meant: the ways are possibilities, not parts. */
  readonly isAnyAddress: boolean;
};

/** The ways between both sides. Throws QuestionError `invalid` when there are more than `waysJudgedMax`. */
export const waysOf = (
  world: PolicyWorld,
  {
    source,
    destination,
    asked,
  }: {
    readonly source: QuestionEnd;
    readonly destination: QuestionEnd;
    readonly asked: Asked;
  },
): Ways => {
  const isAnyAddress = source.isAnyAddress || destination.isAnyAddress;
  const service = destination.name.service ?? nodePortService(world, destination.name, asked);
  const all: Ways =
    service === undefined
      ? {
          ways: directWays(world, source.ends, destination.ends, connectionsAsked(asked)),
          routes: [],
          isAnyAddress,
        }
      : waysThrough(world, { source, destination, asked });
  return { ...all, isAnyAddress: all.isAnyAddress || isAnyAddress };
};

const directWays = (
  world: PolicyWorld,
  sources: readonly PolicyEndpoint[],
  destinations: readonly PolicyEndpoint[],
  asked: ConnectionSet,
): readonly Way[] => {
  const from = groupEnds(world, sources, keyBeside(destinations));
  const to = groupEnds(world, destinations, keyBeside(sources));
  assertFew(from.length * to.length);
  return from.flatMap((source) =>
    to.map((destination) => ({
      source,
      destination,
      ends: distinctPair(source, destination),
      asked,
    })),
  );
};

const waysThrough = (
  world: PolicyWorld,
  question: {
    readonly source: QuestionEnd;
    readonly destination: QuestionEnd;
    readonly asked: Asked;
  },
): Ways => {
  const { source, destination, asked } = question;
  const ways: Way[] = [];
  const routes: ServiceRoute[] = [];
  let isAnyAddress = false;
  for (const from of groupEnds(world, source.ends, placeKey)) {
    for (const route of routesTo(world, { name: destination.name, asked, source: from.ends[0] })) {
      routes.push(route);
      const last = lastRoute(route);
      isAnyAddress ||= last.external?.to.kind === "outside";
      ways.push(...waysOfRoute(world, from, last, asked));
      assertFew(ways.length);
    }
  }
  return { ways, routes, isAnyAddress };
};

/** Where the names of ExternalName Services lead in the end. */
export const lastRoute = (route: ServiceRoute): ServiceRoute =>
  route.external?.to.kind === "service" ? lastRoute(route.external.to.route) : route;

const waysOfRoute = (
  world: PolicyWorld,
  source: EndGroup,
  route: ServiceRoute,
  asked: Asked,
): readonly Way[] => {
  const to = route.external?.to;
  const plain = connectionsAsked(asked);
  if (to?.kind === "pod") {
    return directWays(world, source.ends, [{ kind: "pod", pod: to.pod }], plain);
  }
  if (to?.kind === "outside") return directWays(world, source.ends, outsideEnds(world), plain);
  const shown = route.legs.filter(({ state }) => state !== "other-family");
  return bucketsOf(shown).flatMap((legs) => waysOfLegs(world, source, { route, legs, plain }));
};

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

const waysOfLegs = (
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
  return groupEnds(world, ends, keyBeside(source.ends)).flatMap((destination) => {
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

/** Two ends that are not the same pod where both groups together have two. */
const distinctPair = (
  source: EndGroup,
  destination: EndGroup,
): readonly [PolicyEndpoint, PolicyEndpoint] => {
  const [from, second] = source.ends;
  const to = destination.ends.find((end) => !samePod(from, end));
  if (to !== undefined) return [from, to];
  return [second ?? from, destination.ends[0]];
};

const commonEnd = (source: EndGroup, destination: EndGroup): PolicyEndpoint | undefined =>
  destination.ends.find((end) => source.ends.some((other) => samePod(other, end)));

const samePod = (one: PolicyEndpoint, other: PolicyEndpoint): boolean =>
  one.kind === "pod" &&
  other.kind === "pod" &&
  one.pod.namespace === other.pod.namespace &&
  one.pod.name === other.pod.name;

/** Where an end is, for what traffic policies and families tell apart. */
const placeKey = (end: PolicyEndpoint): string => `${nodeKey(end)} ${familiesOfEnd(end)?.join()}`;

const nodeKey = (end: PolicyEndpoint): string =>
  end.kind === "pod" ? (end.pod.nodeName ?? "") : "";

/** Ends beside one on the host network differ by their node: a node and its own pods are a case of their own. */
const keyBeside =
  (others: readonly PolicyEndpoint[]) =>
  (end: PolicyEndpoint): string => {
    const isHost = others.some(
      (other) => other.kind === "node" || (other.kind === "pod" && other.pod.hostNetwork),
    );
    return `${isHost ? nodeKey(end) : ""} ${familiesOfEnd(end)?.join()}`;
  };

const assertFew = (count: number): void => {
  if (count <= waysJudgedMax) return;
  throw new QuestionError(
    "invalid",
    `the question stands for more than ${waysJudgedMax} pairs: name fewer pods or a narrower range`,
  );
};
