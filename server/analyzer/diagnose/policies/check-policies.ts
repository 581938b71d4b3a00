import { doubtView } from "../../pair/doubts.js";
import type { FitContext } from "../../pair/peer-fit.js";
import { policyName, policyTitle } from "../../pair/views.js";
import type { Direction, DirectionDecision, Doubt } from "../../policy/decision.js";
import { type CheckResult, type Finding, joinResults, nothing } from "../findings/finding.js";
import { policiesNamedMax } from "../limits.js";
import { portText } from "../situation/asked-ports.js";
import { endTitle } from "../situation/end-title.js";
import type { Situation } from "../situation/situation.js";
import type { Way } from "../situation/way.js";
import { directionVerdict, type JudgedWay } from "./judged-way.js";
import { type Denial, denialOf } from "./policy-denial.js";
import { policyRemedy } from "./policy-remedy.js";
import type { DeniedConnection } from "./rule-miss.js";

/** What policies of both ends do to the ways. */
export const checkPolicies = (situation: Situation, judged: readonly JudgedWay[]): CheckResult =>
  joinResults(
    judged.flatMap(({ way, decision }) => [
      checkDirection(situation, way, decision.egress),
      checkDirection(situation, way, decision.ingress),
    ]),
  );

const checkDirection = (
  situation: Situation,
  way: Way,
  decision: DirectionDecision,
): CheckResult => {
  const connection = connectionOf(way, decision.direction);
  if (connection === undefined) return nothing;
  const verdict = directionVerdict(decision, way);
  const place = decision.direction;
  if (verdict === "denied") {
    const { world } = situation;
    const context: FitContext = { model: world.model, profile: world.engine.profile };
    const denial = denialOf(context, decision, connection);
    return denial === undefined
      ? nothing
      : { ...nothing, findings: [denialFinding(situation, way, { denial, connection })] };
  }
  if (verdict === "unknown") {
    return {
      ...nothing,
      findings: decision.doubts.map((doubt) => doubtFinding(situation, way, { doubt, place })),
    };
  }
  return allowedResult(situation, way, decision);
};

const connectionOf = (
  { source, destination, protocol, port }: Way,
  direction: Direction,
): DeniedConnection | undefined => {
  if (source === undefined || destination === undefined) return undefined;
  const [subject, peer] = direction === "egress" ? [source, destination] : [destination, source];
  return { direction, subject, peer, protocol, port };
};

const denialFinding = (
  situation: Situation,
  way: Way,
  { denial, connection }: { readonly denial: Denial; readonly connection: DeniedConnection },
): Finding => {
  const { direction, subject, peer } = connection;
  const names = denial.policies.map(policyTitleText).sort();
  const subjectText = endTitle(situation, subject);
  const peerText = endTitle(situation, peer);
  const on = portText(connection);
  const verb = names.length === 1 ? "blocks" : "block";
  const end = direction === "ingress" ? `to ${subjectText}` : `from ${subjectText}`;
  const clause = [denial.detail, denial.hint].filter(Boolean).join("; ");
  return {
    code: denial.code,
    place: direction,
    effect: "blocks",
    origin: direction === "ingress" ? "destination" : "source",
    component: denial.policies.length === 1 ? (names[0] ?? "") : listed(names),
    hits: (each) => each === way,
    proof: "direct",
    issue: `${listed(names)} ${verb} ${direction} ${end} on ${on}: ${clause}`,
    solutions: [
      direction === "ingress"
        ? `Allow ingress from ${peerText} to ${subjectText} ${on}`
        : `Allow egress from ${subjectText} to ${peerText} ${on}`,
    ],
    observations: denial.policies.map((policy) => ({
      kind: "policy",
      data: {
        policy: policyTitleText(policy),
        direction,
        subject: subjectText,
        rules: String(policy[direction].length),
        rule: denial.ruleWords,
        ...(denial.rule?.policy === policy ? { nearest: denial.detail } : {}),
      },
    })),
    remedy: policyRemedy(situation, { way, denial, connection }),
  };
};

const listed = (names: readonly string[]): string => {
  const more = names.length - policiesNamedMax;
  const shown = names.slice(0, policiesNamedMax).join(", ");
  return more > 0 ? `${shown} and ${more} more` : shown;
};

/** "NetworkPolicy default/deny-all". */
const policyTitleText = (policy: Denial["policies"][number]): string =>
  `${policy.kind} ${policyName(policy)}`;

const doubtFinding = (
  situation: Situation,
  way: Way,
  { doubt, place }: { readonly doubt: Doubt; readonly place: Direction },
): Finding => {
  const isUnmodelled = doubt.reason === "unmodelled-policy";
  const peer = place === "egress" ? way.destination : way.source;
  const text = peer === undefined ? "" : doubtView(doubt, peer).text;
  return {
    code: isUnmodelled ? "POLICY_CRD_UNMODELLED" : "POLICY_UNDETERMINED",
    place,
    effect: "unknown",
    origin: place === "egress" ? "source" : "destination",
    component: isUnmodelled ? policyTitle(doubt.policy) : "",
    hits: (each) => each === way,
    proof: "direct",
    issue: `What policies say can't be told: ${text}`,
    solutions: [`Try the connection from ${situation.a.name}, or read the policy: ${text}`],
    observations: [{ kind: "doubt", data: { reason: doubt.reason, text } }],
  };
};

const allowedResult = (
  situation: Situation,
  way: Way,
  decision: DirectionDecision,
): CheckResult => {
  const { direction, isolated, policies } = decision;
  const subject = direction === "egress" ? way.source : way.destination;
  if (subject === undefined) return nothing;
  const title = endTitle(situation, subject);
  const because = isolated
    ? `policies of ${title} allow ${portText(way)}`
    : policies.length === 0
      ? `no policy isolates ${title} for ${direction}`
      : `policies that have ${title} as subject allow ${portText(way)}`;
  const code = direction === "egress" ? "NETPOL_EGRESS_DENIED" : "NETPOL_INGRESS_DENIED";
  return {
    findings: [],
    ruledOut: [{ code, because }],
    seen: [
      {
        place: direction,
        observation: {
          kind: "policies",
          data: {
            subject: title,
            direction,
            isolated: String(isolated),
            policies: String(policies.length),
          },
        },
      },
    ],
  };
};
