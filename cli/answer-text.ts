import { stringify } from "yaml";
import type { CommandInput } from "./context.js";
import type { OutputFormat } from "./formats.js";
import { screenText } from "./render/screen.js";
import type { Answer } from "./rpc/client.js";

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
