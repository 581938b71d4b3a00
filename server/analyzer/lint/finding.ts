import type { LocationView } from "../answers.js";
import type { ClusterObject } from "../model/objects.js";
import type { LintContext } from "./lint-context.js";

/** Severities, the worst first. */
export const severities = ["critical", "high", "medium", "low", "info"] as const;

/**
 * How bad a finding is. critical: traffic that must not pass passes. high: it surely does not do what it says. medium:
 * probably not. low: worth a look. info: good to know.
 */
export type Severity = (typeof severities)[number];

/** Whether a severity is at least as bad as another. */
export const isAtLeast = (severity: string, floor: Severity): boolean =>
  severityRank(severity) <= severityRank(floor);

/** 0 for the worst; what is no severity ranks last. */
export const severityRank = (severity: string): number => {
  const rank = (severities as readonly string[]).indexOf(severity);
  return rank === -1 ? severities.length : rank;
};

/** Leads from an object's root to the part that a finding is about. */
export type ObjectPath = readonly (string | number)[];

/** What a rule says before it gets its place, its object's name and its suppression. */
export type Finding = {
  /** The rule's own when absent. */
  readonly severity?: Severity;
  /** One or two sentences, complete without the place. */
  readonly message: string;
  /** What to do, one sentence. */
  readonly fix: string;
  /** Absent where no object of the model is at fault (a namespace without object, a file). */
  readonly object?: ClusterObject;
  readonly path?: ObjectPath;
  /** Instead of the object's own name and place. */
  readonly subject?: string;
  readonly location?: LocationView;
};

/** What people need to know of a rule; docs/lint/ID.md is its page. */
export type LintRuleInfo = {
  /** Stable: CW001. */
  readonly id: string;
  /** Its short name: "policy-selects-nothing". */
  readonly title: string;
  /** Of most findings; one finding may be milder or worse. */
  readonly severity: Severity;
  /** What it looks for, one sentence. */
  readonly summary: string;
};

/** A rule: what it is and how it looks at a model. It must be pure, and finite on any model. */
export type LintRule = LintRuleInfo & {
  readonly run: (context: LintContext) => Iterable<Finding>;
};
