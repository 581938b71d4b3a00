import type { NetworkPlugin } from "../../network/network-plugin.js";
import type { EvaluatedPolicy, Part } from "../../policy/decision.js";
import { catalogue } from "../catalogue/catalogue.js";
import type { Finding } from "../findings/finding.js";
import type { Situation } from "../situation/situation.js";
import { holdsWay } from "../situation/way.js";
import { type HintParts, type HintTask, hintAt, hintFinding, showPolicy } from "./hint-finding.js";
import { policyTitleOf } from "./policy-finding.js";

/** Within this time a new policy may not be in force on every node. */
const convergenceMs = 30_000;

/** Within this time connections that were open before a new policy may live on. */
const graceMs = 600_000;

/** Whether what denies is in force: the network plugin must enforce it, and have had the time to. */
export const enforcementHints = (
  { plugin, nowMs }: Situation,
  task: HintTask,
): readonly Finding[] => {
  const [newest] = [...denyingPolicies(task)].sort(
    (one, other) => (other.createdAtMs ?? 0) - (one.createdAtMs ?? 0),
  );
  if (newest === undefined) return [];
  const title = policyTitleOf(newest);
  const ageMs = newest.createdAtMs === undefined ? undefined : nowMs - newest.createdAtMs;
  const isNew = (withinMs: number): boolean =>
    ageMs !== undefined && ageMs >= 0 && ageMs < withinMs;
  const seconds = String(Math.round((ageMs ?? 0) / 1000));
  const findings: Finding[] = [];
  if (plugin.enforcesPolicy === false) {
    findings.push(hintFinding(task, unenforced(plugin, "the connection")));
  } else if (isNew(convergenceMs)) {
    findings.push(
      hintFinding(task, {
        code: "POLICY_NOT_ENFORCED",
        component: title,
        issue: `${title} is ${seconds} s old and may not be in force on every node yet`,
        solution: "Ask again in half a minute",
        why: "The network plugin's agents follow policies one after another.",
        step: showPolicy(newest),
        data: { policy: title, age_s: seconds },
      }),
    );
  }
  if (isNew(graceMs)) {
    findings.push(
      hintFinding(task, {
        code: "NETPOL_CONNTRACK_GRACE",
        component: title,
        issue: `${title} is ${seconds} s old: connections that were open before may live on`,
        solution: "Restart clients that must lose their connections",
        why: "Many network plugins judge new connections only.",
        step: showPolicy(newest),
        data: { policy: title, age_s: seconds },
      }),
    );
  }
  return findings;
};

const unenforced = ({ name }: NetworkPlugin, what: string): HintParts => ({
  code: "POLICY_NOT_ENFORCED",
  component: `network plugin ${name}`,
  issue: `Policies deny ${what}, but the network plugin ${name} enforces none: it is likely to pass all the same`,
  solution: `Install an engine that enforces policies beside ${name}, such as kube-network-policies or Calico`,
  why: "NetworkPolicies are objects; without a component that enforces them they have no effect.",
  step: "kubectl get daemonsets -A",
  data: { plugin: name, enforces_policy: "false" },
});

/** That policies which deny nothing but look-ups are not in force either; others say so where they deny. */
export const unenforcedLookups = (
  { plugin }: Situation,
  findings: readonly Finding[],
): readonly Finding[] => {
  if (plugin.enforcesPolicy !== false) return [];
  if (findings.some(({ code }) => code === "POLICY_NOT_ENFORCED")) return [];
  const denied = findings.find(
    ({ code, place, effect }) =>
      place === "lookup" &&
      catalogue[code].layer === "policy" &&
      (effect === "blocks" || effect === "impairs"),
  );
  if (denied === undefined) return [];
  const { place, origin, hits } = denied;
  return [hintAt({ place, origin, hits }, unenforced(plugin, "look-ups of names"))];
};

const denyingPolicies = ({ decision, way }: HintTask): readonly EvaluatedPolicy[] =>
  decision.parts.filter((part) => holdsWay(part.connections, way)).flatMap(policiesOf);

const policiesOf = (part: Part): readonly EvaluatedPolicy[] => {
  if (part.by === "networkpolicy" && part.action === "deny") return part.policies;
  return part.by === "tier" && part.action === "deny" ? [part.rule.policy] : [];
};
