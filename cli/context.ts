import { stringify } from "yaml";
import type { Environment } from "../common/config-load.js";
import { screenText } from "./render/screen.js";
import { type Paint, plainPaint, terminalPaint } from "./render/style.js";
import type { Answer, MeshClient } from "./rpc/client.js";

/** What a command may touch of the process: its environment, its output, its terminal, its end. */
export type CliContext = {
  /** As the user calls it: "causeway" or "kubectl causeway". */
  readonly name: string;
  readonly env: Environment;
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
  /** Size of the terminal now; what a pipe gets when it is none. */
  readonly size: () => { readonly columns: number; readonly rows: number };
  readonly nowMs: () => number;
  /** Aborted when the user ends the command. */
  readonly signal: AbortSignal;
};

/** Formats of -o. */
export const outputFormats = ["table", "wide", "json", "yaml"] as const;

/** One format of -o. */
export type OutputFormat = (typeof outputFormats)[number];

/** What every command that asks the server gets. */
export type CommandInput = {
  readonly context: CliContext;
  readonly client: MeshClient;
  readonly output: OutputFormat;
};

/** Colours on a terminal only, and never with NO_COLOR (https://no-color.org). */
export const paintOf = (context: CliContext): Paint =>
  context.isTerminal && (context.env["NO_COLOR"] ?? "") === "" && context.env["TERM"] !== "dumb"
    ? terminalPaint
    : plainPaint;

/** Writes an answer in the format of -o; `render` makes the text of table and wide. */
export const writeAnswer = <T>(
  input: CommandInput,
  answer: Answer<T>,
  render: (value: T) => string,
): void => {
  input.context.writeOut(answerText(input.output, answer, render));
};

/**
 * Writes one of a series of answers: on a terminal it takes the place of the one before, elsewhere it follows it (JSON as
 * one line each, YAML as documents, tables after a blank line).
 */
export const writeFrame = <T>(
  input: CommandInput,
  answer: Answer<T>,
  render: (value: T) => string,
): void => {
  const { context, output } = input;
  if (output === "json") context.writeOut(`${JSON.stringify(answer.json())}\n`);
  else if (output === "yaml") context.writeOut(`---\n${answerText(output, answer, render)}`);
  else if (context.isTerminal) {
    context.writeOut(screenText(render(answer.value), context.size().rows));
  } else context.writeOut(`${render(answer.value)}\n`);
};

const answerText = <T>(
  output: OutputFormat,
  answer: Answer<T>,
  render: (value: T) => string,
): string => {
  switch (output) {
    case "json":
      return `${JSON.stringify(answer.json(), undefined, 2)}\n`;
    case "yaml":
      return stringify(answer.json(), { lineWidth: 0 });
    case "table":
    case "wide":
      return render(answer.value);
  }
};
