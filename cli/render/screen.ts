const home = "\u001b[H";
const eraseLine = "\u001b[K";
const eraseBelow = "\u001b[J";

/** A text as a whole screen that takes the place of the one before without flicker; what does not fit is counted. */
export const screenText = (text: string, rows: number): string => {
  const lines = text.replace(/\n$/, "").split("\n");
  const room = Math.max(rows - 1, 2);
  const shown =
    lines.length > room
      ? [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more lines`]
      : lines;
  return `${home}${shown.map((line) => `${line}${eraseLine}\n`).join("")}${eraseBelow}`;
};
