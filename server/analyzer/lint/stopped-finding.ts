import type { Finding } from "./finding.js";

/** What a rule says when its search was given up: nothing was found in the rest because nobody looked. */
export const stoppedFinding = (what: string, steps: number): Finding => ({
  severity: "info",
  message: `The search for ${what} stopped after ${steps} comparisons: there may be more.`,
  fix: "Lint fewer namespaces at once to have all of them looked at.",
});
