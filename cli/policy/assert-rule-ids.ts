import { nearMiss } from "../../common/config.js";
import { CliError, exitCodes } from "../exit.js";

/** Refuses ids that no lint rule has, with the one that was probably meant. */
export const assertRuleIds = async (ids: readonly string[]): Promise<void> => {
  const { lintRuleInfos } = await import("../../server/analyzer/lint/lint.js");
  const known = lintRuleInfos.map(({ id }) => id);
  for (const id of ids) {
    if (known.includes(id)) continue;
    const hint = nearMiss(id, known) || `; there are ${known[0]} to ${known.at(-1)}`;
    const message = `--rules: there is no rule ${JSON.stringify(id)}${hint}`;
    throw new CliError(exitCodes.usage, message);
  }
};
