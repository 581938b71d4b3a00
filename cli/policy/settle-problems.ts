import type { ProblemView } from "../../server/analyzer/answers.js";
import { CliError, exitCodes } from "../exit.js";
import { hasUnreadable, problemLines } from "./problem-lines.js";
import type { PolicyRequest } from "./request.js";

/**
 * Says on standard error what of the input could not be used as it stands. Throws a CliError with code 4 where --strict
 * does not put up with it.
 */
export const settleProblems = (
  { context, isQuiet, isStrict, progress }: PolicyRequest,
  problems: readonly ProblemView[],
): void => {
  progress.end();
  if (!isQuiet) {
    for (const line of problemLines(problems)) context.writeError(`${context.name}: ${line}\n`);
  }
  if (isStrict && hasUnreadable(problems)) {
    throw new CliError(
      exitCodes.unreachable,
      "some of the input can't be used, and --strict does not put up with it",
    );
  }
};
