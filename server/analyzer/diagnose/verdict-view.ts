import type { DiagnosisAnswer } from "../answers.js";
import { policyName } from "../pair/views.js";
import type { Diagnosed } from "./answer-of.js";
import { catalogue } from "./catalogue.js";
import { directionVerdict } from "./check-policies.js";
import type { Finding } from "./finding.js";
import type { ModeVerdict, WayState } from "./mode-verdict.js";

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
  const first = down[0]?.blockers[0] ?? ways.flatMap(({ impairing }) => impairing)[0];
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
  const rules = new Set<string>();
  for (const { way, decision } of own) {
    for (const direction of [decision.egress, decision.ingress]) {
      if (directionVerdict(direction, way) !== "allowed") continue;
      for (const part of direction.parts) {
        const concerned = way.port === 0 || portIn(part.connections[way.protocol], way.port);
        if (!concerned || !("rule" in part) || part.rule === undefined) continue;
        if (part.action !== "accept") continue;
        rules.add(
          `${policyName(part.rule.policy)} ${direction.direction} rule ${part.rule.index + 1}`,
        );
      }
    }
  }
  const named = [...rules].sort();
  return {
    verdict: "allow",
    by: named.length === 0 ? "default" : named.join(", "),
    rule: "",
    why:
      named.length === 0
        ? "no policy stands in the way, and objects show nothing that stops the connection"
        : "policies allow the connection, and objects show nothing that stops it",
  };
};

const portIn = (ports: readonly number[], port: number): boolean => {
  for (let i = 0; i + 1 < ports.length; i += 2) {
    if ((ports[i] ?? 0) <= port && port <= (ports[i + 1] ?? 0)) return true;
  }
  return false;
};
