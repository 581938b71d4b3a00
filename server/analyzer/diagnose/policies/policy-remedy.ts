import { suggestFix } from "../../fix/suggest-fix.js";
import { QuestionError } from "../../question-error.js";
import { type Remedy, remedyOf } from "../findings/finding.js";
import { command, kubectl } from "../findings/shell-words.js";
import type { Situation } from "../situation/situation.js";
import type { JudgedWay } from "./judged-way.js";
import type { Denial } from "./policy-denial.js";

/** The smallest manifest that lets the connection through, or why there is none. */
export type PolicyFix = {
  /** YAML; "" where there is none. */
  readonly patch: string;
  readonly steps: readonly string[];
  readonly rollback: string;
  /** Why there is no manifest, or what it opens besides. */
  readonly reason: string;
};

const noFix = (reason: string): PolicyFix => ({ patch: "", steps: [], rollback: "", reason });

/** What would let the first denied way through; it is looked for once a diagnosis, for it compares all pairs. */
export const policyFixOf = (situation: Situation, judged: readonly JudgedWay[]): PolicyFix => {
  const own = judged.filter(({ way }) => way.mode === situation.primary);
  const denied = own.find(isDenied) ?? judged.find(isDenied);
  if (denied === undefined) return noFix("");
  const { way } = denied;
  const port = situation.asked.port === 0 ? askedPortOf(denied) : situation.asked.port;
  try {
    const answer = suggestFix(situation.world, {
      source: situation.question.podA,
      destination: situation.question.podB,
      ...(port === 0 ? {} : { port }),
      protocol: way.protocol,
    });
    if (answer.outcome !== "manifest") return noFix(answer.reason);
    const opens = answer.blastRadius.length;
    const besides =
      opens === 0 ? "no other pair changes" : `${opens} other pairs of workloads change as well`;
    return {
      patch: answer.manifest,
      steps: answer.steps,
      rollback: answer.rollback,
      reason: [answer.reason, besides].filter(Boolean).join("; "),
    };
  } catch (error) {
    if (!(error instanceof QuestionError)) throw error;
    return noFix(error.message);
  }
};

const isDenied = ({ egress, ingress }: JudgedWay): boolean =>
  egress.verdict === "denied" || ingress.verdict === "denied";

/** The port by which the way is asked about: of a Service the Service's. */
const askedPortOf = ({ way }: JudgedWay): number => way.leg?.servicePort?.port ?? way.port;

/** What to do about a denial: a further policy beside those that deny. */
export const remedyOfDenial = (
  summary: string,
  { denial, fix }: { readonly denial: Denial; readonly fix: PolicyFix },
): Remedy => {
  const [policy] = denial.policies;
  const isTier = policy !== undefined && policy.kind !== "NetworkPolicy";
  const show =
    isTier || policy === undefined
      ? command("kubectl", "get", (policy?.kind ?? "NetworkPolicy").toLowerCase(), "-o", "yaml")
      : kubectl(policy.namespace, "get", "networkpolicies", "-o", "yaml");
  return remedyOf({
    summary,
    why:
      fix.patch === ""
        ? fix.reason
        : `NetworkPolicies add up: a further one that allows the connection is enough, and none has to be removed; ${fix.reason}.`,
    steps: fix.steps.length > 0 ? fix.steps : [show],
    patch: fix.patch,
    risk: fix.patch === "" ? "none" : "low",
    rollback: fix.rollback,
    prevention:
      "Check policies before they are applied: causeway policy check, causeway policy lint, causeway policy diff.",
  });
};
