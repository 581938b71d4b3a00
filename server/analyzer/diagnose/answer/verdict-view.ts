import type { DiagnosisAnswer } from "../../answers.js";
import { policyName } from "../../pair/views.js";
import { catalogue } from "../catalogue/catalogue.js";
import type { Finding } from "../findings/finding.js";
import { listed } from "../findings/listed.js";
import type { JudgedWay } from "../policies/judged-way.js";
import { holdsWay } from "../situation/way.js";
import type { ModeVerdict, WayState } from "../verdict/mode-verdict.js";
import type { Diagnosed } from "./answer-of.js";

type VerdictView = DiagnosisAnswer["verdicts"][number];

/** What objects say of one mode, as it is shown: the first thing that stops it, or what permits it. */
export const verdictViewOf = (diagnosed: Diagnosed, verdict: ModeVerdict): VerdictView => ({
  mode: verdict.mode,
  static: staticOf(diagnosed, verdict),
  live: { verdict: "unavailable", why: "objects were read only: nothing was probed" },
  agreement: "static-only",
  status: verdict.status,
  confidence: verdict.confidence,
});

const staticOf = (diagnosed: Diagnosed, { status, ways }: ModeVerdict): VerdictView["static"] => {
  if (status === "unknown") {
    const doubt = ways.flatMap(({ doubts }) => doubts)[0];
    const why =
      doubt?.issue ?? "some of the addresses that the name can have are permitted, others are not";
    return { verdict: "unknown", by: doubt?.component ?? "", rule: "", why };
  }
  const down = ways.filter(({ blockers }) => blockers.length > 0);
  const first = down[0]?.blockers[0]?.[0] ?? ways.flatMap(({ impairing }) => impairing)[0];
  if (first === undefined) return allowOf(diagnosed, ways);
  const all = down.length === ways.length || down.length === 0;
  const share = all ? "" : ` (${down.length} of ${ways.length} connections)`;
  return {
    verdict: isDenial(first) ? "deny" : "broken",
    by: isDenial(first) ? policyRefs(first) : first.component,
    rule: isDenial(first) ? ruleWordsOf(first) : first.code,
    why: `${first.issue}${share}`,
  };
};

const isDenial = ({ code, place }: Finding): boolean =>
  catalogue[code].layer === "policy" && place !== "lookup";

const policyRefs = ({ observations, component }: Finding): string => {
  const refs = observations.flatMap(({ data }) => data["policy"]?.replace(/^\w+ /, "") ?? []);
  return refs.length === 0 ? component : refs.join(", ");
};

const ruleWordsOf = ({ observations }: Finding): string =>
  observations.find(({ data }) => data["rule"] !== undefined)?.data["rule"] ?? "";

const allowOf = ({ judged }: Diagnosed, ways: readonly WayState[]): VerdictView["static"] => {
  const own = judged.filter(({ way }) => ways.some((each) => each.way === way));
  const rules = [...new Set(own.flatMap(allowingRules))].sort();
  return {
    verdict: "allow",
    by: rules.length === 0 ? "default" : listed(rules),
    rule: "",
    why:
      rules.length === 0
        ? "no policy stands in the way, and objects show nothing that stops the connection"
        : "policies allow the connection, and objects show nothing that stops it",
  };
};

/** "shop/allow-web ingress rule 1": the rules that let a way through. */
const allowingRules = ({ way, egress, ingress }: JudgedWay): readonly string[] =>
  [egress.decision, ingress.decision].flatMap(({ direction, parts }) =>
    parts.flatMap((part) =>
      "rule" in part && part.action === "accept" && holdsWay(part.connections, way)
        ? [`${policyName(part.rule.policy)} ${direction} rule ${part.rule.index + 1}`]
        : [],
    ),
  );
