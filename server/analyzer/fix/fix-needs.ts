import type { EndGroup } from "../pair/end-groups.js";
import type { JudgedQuestion } from "../pair/judge-question.js";
import type { JudgedWay } from "../pair/judge-way.js";
import { opinionOf } from "../pair/opinion.js";
import type { QuestionEnd } from "../pair/question-ends.js";
import { ruleTitle } from "../pair/views.js";
import type { Direction, DirectionDecision, RuleRef } from "../policy/decision.js";
import { serviceIssueText } from "../service/service-text.js";
import {
  type ConnectionSet,
  intersectConnections,
  isAllConnections,
  isEmptyConnections,
  subtractConnections,
} from "../sets/connections.js";
import { ipSetOf } from "../sets/ip-set.js";
import { FixRefusal } from "./fix-refusal.js";

/** What one direction of a way lacks. */
export type FixNeed = {
  readonly direction: Direction;
  /** Whose policies must let it through. */
  readonly subject: EndGroup;
  readonly peer: EndGroup;
  readonly connections: ConnectionSet;
  /** The rule of the baseline tier that denies, where no NetworkPolicy isolates the subject in this direction. */
  readonly baseline: RuleRef | undefined;
  /** Admin rules that pass it on: one that accepts must come before them. */
  readonly passing: readonly RuleRef[];
};

/** What a question lacks. Throws FixRefusal where no additive change helps, with the reason. */
export const fixNeedsOf = ({
  judged,
  routes,
  source,
  destination,
  asked,
  isAnyAddress,
}: JudgedQuestion): readonly FixNeed[] => {
  if (asked.protocol === "ICMP") {
    throw new FixRefusal(
      "policies can't name ICMP: what they do to it depends on the network plugin",
    );
  }
  for (const { name, ends } of [source, destination]) {
    if (ends.length === 0 && name.reason !== "") throw new FixRefusal(name.reason);
  }
  const counted = judged.filter(({ counts }) => counts);
  const issues = routes.flatMap((route) =>
    route.issues.map((issue) => serviceIssueText(route, issue)),
  );
  if (counted.length === 0 || counted.some(isBroken)) {
    throw new FixRefusal(
      `${issues[0] ?? "there is no way to the destination"}: no policy changes that`,
    );
  }
  const needs = counted.flatMap((way) => needsOf(way, [source, destination]));
  if (isAnyAddress && needs.length > 0) {
    throw new FixRefusal(
      "which addresses a name outside has can't be told from objects: ask with an address or a CIDR in its place",
    );
  }
  return needs;
};

const isBroken = ({ way }: JudgedWay): boolean => {
  const state = way.through?.leg.state ?? "used";
  return state !== "used";
};

const needsOf = (
  { way, decision, verdict }: JudgedWay,
  [from, to]: readonly [QuestionEnd, QuestionEnd],
): readonly FixNeed[] => {
  if (verdict === "allowed") return [];
  const source = wholeRange(way.source, from);
  const destination = wholeRange(way.destination, to);
  return [
    ...needOf(way.asked, decision.egress, { subject: way.source, peer: destination }),
    ...needOf(way.asked, decision.ingress, { subject: way.destination, peer: source }),
  ];
};

/**
 * The whole range that was asked about in place of a part of it that policies cut off: the other parts lack the same, or
 * have it already.
 */
const wholeRange = (group: EndGroup, { name, ends }: QuestionEnd): EndGroup => {
  if (group.ends[0].kind !== "addresses") return group;
  const ranges = ipSetOf(ends.flatMap((end) => (end.kind === "addresses" ? [end.range] : [])));
  const [first, ...others] = ranges.map((range) => ({ kind: "addresses", range }) as const);
  return first === undefined ? group : { ends: [first, ...others], view: name.view };
};

/** What a direction lacks of what is asked; none where it lets all of it through. */
export const needOf = (
  asked: ConnectionSet,
  decision: DirectionDecision,
  groups: { readonly subject: EndGroup; readonly peer: EndGroup },
): readonly FixNeed[] => {
  const missing = subtractConnections(asked, opinionOf(decision).certain);
  if (isEmptyConnections(missing)) return [];
  refuseDoubts(decision, missing);
  refuseDenials(decision, missing);
  const parts = decision.parts.filter(
    (part) => !isEmptyConnections(intersectConnections(part.connections, missing)),
  );
  const rules = (tier: "admin" | "baseline", action: "pass" | "deny"): readonly RuleRef[] =>
    parts.flatMap((part) =>
      part.by === "tier" && part.tier === tier && part.action === action ? [part.rule] : [],
    );
  return [
    {
      direction: decision.direction,
      ...groups,
      connections: isAllConnections(asked) ? asked : missing,
      baseline: decision.isolated ? undefined : rules("baseline", "deny")[0],
      passing: rules("admin", "pass"),
    },
  ];
};

/** What can't be told stays so whatever is added. */
const refuseDoubts = ({ doubts }: DirectionDecision, missing: ConnectionSet): void => {
  for (const doubt of doubts) {
    if (isEmptyConnections(intersectConnections(doubt.connections, missing))) continue;
    if (doubt.reason === "unmodelled-policy") {
      const { policyKind, namespace, name } = doubt.policy;
      const title = `${policyKind} ${namespace === "" ? name : `${namespace}/${name}`}`;
      throw new FixRefusal(
        `${title} is of a kind that is not evaluated: it may deny the connection whatever a NetworkPolicy allows`,
      );
    }
  }
};

const refuseDenials = ({ parts }: DirectionDecision, missing: ConnectionSet): void => {
  for (const part of parts) {
    if (part.by !== "tier" || part.tier !== "admin" || part.action !== "deny") continue;
    if (isEmptyConnections(intersectConnections(part.connections, missing))) continue;
    throw new FixRefusal(
      `${ruleTitle(part.rule)} denies it, and the Admin tier comes before every NetworkPolicy: only who owns that policy can let it through`,
    );
  }
};
