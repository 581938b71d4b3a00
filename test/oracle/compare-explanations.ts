import type { DirectionView } from "../../server/analyzer/answers.js";
import { evaluatePair } from "../../server/analyzer/pair/evaluate-pair.js";
import type { PolicyWorld } from "../../server/analyzer/policy-world.js";
import { isSubsetOfConnections } from "../../server/analyzer/sets/connections.js";
import { answeredFacts, statedFacts } from "../support/explain-facts.js";
import { canonicalConnections, parseConnections } from "./connections-text.js";
import { isInFocus, type StatedFocus } from "./focus.js";
import { parsePeer } from "./stated-peer.js";

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
 * connections that are allowed. Every pair of the focus must be explained. Lines from an ingress controller stand for no
 * policy and are left out.
 */
export const compareExplanations = (
  world: PolicyWorld,
  stated: string,
  focus: StatedFocus,
): { readonly facts: number; readonly differences: readonly string[] } => {
  const text = stated.replaceAll(/^(\t+)- /gm, "$1");
  const allowed = statedAllowed(text);
  const pairs = statedFacts(text);
  const workloads = world.engine.units().map(({ name }) => name);
  const differences = [...unexplained(workloads, pairs, focus)];
  let facts = 0;
  for (const pair of pairs) {
    const { source, destination } = pair;
    if (source.startsWith("{")) continue;
    const title = titleOf(pair);
    const answer = evaluatePair(world, {
      source: askedName(source),
      destination: askedName(destination),
      explain: true,
    });
    const [path] = answer.paths;
    const views = path === undefined ? [] : [path.egress, path.ingress];
    const ours = answeredFacts(answer);
    facts += pair.facts.length + 1;
    for (const fact of pair.facts) {
      if (!ours.includes(fact)) differences.push(`${title}: expected reason "${fact}"`);
    }
    for (const fact of ours) {
      if (pair.facts.includes(fact) || isOptional(fact, ours, views)) continue;
      differences.push(`${title}: got reason "${fact}"`);
    }
    const expected = allowed.get(title) ?? "No Connections";
    const got = canonicalConnections(answer.connections.text);
    if (got !== expected) differences.push(`${title}: explained ${expected}, got ${got}`);
  }
  return { facts, differences };
};

type Ends = { readonly source: string; readonly destination: string };

/** The pairs of the focus that have no block: of two workloads, and of a workload and some address. */
const unexplained = (
  workloads: readonly string[],
  pairs: readonly Ends[],
  focus: StatedFocus,
): readonly string[] => {
  const stated = new Set(pairs.map(titleOf));
  const sizes = addressesOf(pairs);
  const inFocus = (ends: Ends): boolean => isInFocus(focus, ends);
  const ofPods = workloads.flatMap((source) =>
    workloads.filter((other) => other !== source).map((destination) => ({ source, destination })),
  );
  const ofAddresses = workloads.flatMap((name) => [
    { source: name, destination: anyAddress },
    { source: anyAddress, destination: name },
  ]);
  return [
    ...ofPods.filter((ends) => inFocus(ends) && !stated.has(titleOf(ends))),
    ...ofAddresses.filter((ends) => inFocus(ends) && sizes.get(titleOf(ends)) !== 1n << 32n),
  ].map((ends) => `${titleOf(ends)}: not explained`);
};

const anyAddress = "any address";
const titleOf = ({ source, destination }: Ends): string => `${source} => ${destination}`;

/** How many addresses the blocks of each workload and direction explain. */
const addressesOf = (pairs: readonly Ends[]): ReadonlyMap<string, bigint> => {
  const sizes = new Map<string, bigint>();
  for (const { source, destination } of pairs) {
    const [from, to] = [parsePeer(source), parsePeer(destination)];
    for (const [peer, ends] of [
      [from, { source: anyAddress, destination }],
      [to, { source, destination: anyAddress }],
    ] as const) {
      if (peer.kind !== "range") continue;
      const { first, last } = peer.range;
      sizes.set(titleOf(ends), (sizes.get(titleOf(ends)) ?? 0n) + last - first + 1n);
    }
  }
  return sizes;
};

/**
 * Whether np-guard may leave a reason out: it names of a policy the first rule that permits something, or whose ports
 * leave it out, and none of the later ones that add nothing.
 */
const isOptional = (
  fact: string,
  ours: readonly string[],
  views: readonly DirectionView[],
): boolean => {
  const parts = /^((\w+) NetworkPolicy (\S+)) rule (\d+) (allows|ports|names)$/.exec(fact);
  if (parts === null) return false;
  const [, of, direction, policy = "", number, word] = parts;
  const isEarlier = (other: number): boolean => other < Number(number);
  if (word !== "allows") {
    return ours.some((other) => {
      const earlier = /^(.+) rule (\d+) (allows|ports|names)$/.exec(other);
      return earlier?.[1] === of && isEarlier(Number(earlier?.[2]));
    });
  }
  const permissions = views
    .filter((view) => view.direction === direction)
    .flatMap((view) => permissionsOf(view, policy));
  return permissions
    .filter((own) => own.number === Number(number))
    .every(({ connections }) =>
      permissions.some(
        (other) => isEarlier(other.number) && isSubsetOfConnections(connections, other.connections),
      ),
    );
};

const permissionsOf = ({ parts }: DirectionView, policy: string) =>
  parts.flatMap(({ by, action, rule, connections }) =>
    by === "networkpolicy" &&
    action === "accept" &&
    rule !== undefined &&
    `${rule.policy.namespace}/${rule.policy.name}` === policy
      ? [{ number: rule.number, connections: parseConnections(connections.text).set }]
      : [],
  );

/** A range can't be asked for by name: its first address stands for it. */
const askedName = (name: string): string =>
  name.replace(/^([\d.]+)-[\d.]+(?:\[External\])?$/, "$1");

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
