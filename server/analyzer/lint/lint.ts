import type { FindingView, LintAnswer } from "../answers.js";
import type { PolicyWorld } from "../policy-world.js";
import { compareFindings } from "./compare-findings.js";
import { compareTexts } from "./compare-texts.js";
import type { Finding, LintRuleInfo } from "./finding.js";
import { objectText } from "./finding-text.js";
import { type LintBounds, lintBounds } from "./lint-bounds.js";
import { LintContext } from "./lint-context.js";
import { lintRules, suppressionFaultRule, suppressionUnusedRule } from "./registry.js";
import { SuppressionShelf } from "./suppression-shelf.js";
import type { SuppressionFile } from "./suppressions.js";

/** How to look. */
export type LintOptions = {
  /** A file of suppressions, parsed. */
  readonly suppressions?: SuppressionFile;
  /** Keep suppressed findings in the answer, with why they are suppressed. */
  readonly showSuppressed?: boolean;
  /** Only these rules, by id; all when absent. */
  readonly rules?: readonly string[];
  /** Other bounds than the usual ones. */
  readonly bounds?: LintBounds;
};

/** Every rule, by id, also those about suppressions. */
export const lintRuleInfos: readonly LintRuleInfo[] = [
  ...lintRules,
  suppressionFaultRule,
  suppressionUnusedRule,
].sort((one, other) => compareTexts(one.id, other.id));

/**
 * Looks a model over with every rule. The same model gives the same findings in the same order: the worst first, then by
 * file, line and rule. At most `findingsPerRuleMax` findings of one rule are listed, one more line counts the rest.
 */
export const lint = (world: PolicyWorld, options: LintOptions = {}): LintAnswer => {
  const { bounds = lintBounds } = options;
  const context = new LintContext(world, bounds);
  const wanted = ({ id }: LintRuleInfo): boolean => options.rules?.includes(id) ?? true;
  const shelf = new SuppressionShelf(world, options.suppressions);
  const found: FindingView[] = [];
  let suppressed = 0;
  for (const rule of lintRules.filter(wanted)) {
    const views = [...rule.run(context)].map((each) => shelf.applyTo(viewFrom(world, rule, each)));
    const open = views.filter((view) => view.suppressed === "");
    suppressed += views.length - open.length;
    const shown = options.showSuppressed === true ? views : open;
    found.push(...bounded(rule, shown.sort(compareFindings), bounds));
  }
  if (wanted(suppressionFaultRule)) {
    const faults = shelf.faults(lintRules.map(({ id }) => id));
    found.push(...faults.map((each) => viewFrom(world, suppressionFaultRule, each)));
  }
  if (wanted(suppressionUnusedRule)) {
    const unused = shelf.unused(new Set(lintRules.filter(wanted).map(({ id }) => id)));
    found.push(...unused.map((each) => viewFrom(world, suppressionUnusedRule, each)));
  }
  return {
    findings: found.sort(compareFindings),
    suppressed,
    profile: world.engine.profile.name,
    model: world.view,
  };
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

const bounded = (
  rule: LintRuleInfo,
  views: readonly FindingView[],
  { findingsPerRuleMax }: LintBounds,
): readonly FindingView[] => {
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
      location: more[0]?.location ?? { file: "", line: 0 },
      suppressed: "",
    },
  ];
};
