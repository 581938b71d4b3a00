import { headingOf, type Listing, measureColumns } from "./columns.js";
import { printableLine, printableLines } from "./printable.js";

/** A text from manifests as plain Markdown: nothing in it makes a link, markup, HTML or a mention. */
export const markdownText = (text: string): string =>
  printableLine(text)
    .replace(/[\\`*[\]<|~]/g, "\\$&")
    // Within a word an underscore is one; at its edge it would be emphasis.
    .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, "\\_")
    .replace(/^(?:[#>+-]|\d+(?=[.)]))/, "\\$&")
    .replaceAll("&", "&amp;")
    .replaceAll("@", "&#64;");

/** A name as code, also in a cell of a table. */
export const markdownCode = (text: string): string => {
  const line = printableLine(text).replaceAll("|", "\\|");
  if (!line.includes("`")) return `\`${line}\``;
  return `\`\` ${line.replaceAll("``", "` `")} \`\``;
};

/** A text of several lines as a block of code that it can't end. */
export const markdownBlock = (text: string, language: string): string => {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${printableLines(text).replace(/\n*$/, "\n")}${fence}\n`;
};

/** The lines of a Markdown table; columns that no row fills are left out where the listing says so. */
export function* markdownLines<Row>(listing: Listing<Row>): Iterable<string> {
  const measured = measureColumns(listing, false);
  if (measured === undefined) {
    yield `${markdownText(listing.empty)}\n`;
    return;
  }
  yield `| ${measured.map(({ column }) => headingOf(column).toLowerCase()).join(" | ")} |\n`;
  yield `|${"---|".repeat(measured.length)}\n`;
  for (const row of listing.rows()) {
    const cells = measured.map(({ column }) => {
      const text = column.value(row);
      if (text === "") return "";
      return column.isProse === true ? markdownText(text) : markdownCode(text);
    });
    yield `| ${cells.join(" | ")} |\n`;
  }
}
