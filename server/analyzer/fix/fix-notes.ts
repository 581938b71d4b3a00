import type { DiffRowView } from "../answers.js";
import { connectionsText, isAllConnections } from "../sets/connections.js";
import type { FixNeed } from "./fix-needs.js";
import { type FixPlan, isAtBaseline } from "./fix-plans.js";

/** What should be known before a manifest is applied. */
export const notesOf = (needs: readonly FixNeed[], plan: FixPlan): readonly string[] => {
  const notes: string[] = [];
  for (const { draft, policy } of plan) {
    if (!isAtBaseline(draft)) continue;
    const subject = draft.needs[0]?.subject.view.name ?? "";
    notes.push(
      policy.kind === "NetworkPolicy"
        ? `${subject} becomes isolated for ${draft.direction}: from then on the baseline tier has no say over it, and what NetworkPolicies don't allow is denied`
        : `${policy.kind} ${policy.name} comes before every NetworkPolicy for this one connection, and isolates nothing`,
    );
  }
  if (needs.some(({ connections }) => isAllConnections(connections))) {
    notes.push("it opens every port: ask with --port to open one");
  }
  return notes;
};

/** "Lets shop/web[Deployment] reach shop/db-0 (TCP 5432): ingress of the latter.", one line on top of a policy. */
export const commentOf = ({ draft }: FixPlan[number]): string => {
  const texts = draft.needs.map(({ subject, peer, connections }) => {
    const [from, to] =
      draft.direction === "egress" ? [subject.view, peer.view] : [peer.view, subject.view];
    return `${from.name} to ${to.name}, ${connectionsText(connections)}`;
  });
  const shown = [...new Set(texts)].slice(0, commentNeedsMax);
  const more = new Set(texts).size - shown.length;
  return `${draft.direction === "egress" ? "Egress" : "Ingress"}: ${shown.join("; ")}${more > 0 ? ` and ${more} more` : ""}`;
};

/** Connections that a comment names. */
const commentNeedsMax = 4;

/** Why a manifest that takes something away is no fix. */
export const lossText = (
  { source, destination, before, after }: DiffRowView,
  plan: FixPlan,
): string => {
  const labels = plan
    .map(({ draft }) =>
      Object.entries(draft.subject.labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(","),
    )
    .join(" and ");
  return `a NetworkPolicy for ${labels} would isolate pods that are open today: ${source} to ${destination} would go from ${before} to ${after}`;
};
