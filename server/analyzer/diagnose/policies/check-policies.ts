import { doubtView } from "../../pair/doubts.js";
import type { FitContext } from "../../pair/peer-fit.js";
import type { DirectionDecision } from "../../policy/decision.js";
import { type CheckResult, joinResults, nothing } from "../findings/finding.js";
import { portText } from "../situation/asked-ports.js";
import { endTitle } from "../situation/end-title.js";
import type { Situation } from "../situation/situation.js";
import { holdsWay, type Way } from "../situation/way.js";
import type { JudgedDirection, JudgedWay } from "./judged-way.js";
import { denialOf } from "./policy-denial.js";
import { denialFinding, doubtFinding } from "./policy-finding.js";
import { policyHints } from "./policy-hints.js";
import { policyFixOf } from "./policy-remedy.js";
import type { DeniedConnection } from "./rule-miss.js";

/** What policies of both ends do to the ways. */
export const checkPolicies = (situation: Situation, judged: readonly JudgedWay[]): CheckResult => {
  const fix = policyFixOf(situation, judged);
  const check = (way: Way, direction: JudgedDirection): CheckResult => {
    const connection = connectionOf(way, direction.decision);
    return connection === undefined
      ? nothing
      : checkDirection(situation, { way, ...direction, connection, fix });
  };
  return joinResults(
    judged.flatMap(({ way, egress, ingress }) => [check(way, egress), check(way, ingress)]),
  );
};

/** A direction of a way that is checked. */
type Task = JudgedDirection & {
  readonly way: Way;
  readonly connection: DeniedConnection;
  readonly fix: ReturnType<typeof policyFixOf>;
};

const checkDirection = (situation: Situation, task: Task): CheckResult => {
  const { way, decision, connection, doubt: other } = task;
  const hints = policyHints(situation, task);
  switch (task.verdict) {
    case "denied": {
      const { world } = situation;
      const context: FitContext = { model: world.model, profile: world.engine.profile };
      const denial = denialOf(context, decision, connection);
      if (denial === undefined) return nothing;
      return {
        ...nothing,
        findings: [denialFinding(situation, { ...task, denial }), ...hints],
      };
    }
    case "unknown":
      return {
        ...nothing,
        findings: [
          ...decision.doubts
            .filter(({ connections }) => holdsWay(connections, way))
            .map((doubt) =>
              doubtFinding(situation, task, { doubt, view: doubtView(doubt, connection) }),
            ),
          ...(other === undefined ? [] : [doubtFinding(situation, task, { view: other })]),
        ],
      };
    case "allowed":
      return { ...allowedResult(situation, task), findings: hints };
  }
};

const connectionOf = (
  { source, destination, protocol, port }: Way,
  { direction }: DirectionDecision,
): DeniedConnection | undefined => {
  if (source === undefined || destination === undefined) return undefined;
  const [subject, peer] = direction === "egress" ? [source, destination] : [destination, source];
  return { direction, subject, peer, protocol, port };
};

const allowedResult = (situation: Situation, { way, decision, connection }: Task): CheckResult => {
  const { direction, isolated, policies } = decision;
  const title = endTitle(situation, connection.subject);
  const because =
    policies.length === 0
      ? `no policy isolates ${title} for ${direction}`
      : `policies of ${title} allow ${portText(way)}`;
  return {
    findings: [],
    ruledOut: [
      {
        code: direction === "egress" ? "NETPOL_EGRESS_DENIED" : "NETPOL_INGRESS_DENIED",
        because,
      },
    ],
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
