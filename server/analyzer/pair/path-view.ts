import type { MissView, PathView } from "../answers.js";
import type { DirectionDecision } from "../policy/decision.js";
import type { PolicyWorld } from "../policy-world.js";
import { allConnections, type ConnectionSet, isEmptyConnections } from "../sets/connections.js";
import type { JudgedWay } from "./judge-way.js";
import { missesOf } from "./misses.js";
import { connectionsView, directionView } from "./views.js";
import { pathWalkthrough, walkthroughOf } from "./walkthrough.js";

/** A way as answers show it; what each rule missed only where an explanation was asked for. */
export const pathView = (world: PolicyWorld, judged: JudgedWay, explain: boolean): PathView => {
  const { way, decision } = judged;
  const leg = way.through?.leg;
  const { egress, ingress } = walkthroughsOf(judged);
  const view = (direction: DirectionDecision, walkthrough: string) =>
    directionView(world.locate, direction, {
      misses: explain ? missesOfWay(world, judged, direction) : [],
      walkthrough,
    });
  return {
    source: way.source.view,
    destination: way.destination.view,
    verdict: judged.verdict,
    connections: connectionsView(judged.allowed),
    undetermined: connectionsView(judged.undetermined),
    egress: view(decision.egress, egress),
    ingress: view(decision.ingress, ingress),
    doubts: judged.doubts,
    servicePort: leg?.servicePort?.port ?? 0,
    targetPort: leg?.servicePort === undefined ? 0 : (leg.targetPort ?? 0),
    protocol: leg?.protocol ?? "",
    ready: leg === undefined || leg.state === "used",
    walkthrough: wayWalkthrough(judged),
  };
};

/** The stages that a way goes through, in one line. */
export const wayWalkthrough = (judged: JudgedWay): string => {
  const state = judged.way.through?.leg.state;
  if (state === "stale") return "nobody has the endpoint's address";
  if (state === "port-unresolved") return "the endpoint has no such port";
  return pathWalkthrough(walkthroughsOf(judged));
};

const walkthroughsOf = ({
  way,
  decision,
}: JudgedWay): { readonly egress: string; readonly ingress: string } => {
  const asked = shownConnections(way.asked);
  return {
    egress: walkthroughOf(decision.egress, asked),
    ingress: walkthroughOf(decision.ingress, asked),
  };
};

/** ICMP is in no set of connections: what is shown of its way is that of everything. */
const shownConnections = (asked: ConnectionSet): ConnectionSet =>
  isEmptyConnections(asked) ? allConnections : asked;

const missesOfWay = (
  world: PolicyWorld,
  { way, decision }: JudgedWay,
  direction: DirectionDecision,
): readonly MissView[] => {
  const servicePort = way.through?.leg.servicePort?.port;
  return missesOf(world, {
    pair: decision,
    direction: direction.direction,
    asked: way.asked,
    names: { source: way.source.view.name, destination: way.destination.view.name },
    ...(servicePort === undefined ? {} : { servicePort }),
  });
};
