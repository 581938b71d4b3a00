import type { DirectionView } from "../../server/analyzer/answers.js";
import { evaluatePair } from "../../server/analyzer/pair/evaluate-pair.js";
import type { PolicyWorld } from "../../server/analyzer/policy-world.js";
import { answeredFacts, statedFacts } from "../support/explain-facts.js";
import { canonicalConnections } from "./connections-text.js";

/** The exposure that follows the reasons in some files, apart from them. */
export const splitExplanation = (
  text: string,
): { readonly reasons: string; readonly exposure: string } => {
  const start = text.indexOf("Exposure Analysis Result:");
  return start < 0
    ? { reasons: text, exposure: "" }
    : { reasons: text.slice(0, start), exposure: text.slice(start) };
};

/**
 * Compares reasons by what they say: for each pair the policies, rules and kinds of reason of both directions, and the
 * connections that are allowed. Lines from an ingress controller stand for no policy and are left out.
 */
export const compareExplanations = (
  world: PolicyWorld,
  text: string,
): { readonly facts: number; readonly differences: readonly string[] } => {
  const allowed = statedAllowed(text);
  const differences: string[] = [];
  let facts = 0;
  for (const pair of statedFacts(text)) {
    const { source, destination } = pair;
    if (source.startsWith("{")) continue;
    const title = `${source} => ${destination}`;
    const answer = evaluatePair(world, {
      source: askedName(source),
      destination: askedName(destination),
      explain: true,
    });
    const [path] = answer.paths;
    const unread = path === undefined ? [] : [path.egress, path.ingress].flatMap(unreadFacts);
    const ours = answeredFacts(answer).filter((fact) => !unread.includes(fact));
    facts += pair.facts.length + 1;
    for (const fact of pair.facts) {
      if (!ours.includes(fact)) differences.push(`${title}: expected reason "${fact}"`);
    }
    for (const fact of ours) {
      if (!pair.facts.includes(fact)) differences.push(`${title}: got reason "${fact}"`);
    }
    const expected = allowed.get(title) ?? "No Connections";
    const got = canonicalConnections(answer.connections.text);
    if (got !== expected) differences.push(`${title}: explained ${expected}, got ${got}`);
  }
  return { facts, differences };
};

/** Reasons that we give and np-guard does not: it stops reading a policy at a rule that allows everything. */
const unreadFacts = ({ direction, parts }: DirectionView): readonly string[] => {
  const rules = parts.flatMap(({ by, action, rule, connections }) =>
    by === "networkpolicy" && action === "accept" && rule !== undefined
      ? [{ ...rule, isAll: connections.all, title: `${rule.policy.namespace}/${rule.policy.name}` }]
      : [],
  );
  return rules
    .filter(({ title, number }) =>
      rules.some((rule) => rule.isAll && rule.title === title && rule.number < number),
    )
    .map(({ title, number }) => `${direction} NetworkPolicy ${title} rule ${number} allows`);
};

/** A range can't be asked for by name: its first address stands for it. */
const askedName = (name: string): string => name.replace(/^([\d.]+)-[\d.]+\[External\]$/, "$1");

/** What each block says is allowed, and everything for the pairs that are open by default. */
const statedAllowed = (text: string): ReadonlyMap<string, string> => {
  const allowed = new Map<string, string>();
  const [blocks = "", open = ""] = text.split("# All Connections due to the system default");
  for (const block of blocks.split(/^-{5,}$/m)) {
    const title = /^Connections between (\S+ => \S+):$/m.exec(block)?.[1];
    const parts = [...block.matchAll(/^\tAllowed (.+?) due to the/gm)].map(([, part]) => part);
    if (title !== undefined && parts.length > 0) {
      allowed.set(title, canonicalConnections(parts.map((part) => listText(part ?? "")).join()));
    }
  }
  for (const [, title = ""] of open.matchAll(/^(\S+ => \S+)$/gm)) {
    allowed.set(title, canonicalConnections("All Connections"));
  }
  return allowed;
};

/** "TCP:[1-79,81-65535], UDP" as lists write it. */
const listText = (text: string): string =>
  [...text.matchAll(/(TCP|UDP|SCTP)(?::\[([^\]]+)\])?/g)]
    .map(([, protocol, ports = "1-65535"]) => `${protocol} ${ports}`)
    .join();
