import type { ProfileName } from "../../server/analyzer/policy/profile.js";
import type { CliContext } from "../context.js";
import type { AnyFormat } from "../formats.js";
import type { PolicyAnswers } from "./policy-answers.js";
import type { Progress } from "./progress.js";

/** What every command of policies and diagnoses gets. */
export type PolicyRequest = {
  readonly context: CliContext;
  readonly format: AnyFormat;
  /** Folders, files or "-"; empty where the server was asked. */
  readonly dirs: readonly string[];
  readonly answers: PolicyAnswers;
  /** Undefined: the default of whoever answers. */
  readonly profile: ProfileName | undefined;
  /** Whether something of the input that can't be used ends the run with code 4. */
  readonly isStrict: boolean;
  /** No progress and no problems on standard error. */
  readonly isQuiet: boolean;
  readonly progress: Progress;
};
