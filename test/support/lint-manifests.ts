import type { FindingView, LintAnswer } from "../../server/analyzer/answers.js";
import { createWorld } from "../../server/analyzer/create-world.js";
import { type LintOptions, lint } from "../../server/analyzer/lint/lint.js";
import { ClusterModel } from "../../server/analyzer/model/cluster-model.js";
import type { ProfileName } from "../../server/analyzer/policy/profile.js";
import { parseManifests } from "../../server/kube/manifests/parse-manifests.js";

/** Lints the manifests of one text, as the command line does with a file named in.yaml. */
export const lintText = (
  text: string,
  { profile, ...options }: LintOptions & { readonly profile?: ProfileName } = {},
): LintAnswer => {
  const { objects, problems, locate } = parseManifests([{ file: "in.yaml", text }]);
  const world = createWorld({
    model: new ClusterModel(objects),
    locate,
    problems,
    ...(profile === undefined ? {} : { profile }),
  });
  return lint(world, options);
};

/** The findings of one rule. */
export const findingsOf = (
  rule: string,
  text: string,
  options: LintOptions & { readonly profile?: ProfileName } = {},
): readonly FindingView[] =>
  lintText(text, options).findings.filter((finding) => finding.rule === rule);
