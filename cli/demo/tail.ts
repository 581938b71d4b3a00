import { demoTailLinesMax } from "../limits.js";

/** The last lines of an output, at most demoTailLinesMax. */
export type Tail = {
  readonly keep: (line: string) => void;
  readonly lines: () => readonly string[];
};

/** Keeps the last lines. */
export const createTail = (): Tail => {
  const lines: string[] = [];
  return {
    keep: (line) => {
      lines.push(line);
      if (lines.length > demoTailLinesMax) lines.shift();
    },
    lines: () => lines,
  };
};
