import type { CheckAnswer, CheckResultView } from "../answers.js";
import type { PolicyWorld } from "../policy-world.js";
import { QuestionError } from "../question-error.js";
import { ListedChecks, type ListedSide } from "./check-listed.js";
import { judgeNamed } from "./check-named.js";
import type { CheckRule, RulesFile } from "./check-rule.js";
import { type RuleSide, ruleSide } from "./rule-ends.js";
import { RuleTally } from "./rule-tally.js";

/**
 * Checks the assertions of a rules file against a model. A rule without any pair is vacuous and counts as failed: what
 * guards nothing must not look like a guard. Throws QuestionError, with file and line, for names that the model lacks.
 */
export const checkRules = (world: PolicyWorld, { file, rules }: RulesFile): CheckAnswer => {
  const listed = new ListedChecks(world);
  const results = rules.map((rule) => checkRule(world, { rule, file, listed }));
  const count = (...outcomes: readonly string[]): number =>
    results.filter(({ outcome }) => outcomes.includes(outcome)).length;
  return {
    results,
    passed: count("passed"),
    failed: count("failed", "vacuous"),
    unknown: count("unknown"),
    profile: world.engine.profile.name,
    model: world.view,
  };
};

const checkRule = (
  world: PolicyWorld,
  {
    rule,
    file,
    listed,
  }: { readonly rule: CheckRule; readonly file: string; readonly listed: ListedChecks },
): CheckResultView => {
  try {
    const from = ruleSide(world, rule.from);
    const to = ruleSide(world, rule.to);
    const tally = new RuleTally(rule);
    const empty = nothingOf(from) ?? nothingOf(to);
    if (empty !== undefined) return tally.result(empty);
    if (isListed(from) && isListed(to)) {
      listed.judge(from, to, tally);
      return tally.result(
        "the rule names no two ends of which one is a pod and they are not the same",
      );
    }
    const isServed = judgeNamed(world, { from, to }, tally);
    return isServed
      ? tally.result("the rule names no two different ends")
      : new RuleTally(rule).result(`nothing takes connections to ${rule.to.text}`);
  } catch (error) {
    if (!(error instanceof QuestionError)) throw error;
    throw new QuestionError(error.fault, `${file}:${rule.line}: ${error.message}`);
  }
};

const isListed = (side: RuleSide): side is ListedSide => side.kind !== "name";

const nothingOf = (side: RuleSide): string | undefined =>
  side.kind === "pods" && side.pods.length === 0 ? side.nothing : undefined;
