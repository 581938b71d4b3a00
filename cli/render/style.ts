import { styleText } from "node:util";

/** How a piece of text stands out, on a terminal that shows it. */
export type Tone = "good" | "warn" | "bad" | "faint" | "strong" | "plain";

/** Paints a text; what it gives has the same visible width. */
export type Paint = (tone: Tone, text: string) => string;

/** Leaves every text as it is: for pipes, files and NO_COLOR. */
export const plainPaint: Paint = (_tone, text) => text;

const formats = {
  good: "green",
  warn: "yellow",
  bad: "red",
  faint: "dim",
  strong: "bold",
} as const;

/** Paints with the colours of a terminal. */
export const terminalPaint: Paint = (tone, text) =>
  tone === "plain" || text === ""
    ? text
    : styleText(formats[tone], text, { validateStream: false });

/** The tone of an agent's or a pair's state. */
export const toneFromState = (state: string): Tone => {
  switch (state) {
    case "ok":
    case "up":
      return "good";
    case "degraded":
    case "suspect":
    case "stale":
      return "warn";
    case "down":
    case "lost":
      return "bad";
    default:
      return "faint";
  }
};
