import type { CheckAnswer, DiffAnswer } from "../../server/analyzer/answers.js";
import { listedModel } from "../../server/analyzer/unused-input.js";
import type { ExitCode } from "../exit.js";
import { checkShape, diffShape } from "../policy/answer-shapes.js";
import { codeFromCheck, codeFromDiff } from "../policy/exit-code.js";
import { jsonDocument, jsonItems } from "../policy/json-document.js";
import type { PolicyRequest } from "../policy/request.js";
import { settleProblems } from "../policy/settle-problems.js";
import { readSideFile } from "../policy/side-file.js";
import {
  isData,
  reportOptions,
  writeChunks,
  writeDocument,
  writeListing,
  writeLongDocument,
  writeOutline,
} from "../policy/write-output.js";
import { checkListing, checkOutline } from "../render/policy-check.js";
import { diffListing, diffSummary } from "../render/policy-diff.js";

/** `causeway policy whatif`: what would change in connections if these manifests were applied. */
export const runWhatIf = async (
  request: PolicyRequest,
  changes: readonly string[],
): Promise<ExitCode> => await writeDiff(request, await request.answers.whatIf(changes));

/** `causeway policy diff`: what differs in connections; 1 when something does. */
export const runDiff = async (request: PolicyRequest, after: string): Promise<ExitCode> =>
  await writeDiff(request, await request.answers.diff(after));

const writeDiff = async (request: PolicyRequest, answer: DiffAnswer): Promise<ExitCode> => {
  settleProblems(request, [...answer.before.problems, ...answer.after.problems]);
  if (isData(request)) {
    const { rows, ...others } = diffShape;
    const fields = {
      ...answer,
      before: listedModel(answer.before),
      after: listedModel(answer.after),
      nextPageToken: "",
    };
    await writeLongDocument(request, {
      list: "rows",
      items: jsonItems(rows, answer.rows),
      rest: () => jsonDocument(others, fields),
    });
  } else {
    const summary = { kind: "heading", text: diffSummary(answer) } as const;
    const listing = diffListing(() => answer.rows);
    await writeListing(request, listing, request.format === "csv" ? [] : [summary]);
  }
  return codeFromDiff(answer);
};

/** `causeway policy check`: whether the assertions of a rules file hold. */
export const runCheck = async (request: PolicyRequest, rulesFile: string): Promise<ExitCode> => {
  const rules = readSideFile(rulesFile, "--rules");
  const answer = await request.answers.check(rules);
  settleProblems(request, answer.model.problems);
  await writeCheck(request, answer, rules.file);
  return codeFromCheck(answer);
};

const writeCheck = async (
  request: PolicyRequest,
  answer: CheckAnswer,
  rulesFile: string,
): Promise<void> => {
  const { context, format } = request;
  switch (format) {
    case "json":
    case "yaml":
      await writeDocument(request, checkShape, { ...answer, model: listedModel(answer.model) });
      return;
    case "csv":
      await writeListing(
        request,
        checkListing(() => answer.results),
      );
      return;
    case "junit":
      writeChunks(context, [(await import("../render/junit.js")).checkJunit(answer, rulesFile)]);
      return;
    case "sarif": {
      const { checkSarif } = await import("../render/sarif.js");
      const { jsonText } = await import("../render/json-text.js");
      writeChunks(context, [jsonText(checkSarif(answer, rulesFile, reportOptions()))]);
      return;
    }
    default:
      writeOutline(request, checkOutline(answer, format === "wide"));
  }
};
