/** Columns that prose is wrapped at, where the terminal is not narrower. */
export const proseColumns = 100;

/**
 * Breaks a text at blanks into lines of at most `width` characters, the first behind `first`, the others behind as many
 * blanks. A word that is longer than a line has one of its own.
 */
export const wrapped = (text: string, width: number, first = ""): readonly string[] => {
  const rest = " ".repeat(first.length);
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of text.split(" ")) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = rest;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
};
