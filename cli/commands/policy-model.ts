import type { ExposureAnswer, LintAnswer } from "../../server/analyzer/answers.js";
import type { Severity } from "../../server/analyzer/lint/finding.js";
import { listedModel } from "../../server/analyzer/unused-input.js";
import { type ExitCode, exitCodes } from "../exit.js";
import { exposureShape, lintShape, type Shape } from "../policy/answer-shapes.js";
import { assertRuleIds } from "../policy/assert-rule-ids.js";
import { codeFromLint } from "../policy/exit-code.js";
import { jsonDocument, jsonItems } from "../policy/json-document.js";
import type { PolicyRequest } from "../policy/request.js";
import { settleProblems } from "../policy/settle-problems.js";
import { readSideFile } from "../policy/side-file.js";
import {
  isData,
  outlineStyle,
  reportOptions,
  writeChunks,
  writeListing,
  writeLongDocument,
} from "../policy/write-output.js";
import { type Block, outlineText, tableBlock } from "../render/outline.js";
import { exposureListing, unprotectedListing } from "../render/policy-exposure.js";
import { findingItem, findingListing, lintSummary } from "../render/policy-lint.js";

/** `causeway policy exposure`: what workloads are open to beyond the workloads of the model. */
export const runExposure = async (request: PolicyRequest): Promise<ExitCode> => {
  const answer = await request.answers.exposure();
  settleProblems(request, answer.model.problems);
  if (isData(request)) {
    await writeLong(request, exposureShape, { ...answer, list: "rows", items: answer.rows });
  } else {
    await writeListing(
      request,
      exposureListing(() => answer.rows),
      request.format === "csv" ? [] : unprotectedBlocks(answer),
    );
  }
  return exitCodes.good;
};

function* unprotectedBlocks({ unprotected }: ExposureAnswer): Iterable<Block> {
  yield { kind: "heading", text: "Workloads that no policy protects" };
  yield tableBlock(unprotectedListing(unprotected));
}

/** What `causeway policy lint` takes besides the manifests. */
export type LintRun = {
  readonly failOn: Severity;
  /** Only these rules, by id; undefined runs all. */
  readonly rules: readonly string[] | undefined;
  readonly suppressionsFile: string | undefined;
};

/** `causeway policy lint`: what is wrong or risky in the policies. */
export const runLint = async (request: PolicyRequest, run: LintRun): Promise<ExitCode> => {
  const { rules, suppressionsFile: file } = run;
  if (rules !== undefined) await assertRuleIds(rules);
  const suppressions = file === undefined ? undefined : readSideFile(file, "--suppressions");
  const answer = await request.answers.lint({ rules, suppressions });
  settleProblems(request, answer.model.problems);
  await writeLint(request, answer, run.failOn);
  return codeFromLint(answer, run.failOn);
};

const writeLint = async (
  request: PolicyRequest,
  answer: LintAnswer,
  failOn: Severity,
): Promise<void> => {
  const { context, format } = request;
  switch (format) {
    case "json":
    case "yaml":
      await writeLong(request, lintShape, { ...answer, list: "findings", items: answer.findings });
      return;
    case "sarif":
    case "junit": {
      const text = await lintReport(format, answer, failOn);
      writeChunks(context, [text]);
      return;
    }
    case "csv":
    case "md": {
      const summary: Block = { kind: "heading", text: lintSummary(answer) };
      await writeListing(
        request,
        findingListing(() => answer.findings),
        format === "md" ? [summary] : [],
      );
      return;
    }
    default:
      writeChunks(
        context,
        outlineText(lintBlocks(answer, format === "wide"), outlineStyle(request)),
      );
  }
};

const lintReport = async (
  format: "sarif" | "junit",
  answer: LintAnswer,
  failOn: Severity,
): Promise<string> => {
  const { lintRuleInfos } = await import("../../server/analyzer/lint/lint.js");
  if (format === "junit") {
    return (await import("../render/junit.js")).lintJunit(answer, lintRuleInfos, failOn);
  }
  const { lintSarif } = await import("../render/sarif.js");
  const { jsonText } = await import("../render/json-text.js");
  return jsonText(lintSarif(answer, lintRuleInfos, reportOptions()));
};

function* lintBlocks(answer: LintAnswer, isWide: boolean): Iterable<Block> {
  const shown = answer.findings.filter(({ suppressed }) => isWide || suppressed === "");
  if (shown.length > 0) yield { kind: "items", items: shown.map(findingItem) };
  yield { kind: "heading", text: lintSummary(answer) };
}

/** Writes an answer whose list, the first field of its shape, may be long. */
const writeLong = async <T extends { readonly model: LintAnswer["model"] }>(
  request: PolicyRequest,
  shape: Shape,
  { list, items, ...answer }: T & { readonly list: string; readonly items: readonly object[] },
): Promise<void> => {
  const { [list]: of, ...others } = shape;
  const fields = {
    ...answer,
    model: listedModel(answer.model),
    nextPageToken: "",
    totalSize: items.length,
  };
  await writeLongDocument(request, {
    list,
    items: jsonItems(of, items),
    rest: () => jsonDocument(others, fields),
  });
};
