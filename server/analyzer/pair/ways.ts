import type { PolicyEndpoint } from "../policy/decision.js";
import type { PolicyWorld } from "../policy-world.js";
import { QuestionError } from "../question-error.js";
import { endpointsOf } from "../service/service-endpoints.js";
import type { ServiceLeg, ServiceRoute } from "../service/service-route.js";
import type { ConnectionSet } from "../sets/connections.js";
import { type EndGroup, type ExtraKey, groupEnds } from "./end-groups.js";
import { distinctPair, keyBeside, placeKey } from "./end-pairs.js";
import { waysOfLegs } from "./leg-ways.js";
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
  for (const from of groupEnds(world, source.ends, clientKey(world, destination))) {
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

/** Clients differ by their node where a Service keeps to it, or has endpoints on the host network. */
const clientKey = (world: PolicyWorld, { name }: QuestionEnd): ExtraKey => {
  const { service } = name;
  if (service === undefined || service.type === "ExternalName") return placeKey;
  if (service.internalTrafficPolicy === "Local") return placeKey;
  const ends = endpointsOf(world, service).endpoints.flatMap(({ holder }): PolicyEndpoint[] => {
    if (holder.kind === "pod") return [{ kind: "pod", pod: holder.pod }];
    return holder.kind === "node" ? [{ kind: "node", node: holder.node }] : [];
  });
  return keyBeside(ends);
};

/** Where the names of ExternalName Services lead in the end. */
const lastRoute = (route: ServiceRoute): ServiceRoute =>
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
  return waysOfLegs(world, source, route, plain);
};

const assertFew = (count: number): void => {
  if (count <= waysJudgedMax) return;
  throw new QuestionError(
    "invalid",
    `the question stands for more than ${waysJudgedMax} pairs: name fewer pods or a narrower range`,
  );
};
