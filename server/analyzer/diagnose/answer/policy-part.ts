import type { DiagnosisAnswer } from "../../answers.js";
import { policyName } from "../../pair/views.js";
import { pathWalkthrough, walkthroughOf } from "../../pair/walkthrough.js";
import type { DirectionDecision, EvaluatedPolicy } from "../../policy/decision.js";
import { type ConnectionSet, connectionsOf } from "../../sets/connections.js";
import { allPorts, portRange } from "../../sets/port-set.js";
import { selectingPoliciesMax } from "../limits.js";
import type { JudgedWay } from "../policies/judged-way.js";
import { holdsWay, type Way } from "../situation/way.js";
import type { Diagnosed } from "./answer-of.js";
import { rfc3339 } from "./rfc3339.js";

type PolicyPart = DiagnosisAnswer["policy"];

/** The part that policies have in the answer, over all ways. */
export const policyPartOf = ({ judged, situation }: Diagnosed): PolicyPart => {
  const main = mainWayOf(judged, situation.primary);
  return {
    aEgressIsolated: judged.some(({ egress }) => egress.decision.isolated),
    bIngressIsolated: judged.some(({ ingress }) => ingress.decision.isolated),
    policiesSelecting: shownOf(selectingOf(judged)),
    walkthrough: main === undefined ? "" : walkthroughOfWay(main),
  };
};

type Row = PolicyPart["policiesSelecting"][number];

/** The rows that are listed, in order of names. */
const shownOf = (rows: readonly Row[]): readonly Row[] => {
  if (rows.length <= selectingPoliciesMax) return rows;
  const chosen = [...rows].sort((one, other) => Number(other.allows) - Number(one.allows));
  const kept = new Set(chosen.slice(0, selectingPoliciesMax));
  return rows.filter((row) => kept.has(row));
};

/** What is said of policies that are not listed. */
export const selectingLimits = ({ judged }: Diagnosed): DiagnosisAnswer["limits"] => {
  const omitted = selectingOf(judged).length - selectingPoliciesMax;
  return omitted <= 0
    ? []
    : [
        {
          what: `${omitted} more policies that select an end`,
          why: "an answer lists a bounded number of them, those that allow the connection first",
          effect: "all of them were judged",
        },
      ];
};

/** The way that the walkthrough tells: the first that is denied, else the first. */
const mainWayOf = (judged: readonly JudgedWay[], primary: string): JudgedWay | undefined => {
  const own = judged.filter(({ way }) => way.mode === primary);
  const among = own.length > 0 ? own : judged;
  return among.find(isStopped) ?? among[0];
};

const isStopped = ({ egress, ingress }: JudgedWay): boolean =>
  egress.verdict !== "allowed" || ingress.verdict !== "allowed";

const askedOf = ({ protocol, port }: Way): ConnectionSet =>
  connectionsOf(protocol, port === 0 ? allPorts : portRange(port));

const walkthroughOfWay = ({ way, egress, ingress }: JudgedWay): string => {
  const asked = askedOf(way);
  return pathWalkthrough({
    egress: walkthroughOf(egress.decision, asked),
    ingress: walkthroughOf(ingress.decision, asked),
  });
};

const selectingOf = (judged: readonly JudgedWay[]): readonly Row[] => {
  const rows = new Map<string, Row>();
  for (const { way, egress, ingress } of judged) {
    for (const direction of [egress.decision, ingress.decision]) {
      for (const policy of direction.policies) {
        const ref = policyName(policy);
        const key = `${ref} ${policy.kind} ${direction.direction}`;
        const allows = allowsBy(policy, direction, way) || rows.get(key)?.allows === true;
        const created = policy.createdAtMs === undefined ? "" : rfc3339(policy.createdAtMs);
        rows.set(key, {
          ref,
          direction: direction.direction,
          allows,
          ...(created === "" ? {} : { created }),
        });
      }
    }
  }
  return [...rows].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row);
};

const allowsBy = (policy: EvaluatedPolicy, { parts }: DirectionDecision, way: Way): boolean =>
  parts.some(
    (part) =>
      "rule" in part &&
      part.action === "accept" &&
      part.rule.policy === policy &&
      holdsWay(part.connections, way),
  );
