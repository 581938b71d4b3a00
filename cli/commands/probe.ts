import { writeAnswer } from "../answer-text.js";
import { type CommandInput, paintOf } from "../context.js";
import { type ExitCode, exitCodes } from "../exit.js";
import type { RunView } from "../model.js";
import { runText } from "../render/pair.js";
import type { RunQuery } from "../rpc/client.js";
import { withNearMiss } from "./near-miss.js";

/** `causeway probe A B`: has A probe B now; 1 when a probe failed, 3 when one could not be run or none was. */
export const runProbe = (input: CommandInput, query: RunQuery): Promise<ExitCode> =>
  withNearMiss(input.client, [query.source, query.target], async () => {
    const answer = await input.client.runProbe(query);
    writeAnswer(input, answer, (run) =>
      runText(run, {
        wide: input.output === "wide",
        paint: paintOf(input.context),
        nowMs: input.context.nowMs(),
      }),
    );
    return codeFromRun(answer.value);
  });

const codeFromRun = (run: RunView): ExitCode => {
  const outcomes = run.results.map((result) => result.outcome);
  const unknown = ["not_run", "unspecified"];
  if (outcomes.some((outcome) => outcome !== "ok" && !unknown.includes(outcome))) {
    return exitCodes.bad;
  }
  return outcomes.includes("ok") ? exitCodes.good : exitCodes.undetermined;
};
