import type { CliContext } from "../../cli/context.js";
import type { AnyFormat } from "../../cli/formats.js";
import { silentProgress } from "../../cli/policy/progress.js";
import type { PolicyRequest } from "../../cli/policy/request.js";
import { cannedAnswers } from "./policy-answers.js";

/** A request whose output is caught. */
export type CaughtRequest = {
  readonly request: PolicyRequest;
  readonly out: () => string;
  readonly error: () => string;
  /** Every piece that was written, in order. */
  readonly pieces: readonly string[];
};

/** A request in a format, against canned answers or others. */
export const caughtRequest = (
  format: AnyFormat,
  {
    answers = cannedAnswers,
    isTerminal = false,
    writesMax = Number.POSITIVE_INFINITY,
    ...parts
  }: Partial<PolicyRequest> & {
    readonly isTerminal?: boolean;
    /** The reader goes away after so many pieces. */
    readonly writesMax?: number;
  } = {},
): CaughtRequest => {
  const pieces: string[] = [];
  let error = "";
  const context: CliContext = {
    name: "causeway",
    env: {},
    writeOut: (text) => {
      pieces.push(text);
      return pieces.length < writesMax;
    },
    writeError: (text) => {
      error += text;
    },
    isTerminal,
    isErrorTerminal: false,
    size: () => ({ columns: 120, rows: 40 }),
    nowMs: () => Date.UTC(2026, 0, 2),
    signal: new AbortController().signal,
  };
  const request: PolicyRequest = {
    context,
    format,
    dirs: ["manifests"],
    answers,
    profile: undefined,
    isStrict: false,
    isQuiet: false,
    progress: silentProgress,
    ...parts,
  };
  return { request, out: () => pieces.join(""), error: () => error, pieces };
};
