import { printableLine } from "./printable.js";
import { type Paint, plainPaint, type Tone } from "./style.js";

/** One field of a table: its text, and a tone when it is to stand out. */
export type Field = string | { readonly text: string; readonly tone: Tone };

const textOf = (field: Field): string => (typeof field === "string" ? field : field.text);

/**
 * Columns of equal width, two spaces apart, each line ending in a newline; empty fields print as "-". Without rows there
 * is the heading alone.
 */
export const tableText = (
  heading: readonly string[],
  rows: readonly (readonly Field[])[],
  paint: Paint = plainPaint,
): string => {
  const texts = rows.map((row) => row.map((field) => printableLine(textOf(field)) || "-"));
  const widths = heading.map((title, column) =>
    Math.max(title.length, ...texts.map((row) => (row[column] ?? "").length)),
  );
  const line = (fields: readonly string[], tones: readonly Tone[]): string => {
    const last = fields.length - 1;
    return fields
      .map((text, column) => {
        const padding = column === last ? "" : " ".repeat((widths[column] ?? 0) - text.length + 2);
        return paint(tones[column] ?? "plain", text) + padding;
      })
      .join("");
  };
  const lines = [
    line(
      heading,
      heading.map((): Tone => "strong"),
    ),
  ];
  for (const [index, row] of texts.entries()) {
    const tones = (rows[index] ?? []).map(
      (field): Tone => (typeof field === "string" ? "plain" : field.tone),
    );
    lines.push(line(row, tones));
  }
  return lines.map((text) => `${text.trimEnd()}\n`).join("");
};
