import type { FixAnswer, PairAnswer } from "../answers.js";
import { evaluatePair } from "../pair/evaluate-pair.js";
import { type JudgedQuestion, judgeQuestion } from "../pair/judge-question.js";
import type { PairQuestion } from "../pair/question.js";
import { rollUp } from "../pair/roll-up.js";
import type { PolicyWorld } from "../policy-world.js";
import { type BlastRadius, blastRadiusOf } from "./blast-radius.js";
import { dnsNeedsOf } from "./dns-needs.js";
import { draftsOf } from "./fix-drafts.js";
import { type FixNeed, fixNeedsOf } from "./fix-needs.js";
import { commentOf, lossText, notesOf } from "./fix-notes.js";
import { type FixPlan, plansOf } from "./fix-plans.js";
import { FixRefusal } from "./fix-refusal.js";
import { fixSteps, rollbackCommand } from "./fix-steps.js";
import { worldWith } from "./fix-world.js";
import { manifestYaml } from "./manifest-yaml.js";

/** What a fix is asked for: a pair as `evaluatePair` takes it; explanations are left out. */
export type FixQuestion = Omit<PairQuestion, "explain">;

/**
 * The smallest manifest that lets A reach B and takes nothing away: new policies only, for each direction that denies, with
 * exactly the pods, peers and ports of the question. It is given only when the model with it answers "allowed", names are
 * looked up where the question goes by name, and no other pair loses a connection. Throws QuestionError as `evaluatePair`.
 */
export const suggestFix = (world: PolicyWorld, question: FixQuestion): FixAnswer => {
  const judged = judgeQuestion(world, question);
  const base = {
    source: judged.source.name.view,
    destination: judged.destination.name.view,
    port: judged.asked.port,
    protocol: judged.asked.protocol ?? "",
    manifest: "",
    steps: [],
    rollback: "",
    blastRadius: [],
    profile: world.engine.profile.name,
    model: world.view,
  };
  try {
    const needs = needsOf(world, judged);
    if (needs.length === 0) {
      return { ...base, outcome: "none-needed", reason: "it is permitted already" };
    }
    return { ...base, ...provenFix(world, { question, judged, needs }) };
  } catch (error) {
    if (!(error instanceof FixRefusal)) throw error;
    return { ...base, outcome: "refused", reason: error.message };
  }
};

const needsOf = (world: PolicyWorld, judged: JudgedQuestion): readonly FixNeed[] => {
  const { source, destination, isAnyAddress } = judged;
  const isAllowed =
    source.ends.length > 0 && rollUp(judged.judged, isAnyAddress).verdict === "allowed";
  const needs = isAllowed ? [] : fixNeedsOf(judged);
  const lookups = dnsNeedsOf(world, source, destination);
  if (!isAllowed && needs.length === 0) throw new FixRefusal(undecidedText(judged));
  return [...needs, ...lookups];
};

/** Policies let it through as far as they can be judged, and the rest can't be told. */
const undecidedText = ({ judged }: JudgedQuestion): string => {
  const doubt = judged.flatMap(({ doubts }) => doubts)[0];
  return doubt === undefined
    ? "no policy is in the way"
    : `no policy is certain to be in the way: ${doubt.text}`;
};

type FixTask = {
  readonly question: FixQuestion;
  readonly judged: JudgedQuestion;
  readonly needs: readonly FixNeed[];
};

/** The first plan that is proven; else why the last one is not. */
const provenFix = (
  world: PolicyWorld,
  task: FixTask,
): Pick<FixAnswer, "outcome" | "reason" | "manifest" | "steps" | "rollback" | "blastRadius"> & {
  readonly after: PairAnswer;
} => {
  let refusal = new FixRefusal("no policy can be made of what is lacking");
  for (const plan of plansOf(world, draftsOf(world, task.needs))) {
    try {
      const { after, blast } = proofOf(world, task, plan);
      const policies = plan.map(({ policy }) => policy);
      return {
        outcome: "manifest",
        reason: notesOf(task.needs, plan).join("; "),
        manifest: manifestYaml(
          plan.map((planned) => ({ policy: planned.policy, comment: commentOf(planned) })),
        ),
        steps: fixSteps(task.question, world),
        rollback: rollbackCommand(policies),
        after,
        blastRadius: blast.rows,
      };
    } catch (error) {
      if (!(error instanceof FixRefusal)) throw error;
      refusal = error;
    }
  }
  throw refusal;
};

const proofOf = (
  world: PolicyWorld,
  { question, judged }: FixTask,
  plan: FixPlan,
): { readonly after: PairAnswer; readonly blast: BlastRadius } => {
  const policies = plan.map(({ policy }) => policy);
  const then = worldWith(world, policies);
  const after = evaluatePair(then, { ...question, explain: false });
  if (after.verdict !== "allowed") {
    const doubt = after.paths.flatMap(({ doubts }) => doubts)[0];
    throw new FixRefusal(
      `with a policy that allows it the answer would still be ${after.verdict}: ${doubt?.text ?? after.walkthrough}`,
    );
  }
  const blast = blastRadiusOf({ before: world, after: then, policies, wanted: judged.judged });
  if (blast.loss !== undefined) throw new FixRefusal(lossText(blast.loss, plan));
  return { after, blast };
};
