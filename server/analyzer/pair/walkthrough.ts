import { assertNever } from "../../../common/assert.js";
import type { DirectionDecision, EvaluatedPolicy, Part } from "../policy/decision.js";
import {
  type ConnectionSet,
  connectionsText,
  intersectConnections,
  isEmptyConnections,
  isSubsetOfConnections,
  noConnections,
  unionConnections,
} from "../sets/connections.js";
import { walkthroughNamesMax } from "./limits.js";
import { policyName, ruleText } from "./views.js";

/** One step: "[ANP] Pass (a)". */
type Step = { readonly label: string; readonly outcomes: Outcome[] };

type Outcome = { readonly word: string; readonly names: Set<string>; connections: ConnectionSet };

/**
 * The stages that the asked connections go through, in order: "[CNP admin] Pass (a) -> [NP] denied (default/deny-all)".
 * A tier with policies for the subject and none that matches is "No-Op", as policy-assistant has it.
 */
export const walkthroughOf = (decision: DirectionDecision, asked: ConnectionSet): string => {
  const steps: Step[] = [];
  for (const part of inOrder(decision.parts)) addPart(steps, part, asked);
  addIdleTiers(steps, decision);
  const texts = steps.map((step) => stepText(step, asked));
  const unsure = unsureOf(decision, asked);
  return [...texts, ...(unsure === "" ? [] : [unsure])].join(" -> ");
};

/** Both directions in one line. */
export const pathWalkthrough = ({
  egress,
  ingress,
}: {
  readonly egress: string;
  readonly ingress: string;
}): string => `egress: ${egress}; ingress: ${ingress}`;

/** "CNP admin", "ANP", "NP", "CNP baseline", "BANP": how people name the tiers. */
const tierLabel = (policy: EvaluatedPolicy): string => {
  switch (policy.kind) {
    case "NetworkPolicy":
      return "NP";
    case "AdminNetworkPolicy":
      return "ANP";
    case "BaselineAdminNetworkPolicy":
      return "BANP";
    case "ClusterNetworkPolicy":
      return `CNP ${policy.tier}`;
    default:
      return assertNever(policy);
  }
};

const stageOf = (part: Part): number => {
  switch (part.by) {
    case "exemption":
      return 0;
    case "tier":
      return (part.tier === "admin" ? 1 : 4) + (part.action === "pass" ? 0 : 1);
    case "networkpolicy":
      return 3;
    case "default":
      return 6;
    default:
      return assertNever(part);
  }
};

const inOrder = (parts: readonly Part[]): readonly Part[] =>
  [...parts].sort((one, other) => stageOf(one) - stageOf(other));

const addPart = (steps: Step[], part: Part, asked: ConnectionSet): void => {
  const connections = intersectConnections(part.connections, asked);
  if (isEmptyConnections(connections)) return;
  const { label, word, names } = wordsOf(part);
  let step = steps.find((each) => each.label === label);
  if (step === undefined) {
    step = { label, outcomes: [] };
    steps.push(step);
  }
  let outcome = step.outcomes.find((each) => each.word === word);
  if (outcome === undefined) {
    outcome = { word, names: new Set(), connections: noConnections };
    step.outcomes.push(outcome);
  }
  for (const name of names) outcome.names.add(name);
  outcome.connections = unionConnections(outcome.connections, connections);
};

type Words = { readonly label: string; readonly word: string; readonly names: readonly string[] };

const actionWords = { accept: "Accept", deny: "Deny", pass: "Pass" } as const;

const exemptionLabels = {
  self: "own address",
  "own-node": "own node",
  "host-network": "host network",
  "no-subject": "no policies",
  hairpin: "hairpin",
} as const;

const wordsOf = (part: Part): Words => {
  switch (part.by) {
    case "exemption":
      return { label: exemptionLabels[part.reason], word: "allowed", names: [] };
    case "tier": {
      const { policy } = part.rule;
      const word =
        part.action === "accept" && policy.kind !== "ClusterNetworkPolicy"
          ? "Allow"
          : actionWords[part.action];
      return { label: tierLabel(policy), word, names: [policy.name] };
    }
    case "networkpolicy":
      return part.action === "accept"
        ? {
            label: "NP",
            word: "allowed",
            names: [`${policyName(part.rule.policy)} rule ${part.rule.index + 1}`],
          }
        : { label: "NP", word: "denied", names: part.policies.map(policyName) };
    case "default":
      return { label: "default", word: "allowed", names: [] };
    default:
      return assertNever(part);
  }
};

/** Tiers that have a say over the subject and said nothing of these connections. */
const addIdleTiers = (steps: Step[], { policies }: DirectionDecision): void => {
  for (const label of ["BANP", "CNP baseline", "ANP", "CNP admin"]) {
    const concerned = policies.some(
      (policy) => policy.kind !== "NetworkPolicy" && tierLabel(policy) === label,
    );
    if (!concerned || steps.some((step) => step.label === label)) continue;
    const idle: Step = {
      label,
      outcomes: [{ word: "No-Op", names: new Set(), connections: noConnections }],
    };
    const admin = label === "ANP" || label === "CNP admin";
    if (admin) steps.unshift(idle);
    // The baseline is asked only where it comes to that.
    else if (steps.at(-1)?.label === "default") steps.splice(-1, 0, idle);
  }
};

const stepText = ({ label, outcomes }: Step, asked: ConnectionSet): string => {
  const texts = outcomes.map((outcome, index) => outcomeText(outcome, index, outcomes, asked));
  return `[${label}] ${texts.join(", ")}`;
};

const outcomeText = (
  { word, names, connections }: Outcome,
  index: number,
  outcomes: readonly Outcome[],
  asked: ConnectionSet,
): string => {
  const parts = [word];
  const last = index > 0 && index === outcomes.length - 1;
  if (word !== "No-Op" && !isSubsetOfConnections(asked, connections)) {
    const text = connectionsText(connections);
    const others = outcomes.slice(0, -1).map((each) => connectionsText(each.connections));
    // "the rest" reads better than 65,534 ports in three protocols.
    parts.push(
      last && text.length > Math.max(...others.map((each) => each.length)) ? "the rest" : text,
    );
  }
  if (names.size > 0) parts.push(`(${namesText([...names])})`);
  return parts.join(" ");
};

const namesText = (names: readonly string[]): string => {
  const shown = names.slice(0, walkthroughNamesMax).join(", ");
  const more = names.length - walkthroughNamesMax;
  return more > 0 ? `${shown} and ${more} more` : shown;
};

const unsureOf = (decision: DirectionDecision, asked: ConnectionSet): string => {
  const names = new Set<string>();
  const open = intersectConnections(decision.undetermined, asked);
  for (const doubt of decision.doubts) {
    if (isEmptyConnections(intersectConnections(doubt.connections, asked))) continue;
    if (doubt.reason === "unmodelled-policy") {
      names.add(`${doubt.policy.policyKind} ${policyName(doubt.policy)}`);
    } else if ("what" in doubt) names.add(doubt.what);
    else names.add(`${policyName(doubt.rule.policy)} ${ruleText(doubt.rule)}`);
  }
  if (names.size === 0 || isEmptyConnections(open)) return "";
  return `[not certain] unknown (${namesText([...names])})`;
};
