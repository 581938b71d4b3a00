// Names and messages come from manifests that anybody may have written: what steers a terminal, or hides what stands
// there, never reaches one. Controls, line separators, invisible marks, direction overrides.
const unsafe =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

// The same without what JSON and YAML escape by themselves.
const unescaped = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** A text as one line without anything that steers a terminal; what did prints as "?". */
export const printableLine = (text: string): string => text.replace(unsafe, "?");

/** The same for a text of several lines; a tab counts as two blanks. */
export const printableLines = (text: string): string =>
  text.replaceAll("\r\n", "\n").replaceAll("\t", "  ").split("\n").map(printableLine).join("\n");

/** A text of several lines without what steers a terminal and without what XML 1.0 has no place for. */
export const withoutControls = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.replace(unsafe, "").replace(/[\ud800-\udfff\ufffe\uffff]/gu, ""))
    .join("\n");

/** JSON text that means the same and does not steer a terminal. */
export const printableJson = (json: string): string =>
  json.replace(unescaped, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Whether a text, as JSON or YAML, holds what steers a terminal. */
export const isPrintable = (text: string): boolean => text.search(unescaped) === -1;
