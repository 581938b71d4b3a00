import { assertNever } from "../../common/assert.js";
import { type Listing, tableLines } from "./columns.js";
import { markdownBlock, markdownLines, markdownText } from "./markdown.js";
import { printableLine, printableLines } from "./printable.js";
import type { Paint, Tone } from "./style.js";
import { wrapped } from "./wrap.js";

/** An answer for reading, part by part: printed to a terminal or written as Markdown. */
export type Block =
  /** What it comes to: a word, and what it is about. */
  | { readonly kind: "verdict"; readonly word: string; readonly tone: Tone; readonly text: string }
  | { readonly kind: "heading"; readonly text: string }
  | { readonly kind: "line"; readonly text: string }
  | { readonly kind: "items"; readonly items: readonly Item[]; readonly isNumbered?: boolean }
  /** Commands or a manifest, as they are to be copied. */
  | { readonly kind: "code"; readonly language: string; readonly text: string }
  | { readonly kind: "table"; readonly listing: Listing<never> };

/** A point of a list and what belongs to it. */
export type Item = {
  readonly text: string;
  readonly tone?: Tone;
  readonly more?: readonly string[];
  /** Commands and patches that belong to it, as they are to be copied. */
  readonly codes?: readonly string[];
};

/** How an answer is printed. */
export type OutlineStyle = {
  readonly wide: boolean;
  readonly paint: Paint;
  /** Columns that prose is wrapped at. */
  readonly columns: number;
};

/** A block with the rows of a listing. */
export const tableBlock = <Row>(listing: Listing<Row>): Block => ({
  kind: "table",
  listing: listing as unknown as Listing<never>,
});

/** The text of an outline: the verdict first, each heading after an empty line. */
export function* outlineText(blocks: Iterable<Block>, style: OutlineStyle): Iterable<string> {
  for (const block of blocks) yield* blockText(block, style);
}

function* blockText(block: Block, style: OutlineStyle): Iterable<string> {
  const { paint, columns } = style;
  switch (block.kind) {
    case "verdict":
      yield `${paint(block.tone, block.word.toUpperCase())}  ${paint("strong", printableLine(block.text))}\n`;
      return;
    case "heading":
      yield `\n${paint("strong", printableLine(block.text))}\n`;
      return;
    case "line":
      yield* linesOf(wrapped(printableLine(block.text), columns, "  "));
      return;
    case "items":
      for (const [index, item] of block.items.entries()) {
        yield* itemText(item, block.isNumbered === true ? `  ${index + 1}. ` : "  - ", style);
      }
      return;
    case "code":
      yield* codeLines(block.text, "  ");
      return;
    case "table":
      for (const line of tableLines(block.listing, style)) yield `  ${line}`;
      return;
    default:
      assertNever(block);
  }
}

function* itemText(item: Item, mark: string, { paint, columns }: OutlineStyle): Iterable<string> {
  const indent = " ".repeat(mark.length);
  const [first = "", ...rest] = wrapped(printableLine(item.text), columns, mark);
  yield `${mark}${paint(item.tone ?? "plain", first.slice(mark.length))}\n`;
  for (const line of rest)
    yield `${indent}${paint(item.tone ?? "plain", line.slice(indent.length))}\n`;
  for (const text of item.more ?? []) yield* linesOf(wrapped(printableLine(text), columns, indent));
  for (const [index, code] of (item.codes ?? []).entries()) {
    if (index > 0) yield "\n";
    yield* codeLines(code, `${indent}  `);
  }
}

function* linesOf(lines: Iterable<string>): Iterable<string> {
  for (const line of lines) yield `${line}\n`;
}

function* codeLines(text: string, indent: string): Iterable<string> {
  for (const line of printableLines(text.replace(/\n+$/, "")).split("\n")) {
    yield line === "" ? "\n" : `${indent}${line}\n`;
  }
}

/** The same as Markdown. */
export function* outlineMarkdown(blocks: Iterable<Block>): Iterable<string> {
  for (const block of blocks) yield* blockMarkdown(block);
}

function* blockMarkdown(block: Block): Iterable<string> {
  switch (block.kind) {
    case "verdict":
      yield `**${markdownText(block.word)}** ${markdownText(block.text)}\n`;
      return;
    case "heading":
      yield `\n### ${markdownText(block.text)}\n`;
      return;
    case "line":
      yield `\n${markdownText(block.text)}\n`;
      return;
    case "items":
      yield "\n";
      for (const [index, item] of block.items.entries()) {
        const mark = block.isNumbered === true ? `${index + 1}. ` : "- ";
        yield* itemMarkdown(item, mark);
      }
      return;
    case "code":
      yield `\n${markdownBlock(block.text, block.language)}`;
      return;
    case "table":
      yield "\n";
      yield* markdownLines(block.listing);
      return;
    default:
      assertNever(block);
  }
}

function* itemMarkdown({ text, more = [], codes = [] }: Item, mark: string): Iterable<string> {
  yield `${mark}${markdownText(text)}\n`;
  const indent = " ".repeat(mark.length);
  for (const line of more) yield `${indent}- ${markdownText(line)}\n`;
  for (const code of codes) {
    yield "\n";
    for (const line of markdownBlock(code, "").trimEnd().split("\n")) yield `${indent}${line}\n`;
  }
}
