import type { ModelView } from "../analyzer/answers.js";
import type { PolicyWorld } from "../analyzer/policy-world.js";
import { listedModel } from "../analyzer/unused-input.js";
import { type KeptAnswer, offsetOf, RowCursor, type Slice, sliceOf } from "./kept-list.js";
import { digestOf, parseOwn } from "./own-worlds.js";
import type {
  Paged,
  PairFields,
  PolicyAnswers,
  PolicyQuestion,
  QuestionKind,
  QuestionOf,
} from "./question.js";
import { RefusedError } from "./refused.js";

/** What a question is answered from. */
export type Sources = {
  /** The world of its manifests, or the live one. */
  readonly world: PolicyWorld;
  /** What the world was made of: another model has another. */
  readonly revision: string;
  /** The world after, of a difference. */
  readonly after?: PolicyWorld;
  /** The last list, for its next page. */
  readonly kept: KeptAnswer;
  readonly wallMs: () => number;
};

type Answerers = {
  readonly [Kind in QuestionKind]: (
    question: QuestionOf<Kind>,
    sources: Sources,
  ) => Promise<PolicyAnswers[Kind]>;
};

/** Answers a question. Each kind of answer is loaded when it is first asked for. Throws QuestionError and RefusedError. */
export const answerQuestion = async (
  question: PolicyQuestion,
  sources: Sources,
): Promise<unknown> => {
  const answer = answerers[question.kind] as (
    asked: PolicyQuestion,
    from: Sources,
  ) => Promise<object>;
  return withFewProblems(await answer(question, sources));
};

const pairAnswerer =
  (explain: boolean) =>
  async ({ pair }: { readonly pair: PairFields }, { world }: Sources) => {
    const { evaluatePair } = await import("../analyzer/pair/evaluate-pair.js");
    return evaluatePair(world, { ...pair, explain });
  };

const answerers: Answerers = {
  evaluate: pairAnswerer(false),
  explain: pairAnswerer(true),
  fix: async ({ pair }, { world }) => {
    const { suggestFix } = await import("../analyzer/fix/suggest-fix.js");
    const { listedFix } = await import("../analyzer/fix/listed-fix.js");
    return listedFix(suggestFix(world, pair));
  },
  connections: async (question, sources) => {
    const { listConnections, pageConnections } = await import(
      "../analyzer/lists/list-connections.js"
    );
    const { world, kept } = sources;
    const { profile, page, filter } = question;
    const fingerprint = digestOf([sources.revision]);
    const offset = offsetOf(page, fingerprint);
    const key = JSON.stringify(["connections", fingerprint, profile, filter]);
    const cursor = kept.get(key, () => {
      const { total } = pageConnections(world, filter, { offset: 0, limit: 0 });
      return new RowCursor(listConnections(world, filter), total);
    });
    const slice = cursor.page({ offset, size: page.size });
    const answer = { rows: slice.entries, profile, model: world.view };
    return paged(answer, slice, fingerprint);
  },
  whatif: async (question, sources) => {
    const { whatIf } = await import("../analyzer/lists/what-if.js");
    const { changes } = question;
    const { view } = sources.world;
    const answer = await pagedAnswer(question, { ...sources, texts: [changes] }, "rows", () => {
      const { objects, problems } = parseOwn({ field: "changes", text: changes });
      const { diff } = whatIf(sources.world, objects);
      return { ...diff, after: { ...diff.after, problems } };
    });
    const problems = [...answer.after.problems, ...view.problems];
    return { ...answer, before: view, after: { ...answer.after, ageS: view.ageS, problems } };
  },
  diff: async (question, sources) => {
    const { diffWorlds } = await import("../analyzer/lists/diff-worlds.js");
    const { world, after = world } = sources;
    const texts = [question.after];
    const answer = await pagedAnswer(question, { ...sources, texts }, "rows", () =>
      diffWorlds(world, after),
    );
    return { ...answer, before: world.view };
  },
  lint: async (question, sources) => {
    const { lint, lintRuleInfos } = await import("../analyzer/lint/lint.js");
    const { parseSuppressions } = await import("../analyzer/lint/suppressions.js");
    const { rules, suppressions } = question;
    assertKnown(rules, lintRuleInfos);
    const texts = [suppressions, ...rules];
    const { world } = sources;
    const answer = await pagedAnswer(question, { ...sources, texts }, "findings", () =>
      lint(world, {
        showSuppressed: true,
        ...(rules.length === 0 ? {} : { rules }),
        ...(suppressions === ""
          ? {}
          : { suppressions: parseSuppressions(suppressions, "suppressions") }),
      }),
    );
    return { ...answer, model: world.view };
  },
  exposure: async (question, sources) => {
    const { listExposure } = await import("../analyzer/lists/list-exposure.js");
    const { world } = sources;
    const answer = await pagedAnswer(question, { ...sources, texts: [] }, "rows", () =>
      listExposure(world),
    );
    const unprotected = question.page.after === undefined ? answer.unprotected : [];
    return { ...answer, unprotected, model: world.view };
  },
  check: async ({ rules }, { world }) => {
    const { parseRules } = await import("../analyzer/check/parse-rules.js");
    const { checkRules } = await import("../analyzer/check/check-rules.js");
    return checkRules(world, parseRules(rules, "rules"));
  },
  diagnose: async ({ pair, compat, analysisId }, { world, wallMs }) => {
    const { reportDiagnosis } = await import("../analyzer/diagnose/report-diagnosis.js");
    const { source, destination, port, protocol } = pair;
    const asked = {
      podA: source,
      podB: destination,
      ...(port === undefined ? {} : { port }),
      ...(protocol === undefined ? {} : { protocol }),
      compat,
    };
    return reportDiagnosis(world, asked, { analysisId, wallMs });
  },
};

const assertKnown = (rules: readonly string[], known: readonly { readonly id: string }[]): void => {
  const wrong = rules.find((rule) => !known.some(({ id }) => id === rule));
  if (wrong === undefined) return;
  const named = JSON.stringify(wrong.slice(0, 20));
  throw new RefusedError("invalid", `rules: ${named} is no rule; docs/lint lists them`);
};

type ListSources = Sources & {
  /** What the list was made of beside the model. */
  readonly texts: readonly string[];
};

/** A page of one list of an answer that is made as a whole and kept: what it says of the model may be old. */
const pagedAnswer = async <
  Name extends string,
  Entry,
  T extends { readonly [N in Name]: readonly Entry[] },
>(
  { kind, profile, page }: QuestionOf<"whatif" | "diff" | "lint" | "exposure">,
  { kept, revision, texts }: ListSources,
  name: Name,
  make: () => T,
): Promise<Paged<T>> => {
  const fingerprint = digestOf([revision, ...texts]);
  const offset = offsetOf(page, fingerprint);
  const answer = kept.get(JSON.stringify([kind, fingerprint, profile]), make);
  const slice = sliceOf(answer[name], { offset, size: page.size });
  return paged({ ...answer, [name]: slice.entries }, slice, fingerprint);
};

const paged = <T>(answer: T, { next, total }: Slice<unknown>, fingerprint: string): Paged<T> => ({
  ...answer,
  ...(next === undefined ? {} : { next }),
  fingerprint,
  totalSize: total,
});

/** Answers name the first problems of their models only. */
const withFewProblems = (answer: object): object =>
  Object.fromEntries(
    Object.entries(answer).map(([name, value]) => [
      name,
      isModel(value) ? listedModel(value) : value,
    ]),
  );

const isModel = (value: unknown): value is ModelView =>
  typeof value === "object" && value !== null && "problems" in value && "ageS" in value;
