import { listedFix } from "../../server/analyzer/fix/listed-fix.js";
import { listedModel } from "../../server/analyzer/unused-input.js";
import type { ExitCode } from "../exit.js";
import { fixShape, pairShape } from "../policy/answer-shapes.js";
import { diagnosisShape } from "../policy/diagnosis-shape.js";
import { codeFromDiagnosis, codeFromFix, codeFromPair } from "../policy/exit-code.js";
import { nextCommands } from "../policy/next-commands.js";
import type { PairFields } from "../policy/policy-answers.js";
import type { PolicyRequest } from "../policy/request.js";
import { settleProblems } from "../policy/settle-problems.js";
import { isData, writeChunks, writeDocument, writeOutline } from "../policy/write-output.js";
import { diagnosisOutline } from "../render/policy-diagnosis.js";
import { fixOutline } from "../render/policy-fix.js";
import { pairOutline } from "../render/policy-pair.js";
import { printableLine } from "../render/printable.js";

/** `causeway policy eval A B`: whether A may reach B. */
export const runEval = (request: PolicyRequest, pair: PairFields): Promise<ExitCode> =>
  runPair(request, pair, "verdict");

/** `causeway policy explain A B`: the same, rule by rule. */
export const runExplain = (request: PolicyRequest, pair: PairFields): Promise<ExitCode> =>
  runPair(request, pair, "explanation");

const runPair = async (
  request: PolicyRequest,
  pair: PairFields,
  depth: "verdict" | "explanation",
): Promise<ExitCode> => {
  const answer = await request.answers.evaluate(pair, depth);
  settleProblems(request, answer.model.problems);
  const code = codeFromPair(answer);
  if (isData(request)) {
    await writeDocument(request, pairShape, { ...answer, model: listedModel(answer.model) });
    return code;
  }
  const commands =
    depth === "verdict" ? ["policy explain", "policy fix"] : ["policy fix", "diagnose"];
  const next = answer.verdict === "allowed" ? [] : nextCommands(request, pair, commands);
  writeOutline(request, pairOutline(answer, { depth, wide: request.format === "wide", next }));
  return code;
};

/**
 * `causeway policy fix A B`: the smallest manifest that lets A reach B. As YAML it is the manifest alone, for
 * `kubectl apply -f -`; why there is none goes to standard error.
 */
export const runFix = async (request: PolicyRequest, pair: PairFields): Promise<ExitCode> => {
  const { context, format } = request;
  const answer = await request.answers.fix(pair);
  settleProblems(request, answer.model.problems);
  const code = codeFromFix(answer);
  if (format === "yaml") {
    if (answer.manifest !== "") writeChunks(context, [answer.manifest.replace(/\n*$/, "\n")]);
    else context.writeError(`${context.name}: ${printableLine(answer.reason)}\n`);
  } else if (format === "json") {
    await writeDocument(request, fixShape, listedFix(answer));
  } else writeOutline(request, fixOutline(answer));
  return code;
};

/** `causeway diagnose A B`: why A can't reach B. */
export const runDiagnose = async (request: PolicyRequest, pair: PairFields): Promise<ExitCode> => {
  const answer = await request.answers.diagnose(pair);
  settleProblems(request, answer.model.problems);
  const listed = { ...answer, model: listedModel(answer.model) };
  if (isData(request)) await writeDocument(request, diagnosisShape, listed);
  else writeOutline(request, diagnosisOutline(answer, request.format === "wide"));
  return codeFromDiagnosis(answer);
};
