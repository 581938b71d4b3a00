import type { DoubtView } from "../answers.js";
import type { PairDecision } from "../policy/decision.js";
import type { PolicyWorld } from "../policy-world.js";
import {
  type ConnectionSet,
  isEmptyConnections,
  noConnections,
  subtractConnections,
} from "../sets/connections.js";
import { doubtsOf } from "./doubts.js";
import { judgePing } from "./judge-ping.js";
import { amongAll, limitedTo, type Opinion, opinionOf, together } from "./opinion.js";
import type { Asked } from "./question.js";
import { translatedEgress, translatedIngress } from "./translation.js";
import { type Verdict, verdictOf } from "./verdict.js";
import { connectionsView } from "./views.js";
import type { Way } from "./ways.js";

/** A way and what policies say of it. */
export type JudgedWay = {
  readonly way: Way;
  readonly decision: PairDecision;
  /** Of what is asked, what is allowed for certain, and what can't be told. */
  readonly allowed: ConnectionSet;
  readonly undetermined: ConnectionSet;
  readonly verdict: Verdict;
  readonly doubts: readonly DoubtView[];
  /** Whether connections take this way: an endpoint that is not ready gets none, and has no part in the verdict. */
  readonly counts: boolean;
};

/** Judges one way: policies at both ends, with what a Service on the way leaves open. */
export const judgeWay = (world: PolicyWorld, way: Way, asked: Asked): JudgedWay => {
  const { ends, through } = way;
  const viaService = through !== undefined && through.leg.servicePort !== undefined;
  const decision = world.engine.decide(ends[0], ends[1], { viaService });
  const state = through?.leg.state ?? "used";
  const counts = state === "used" || state === "stale";
  if (asked.protocol === "ICMP") return { ...judgePing(way, decision), way, decision, counts };
  if (state === "stale" || state === "port-unresolved") {
    const nothing = { allowed: noConnections, undetermined: noConnections, doubts: [] };
    return { ...nothing, way, decision, verdict: "denied", counts };
  }
  return { ...judgePolicies(world, way, decision), way, decision, counts };
};

const judgePolicies = (
  world: PolicyWorld,
  way: Way,
  decision: PairDecision,
): Pick<JudgedWay, "allowed" | "undetermined" | "verdict" | "doubts"> => {
  const { asked } = way;
  const egress = opinionOf(decision.egress);
  const ingress = opinionOf(decision.ingress);
  const translations = [
    ["egress", translatedEgress(world, way)],
    ["ingress", translatedIngress(world, way)],
  ] as const;
  const others = (direction: string): readonly Opinion[] =>
    translations.flatMap(([of, found]) => (of === direction ? (found?.opinions ?? []) : []));
  const both = together(
    amongAll([egress, ...others("egress")]),
    amongAll([ingress, ...others("ingress")]),
  );
  const plain = together(egress, ingress);
  const { allowed, undetermined } = limitedTo(asked, both);
  const fresh = subtractConnections(
    undetermined,
    subtractConnections(plain.possible, plain.certain),
  );
  const doubts = isEmptyConnections(fresh)
    ? []
    : translations.flatMap(([, found]) =>
        found === undefined ? [] : [{ ...found.doubt, connections: connectionsView(fresh) }],
      );
  return {
    allowed,
    undetermined,
    verdict: verdictOf({ asked, allowed, undetermined }),
    doubts: [...doubtsOf(decision, asked), ...doubts],
  };
};
