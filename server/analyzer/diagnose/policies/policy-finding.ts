import type { DoubtView } from "../../answers.js";
import { policyName } from "../../pair/views.js";
import type { Doubt } from "../../policy/decision.js";
import type { Finding } from "../findings/finding.js";
import { listed } from "../findings/listed.js";
import { portText } from "../situation/asked-ports.js";
import { endTitle } from "../situation/end-title.js";
import type { Situation } from "../situation/situation.js";
import type { Way } from "../situation/way.js";
import type { Denial } from "./policy-denial.js";
import { type PolicyFix, remedyOfDenial } from "./policy-remedy.js";
import type { DeniedConnection } from "./rule-miss.js";

/** "NetworkPolicy default/deny-all". */
export const policyTitleOf = (policy: {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}): string => `${policy.kind} ${policyName(policy)}`;

/** A connection that policies deny, as a finding. */
export const denialFinding = (
  situation: Situation,
  {
    way,
    denial,
    connection,
    fix,
  }: {
    readonly way: Way;
    readonly denial: Denial;
    readonly connection: DeniedConnection;
    readonly fix: PolicyFix;
  },
): Finding => {
  const { direction } = connection;
  const names = denial.policies.map(policyTitleOf).sort();
  const subject = endTitle(situation, connection.subject);
  const peer = endTitle(situation, connection.peer);
  const on = portText(connection);
  const verb = names.length === 1 ? "blocks" : "block";
  const end = direction === "ingress" ? `to ${subject}` : `from ${subject}`;
  const clause = [denial.detail, denial.hint].filter(Boolean).join("; ");
  const what =
    direction === "ingress"
      ? `Allow ingress from ${peer} to ${subject} ${on}`
      : `Allow egress from ${subject} to ${peer} ${on}`;
  return {
    code: denial.code,
    place: direction,
    effect: "blocks",
    origin: direction === "ingress" ? "destination" : "source",
    component: listed(names),
    hits: (each) => each === way,
    proof: "direct",
    issue: `${listed(names)} ${verb} ${direction} ${end} on ${on}${clause === "" ? "" : `: ${clause}`}`,
    solutions: [fix.patch === "" ? `${what}: ${fix.reason}` : `${what} (patch attached)`],
    observations: denial.policies.map((policy) => ({
      kind: "policy",
      data: {
        policy: policyTitleOf(policy),
        direction,
        subject,
        rules: String(policy[direction].length),
        rule: denial.ruleWords,
        ...(denial.rule?.policy === policy ? { nearest: clause } : {}),
      },
    })),
    remedy: remedyOfDenial(what, { denial, fix }),
  };
};

/** A connection of which policies say what can't be told, as a finding. */
export const doubtFinding = (
  situation: Situation,
  { way, connection }: { readonly way: Way; readonly connection: DeniedConnection },
  { doubt, view }: { readonly doubt?: Doubt; readonly view: Omit<DoubtView, "connections"> },
): Finding => {
  const { direction } = connection;
  const isUnmodelled = doubt?.reason === "unmodelled-policy";
  const component =
    doubt === undefined
      ? endTitle(situation, connection.subject)
      : componentOf(doubt, endTitle(situation, connection.subject));
  return {
    code: isUnmodelled ? "POLICY_CRD_UNMODELLED" : "POLICY_UNDETERMINED",
    place: direction,
    effect: "unknown",
    origin: direction === "egress" ? "source" : "destination",
    component,
    hits: (each) => each === way,
    proof: "direct",
    issue: `Whether ${direction} on ${portText(connection)} is permitted can't be told: ${view.text}`,
    solutions: [`Try the connection, or read ${component} for what it says of it`],
    observations: [{ kind: "doubt", data: { reason: view.reason, text: view.text } }],
  };
};

/** The policy that makes the doubt, or the end that it is about. */
const componentOf = (doubt: Doubt, end: string): string => {
  if (doubt.reason === "unmodelled-policy") {
    return policyTitleOf({ ...doubt.policy, kind: doubt.policy.policyKind });
  }
  return "rule" in doubt ? policyTitleOf(doubt.rule.policy) : end;
};
