import { randomUUID } from "node:crypto";
import type { ModelView } from "../../server/analyzer/answers.js";
import { createWorld } from "../../server/analyzer/create-world.js";
import { ClusterModel } from "../../server/analyzer/model/cluster-model.js";
import type { PairQuestion } from "../../server/analyzer/pair/question.js";
import type { PolicyWorld } from "../../server/analyzer/policy-world.js";
import { CliError, exitCodes } from "../exit.js";
import { type LoadedManifests, loadManifests } from "./load-manifests.js";
import type {
  LintFields,
  NamedText,
  PairFields,
  PolicyAnswers,
  RowFilter,
} from "./policy-answers.js";
import { problemLines } from "./problem-lines.js";
import type { Progress } from "./progress.js";
import type { PolicyOptions } from "./run-policy.js";

/**
 * Answers of the analyzer in this process, of the folders, files and standard input that the command line names. Each
 * kind of answer is loaded when it is asked for.
 */
export const openLocalAnswers = async (
  options: PolicyOptions,
  progress: Progress,
): Promise<PolicyAnswers> => {
  progress.step("reading manifests");
  const loaded = await loadManifests(options.dirs);
  assertNotEmpty(options, loaded);
  return new LocalAnswers(options, worldOf(options, loaded), progress);
};

const worldOf = (
  { profile, dirs }: Pick<PolicyOptions, "profile" | "dirs">,
  { objects, problems, locate }: LoadedManifests,
): PolicyWorld =>
  createWorld({
    model: new ClusterModel(objects),
    locate,
    problems,
    inputs: dirs,
    ...(profile === undefined ? {} : { profile }),
  });

/** A run over nothing at all would find nothing wrong: a wrong folder must not look like a good one. */
const assertNotEmpty = (
  { context, dirs, isQuiet }: PolicyOptions,
  { objects, problems }: LoadedManifests,
): void => {
  if (objects.length > 0) return;
  if (!isQuiet) {
    for (const line of problemLines(problems)) context.writeError(`${context.name}: ${line}\n`);
  }
  throw new CliError(
    exitCodes.unreachable,
    `no Kubernetes object that concerns the network in ${dirs.join(", ")}`,
  );
};

class LocalAnswers implements PolicyAnswers {
  readonly #options: PolicyOptions;
  readonly #world: PolicyWorld;
  readonly #progress: Progress;

  constructor(options: PolicyOptions, world: PolicyWorld, progress: Progress) {
    this.#options = options;
    this.#world = world;
    this.#progress = progress;
  }

  async list(filter: RowFilter) {
    const { listConnections } = await import("../../server/analyzer/lists/list-connections.js");
    const world = this.#world;
    this.#say();
    return {
      rows: () => listConnections(world, filter),
      profile: world.engine.profile.name,
      model: world.view,
    };
  }

  async evaluate(pair: PairFields, depth: "verdict" | "explanation") {
    const { evaluatePair } = await import("../../server/analyzer/pair/evaluate-pair.js");
    return evaluatePair(this.#world, questionOf(pair, depth));
  }

  async fix(pair: PairFields) {
    const { suggestFix } = await import("../../server/analyzer/fix/suggest-fix.js");
    this.#say();
    return suggestFix(this.#world, questionOf(pair, "verdict"));
  }

  async exposure() {
    const { listExposure } = await import("../../server/analyzer/lists/list-exposure.js");
    this.#say();
    return listExposure(this.#world);
  }

  async lint({ rules, suppressions }: LintFields) {
    const { lint } = await import("../../server/analyzer/lint/lint.js");
    const { parseSuppressions } = await import("../../server/analyzer/lint/suppressions.js");
    this.#say();
    return lint(this.#world, {
      showSuppressed: true,
      ...(rules === undefined ? {} : { rules }),
      ...(suppressions === undefined
        ? {}
        : { suppressions: parseSuppressions(suppressions.text, suppressions.file) }),
    });
  }

  async graph(filter: RowFilter) {
    const { connectionGraph } = await import("../../server/analyzer/lists/connection-graph.js");
    this.#say();
    return { answer: connectionGraph(this.#world, filter), problems: this.#problems() };
  }

  async diff(after: string) {
    const { diffWorlds } = await import("../../server/analyzer/lists/diff-worlds.js");
    const loaded = await loadManifests([after]);
    this.#say();
    return diffWorlds(this.#world, worldOf(this.#options, loaded));
  }

  async whatIf(changes: readonly string[]) {
    const { whatIf } = await import("../../server/analyzer/lists/what-if.js");
    const { objects, problems } = await loadManifests(changes);
    this.#say();
    const { diff } = whatIf(this.#world, objects);
    return { ...diff, after: withProblems(diff.after, problems) };
  }

  async check({ file, text }: NamedText) {
    const { parseRules } = await import("../../server/analyzer/check/parse-rules.js");
    const { checkRules } = await import("../../server/analyzer/check/check-rules.js");
    this.#say();
    return checkRules(this.#world, parseRules(text, file));
  }

  async diagnose({ source, destination, port, protocol }: PairFields) {
    const { reportDiagnosis } = await import("../../server/analyzer/diagnose/report-diagnosis.js");
    const question = {
      podA: source,
      podB: destination,
      ...(port === undefined ? {} : { port }),
      ...(protocol === undefined ? {} : { protocol }),
    };
    const wallMs = this.#options.context.nowMs;
    return reportDiagnosis(this.#world, question, { analysisId: randomUUID(), wallMs });
  }

  close(): void {
    // Nothing is open.
  }

  #problems(): ModelView["problems"] {
    return this.#world.view.problems;
  }

  #say(): void {
    const { pods, policies } = this.#world.view;
    this.#progress.step(`evaluating ${policies} policies for ${pods} pods`);
  }
}

const questionOf = (
  { source, destination, port, protocol }: PairFields,
  depth: "verdict" | "explanation",
): PairQuestion => ({
  source,
  destination,
  explain: depth === "explanation",
  ...(port === undefined ? {} : { port }),
  ...(protocol === undefined ? {} : { protocol }),
});

const withProblems = (model: ModelView, problems: ModelView["problems"]): ModelView => ({
  ...model,
  problems: [...problems, ...model.problems],
});
