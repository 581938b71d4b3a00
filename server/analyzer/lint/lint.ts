import type { FindingView, LintAnswer } from "../answers.js";
import type { ClusterObject } from "../model/objects.js";
import type { PolicyWorld } from "../policy-world.js";
import { type Finding, type LintRule, type LintRuleInfo, severityRank } from "./finding.js";
import { objectText } from "./finding-text.js";
import { findingsPerRuleMax } from "./limits.js";
import { LintContext } from "./lint-context.js";
import { lintRules, suppressionFaultRule, suppressionUnusedRule } from "./registry.js";
import {
  isSuppressedBy,
  type Suppression,
  type SuppressionFile,
  suppressionAnnotation,
  suppressionFindings,
  suppressionsOf,
} from "./suppressions.js";

/** How to look. */
export type LintOptions = {
  /** A file of suppressions, parsed. */
  readonly suppressions?: SuppressionFile;
  /** Keep suppressed findings in the answer, with why they are suppressed. */
  readonly showSuppressed?: boolean;
  /** Only these rules, by id; all when absent. */
  readonly rules?: readonly string[];
};

/** Every rule, by id, also those about suppressions. */
export const lintRuleInfos: readonly LintRuleInfo[] = [
  ...lintRules,
  suppressionFaultRule,
  suppressionUnusedRule,
];

/**
 * Looks a model over with every rule. The same model gives the same findings in the same order: the worst first, then by
 * file, line and rule. At most `findingsPerRuleMax` findings of one rule are listed, one more line counts the rest.
 */
export const lint = (world: PolicyWorld, options: LintOptions = {}): LintAnswer => {
  const context = new LintContext(world);
  const wanted = (rule: LintRuleInfo): boolean => options.rules?.includes(rule.id) ?? true;
  const shelf = new SuppressionShelf(world, options.suppressions);
  const found: FindingView[] = [];
  let suppressed = 0;
  for (const rule of lintRules.filter(wanted)) {
    const views = viewsOf(world, rule).map((view) => shelf.applyTo(view));
    suppressed += views.filter((view) => view.suppressed !== "").length;
    const shown = views.filter((view) => options.showSuppressed === true || view.suppressed === "");
    found.push(...bounded(rule, shown.sort(compareFindings)));
  }
  function viewsOf(world: PolicyWorld, rule: LintRule): FindingView[] {
    return [...rule.run(context)].map((finding) => viewFrom(world, rule, finding));
  }
  const faults = [
    ...shelf.faults().map((finding) => viewFrom(world, suppressionFaultRule, finding)),
    ...shelf
      .unused(options.rules)
      .map((finding) => viewFrom(world, suppressionUnusedRule, finding)),
  ];
  found.push(...faults.filter((view) => options.rules?.includes(view.rule) ?? true));
  return {
    findings: found.sort(compareFindings),
    suppressed,
    profile: world.engine.profile.name,
    model: world.view,
  };
};

/** All suppressions that a model and a file hold, and which of them were of use. */
class SuppressionShelf {
  readonly #byRule = new Map<string, Suppression[]>();
  readonly #all: Suppression[] = [];
  readonly #faults: SuppressionFile["faults"];
  readonly #used = new Set<Suppression>();

  constructor(world: PolicyWorld, file: SuppressionFile | undefined) {
    for (const object of annotatable(world)) {
      if (object.annotations[suppressionAnnotation] === undefined) continue;
      const place = world.locate(object.origin, ["metadata", "annotations", suppressionAnnotation]);
      this.#all.push(...suppressionsOf(object, objectText(object), place));
    }
    this.#all.push(...(file?.suppressions ?? []));
    this.#faults = file?.faults ?? [];
    for (const suppression of this.#all) {
      const rule = suppression.rule.toUpperCase();
      const list = this.#byRule.get(rule);
      if (list === undefined) this.#byRule.set(rule, [suppression]);
      else list.push(suppression);
    }
  }

  /** The finding, suppressed where someone wished so. */
  applyTo(view: FindingView): FindingView {
    const suppression = this.#byRule.get(view.rule)?.find((each) => isSuppressedBy(view, each));
    if (suppression === undefined) return view;
    this.#used.add(suppression);
    const { from, location, reason } = suppression;
    const file = location.file === "" ? from : `${from}, ${location.file}:${location.line}`;
    return { ...view, suppressed: `${reason} (${file})` };
  }

  faults(): readonly Finding[] {
    const ruleIds = lintRuleInfos.map(({ id }) => id);
    return suppressionFindings({ suppressions: this.#all, faults: this.#faults, ruleIds });
  }

  unused(rules: readonly string[] | undefined): readonly Finding[] {
    return this.#all
      .filter((each) => each.reason !== "" && !this.#used.has(each))
      .filter(({ rule }) => lintRuleInfos.some(({ id }) => id === rule.toUpperCase()))
      .filter(({ rule }) => rules?.includes(rule.toUpperCase()) ?? true)
      .map(({ rule, object = "", location }) => ({
        message: `The suppression of ${rule} suppresses nothing.`,
        fix: "Remove it: what it was for is gone.",
        subject: object,
        location,
      }));
  }
}

const annotatable = function* (world: PolicyWorld): Iterable<ClusterObject> {
  const { model } = world;
  for (const name of model.namespaceNames()) yield model.namespace(name);
  yield* model.networkPolicies;
  yield* model.tieredPolicies;
  yield* model.unmodelledPolicies;
  yield* model.services;
  yield* model.workloads();
  for (const pod of model.pods) if (!pod.expanded) yield pod;
};

const viewFrom = (world: PolicyWorld, rule: LintRuleInfo, finding: Finding): FindingView => ({
  rule: rule.id,
  title: rule.title,
  severity: finding.severity ?? rule.severity,
  message: finding.message,
  fix: finding.fix,
  object: finding.subject ?? (finding.object === undefined ? "" : objectText(finding.object)),
  location: finding.location ?? world.locate(finding.object?.origin, finding.path ?? []),
  suppressed: "",
});

const bounded = (rule: LintRuleInfo, views: readonly FindingView[]): readonly FindingView[] => {
  if (views.length <= findingsPerRuleMax) return views;
  const more = views.slice(findingsPerRuleMax);
  return [
    ...views.slice(0, findingsPerRuleMax),
    {
      rule: rule.id,
      title: rule.title,
      severity: more[0]?.severity ?? rule.severity,
      message: `${more.length} more findings of this rule are not listed.`,
      fix: "Mend those that are listed, or suppress the rule with a reason.",
      object: "",
      location: { file: "", line: 0 },
      suppressed: "",
    },
  ];
};

const compareFindings = (one: FindingView, other: FindingView): number =>
  severityRank(one.severity) - severityRank(other.severity) ||
  compare(one.location.file, other.location.file) ||
  one.location.line - other.location.line ||
  compare(one.rule, other.rule) ||
  compare(one.object, other.object) ||
  compare(one.message, other.message);

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
