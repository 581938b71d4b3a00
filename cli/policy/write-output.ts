import { readVersion } from "../../common/version.js";
import { type CliContext, paintOf } from "../context.js";
import { chunkCharsMax } from "../limits.js";
import { type Listing, tableLines } from "../render/columns.js";
import { jsonText, type LongDocument, longJsonText } from "../render/json-text.js";
import { type Block, type OutlineStyle, outlineMarkdown, outlineText } from "../render/outline.js";
import type { SarifOptions } from "../render/sarif.js";
import { proseColumns } from "../render/wrap.js";
import type { Shape } from "./answer-shapes.js";
import { jsonDocument } from "./json-document.js";
import type { PolicyRequest } from "./request.js";

/**
 * Writes text as it comes, in large pieces. False once the reader went away: nothing more is made then.
 */
export const writeChunks = (context: CliContext, chunks: Iterable<string>): boolean => {
  let gathered = "";
  for (const chunk of chunks) {
    gathered += chunk;
    if (gathered.length < chunkCharsMax) continue;
    if (!context.writeOut(gathered)) return false;
    gathered = "";
  }
  return gathered === "" || context.writeOut(gathered);
};

/** Whether the answer is wanted as data and not for reading. */
export const isData = ({ format }: PolicyRequest): boolean =>
  format === "json" || format === "yaml";

/** Writes an answer as JSON or YAML: the fields of its shape. */
export const writeDocument = async (
  { context, format }: PolicyRequest,
  shape: Shape,
  answer: object,
): Promise<void> => {
  const document = jsonDocument(shape, answer);
  if (format === "json") writeChunks(context, [jsonText(document)]);
  else writeChunks(context, [(await import("../render/yaml-text.js")).yamlText(document)]);
};

/** Writes an answer with a long list as JSON or YAML, item by item. */
export const writeLongDocument = async (
  { context, format }: PolicyRequest,
  document: LongDocument,
): Promise<void> => {
  if (format === "json") writeChunks(context, longJsonText(document));
  else writeChunks(context, (await import("../render/yaml-text.js")).longYamlText(document));
};

/** Writes a list as a table, wide table, CSV or Markdown; what `more` gives follows where people read it. */
export const writeListing = async <Row>(
  request: PolicyRequest,
  listing: Listing<Row>,
  more: Iterable<Block> = [],
): Promise<void> => {
  const { context, format } = request;
  if (format === "csv") {
    writeChunks(context, (await import("../render/csv.js")).csvLines(listing));
  } else if (format === "md") {
    const { markdownLines } = await import("../render/markdown.js");
    if (writeChunks(context, markdownLines(listing))) writeChunks(context, outlineMarkdown(more));
  } else {
    const style = outlineStyle(request);
    if (writeChunks(context, tableLines(listing, style))) {
      writeChunks(context, outlineText(more, style));
    }
  }
};

/** Writes an answer for reading, on a terminal or as Markdown. */
export const writeOutline = (request: PolicyRequest, blocks: Iterable<Block>): void => {
  const text =
    request.format === "md" ? outlineMarkdown(blocks) : outlineText(blocks, outlineStyle(request));
  writeChunks(request.context, text);
};

/** How texts for reading are printed. */
export const outlineStyle = ({ context, format }: PolicyRequest): OutlineStyle => ({
  wide: format === "wide",
  paint: paintOf(context),
  columns: Math.min(context.size().columns, proseColumns),
});

/** What reports for other programs need to know of this one. */
export const reportOptions = (): SarifOptions => ({
  version: readVersion(),
  folder: process.cwd(),
});
