import type { ConnectionRowView, GraphView } from "../../server/analyzer/answers.js";
import { listedModel } from "../../server/analyzer/unused-input.js";
import { type ExitCode, exitCodes } from "../exit.js";
import { progressRows } from "../limits.js";
import { graphShape, listShape } from "../policy/answer-shapes.js";
import { jsonDocument } from "../policy/json-document.js";
import type { RowFilter, RowList } from "../policy/policy-answers.js";
import type { PolicyRequest } from "../policy/request.js";
import { settleProblems } from "../policy/settle-problems.js";
import { isData, writeChunks, writeDocument, writeListing } from "../policy/write-output.js";
import { rowListing, rowText } from "../render/connection-rows.js";
import { connlistLines } from "../render/connlist.js";
import { dotLines } from "../render/dot.js";
import { longJsonLines } from "../render/json-text.js";
import { printableJson } from "../render/printable.js";

/** `causeway policy list`: every pair with a connection. Rows are written as they are found. */
export const runList = async (request: PolicyRequest, filter: RowFilter): Promise<ExitCode> => {
  const { context, format } = request;
  if (format === "dot" || format === "svg") return await drawGraph(request, filter);
  const list = await request.answers.list(filter);
  settleProblems(request, list.model.problems);
  const rows = (): Iterable<ConnectionRowView> => countedRows(request, list.rows());
  if (format === "connlist") writeChunks(context, connlistLines(rows()));
  else if (isData(request)) await writeRows(request, { ...list, rows });
  else await writeListing(request, rowListing(rows));
  return exitCodes.good;
};

/** The rows, with a word of progress now and then where they do not go to the terminal themselves. */
function* countedRows(
  { context, progress }: PolicyRequest,
  rows: Iterable<ConnectionRowView>,
): Iterable<ConnectionRowView> {
  let count = 0;
  for (const row of rows) {
    yield row;
    count++;
    if (count % progressRows === 0 && !context.isTerminal) progress.step(`${count} rows`);
  }
}

const writeRows = async ({ context, format }: PolicyRequest, list: RowList): Promise<void> => {
  let totalSize = 0;
  const texts = function* (text: ReturnType<typeof rowText>): Iterable<string> {
    for (const row of list.rows()) {
      totalSize++;
      yield text(row);
    }
  };
  const rest = () => {
    const { profile, model } = list;
    const fields = { nextPageToken: "", totalSize, profile, model: listedModel(model) };
    return jsonDocument(listShape, fields);
  };
  if (format === "json") {
    const quote = (text: string): string => printableJson(JSON.stringify(text));
    writeChunks(context, longJsonLines("rows", texts(rowText("json", quote)), rest));
    return;
  }
  const { longYamlLines, yamlText } = await import("../render/yaml-text.js");
  const quote = (text: string): string => yamlText(text).trimEnd();
  writeChunks(context, longYamlLines("rows", texts(rowText("yaml", quote)), rest));
};

/** `causeway policy graph`: the connections as a drawing. */
export const runGraph = (request: PolicyRequest): Promise<ExitCode> =>
  drawGraph(request, { namespace: "", source: "", destination: "" });

const drawGraph = async (request: PolicyRequest, filter: RowFilter): Promise<ExitCode> => {
  const { answer, problems } = await request.answers.graph(filter);
  settleProblems(request, problems);
  if (isData(request)) await writeDocument(request, graphShape, answer);
  else await writeDrawing(request, answer);
  return exitCodes.good;
};

const writeDrawing = async (
  { context, format }: PolicyRequest,
  graph: GraphView,
): Promise<void> => {
  if (format === "svg") {
    writeChunks(context, [await (await import("../render/svg.js")).svgText(graph)]);
  } else writeChunks(context, dotLines(graph));
};
