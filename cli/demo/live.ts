import { stripVTControlCharacters } from "node:util";

/** Where the demo prints: lines that stay, and on a terminal an area below them that is drawn anew. */
export type Live = {
  /** Prints text that stays; it ends in a newline. */
  readonly print: (text: string) => void;
  /** Draws the area below; does nothing where there is no terminal. */
  readonly draw: (text: string) => void;
  /** Removes the area. */
  readonly clear: () => void;
};

/** Size of a terminal. */
export type TerminalSize = { readonly columns: number; readonly rows: number };

/** Prints lines one after the other, for pipes and files. */
export const createPlainOutput = (write: (text: string) => void): Live => ({
  print: write,
  draw: () => undefined,
  clear: () => undefined,
});

/** Keeps an area at the bottom of a terminal; lines that stay scroll above it. */
export const createLiveOutput = (write: (text: string) => void, size: () => TerminalSize): Live => {
  let area = "";
  let rows = 0;
  const erase = (): string => (rows > 0 ? `\u001b[${rows}A\r\u001b[J` : "");
  const fitted = (text: string): string => {
    const { columns, rows: room } = size();
    const lines = text.replace(/\n$/, "").split("\n");
    let used = 0;
    const shown: string[] = [];
    for (const line of lines) {
      const width = stripVTControlCharacters(line).length;
      used += Math.max(1, Math.ceil(width / Math.max(columns, 1)));
      if (used >= room - 1) break;
      shown.push(line);
      rows = used;
    }
    return shown.map((line) => `${line}\n`).join("");
  };
  const paint = (before: string): void => {
    const erased = erase();
    rows = 0;
    write(erased + before + fitted(area));
  };
  return {
    print: paint,
    draw: (text) => {
      area = text;
      paint("");
    },
    clear: () => {
      area = "";
      paint("");
    },
  };
};
