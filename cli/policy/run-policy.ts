import { QuestionError } from "../../server/analyzer/question-error.js";
import { CliError, type ExitCode, exitCodes } from "../exit.js";
import type { Connection } from "../rpc/transport.js";
import type { PolicyAnswers } from "./policy-answers.js";
import { createProgress, type Progress, silentProgress } from "./progress.js";
import type { PolicyRequest } from "./request.js";

/** What a command line asks for, before anybody answers. */
export type PolicyOptions = Omit<PolicyRequest, "answers" | "progress"> & {
  /** Where the server is; throws a CliError when the flags don't say. */
  readonly connection: () => Connection;
};

/** Runs a command against who answers: this process where folders are named, the server otherwise. */
export const runPolicy = async (
  options: PolicyOptions,
  run: (request: PolicyRequest) => Promise<ExitCode>,
): Promise<ExitCode> => {
  const progress = options.isQuiet ? silentProgress : createProgress(options.context);
  let answers: PolicyAnswers | undefined;
  try {
    answers = await openAnswers(options, progress);
    return await run({ ...options, answers, progress });
  } catch (error) {
    progress.end();
    if (!(error instanceof QuestionError)) throw error;
    throw new CliError(exitCodes.usage, error.message, { cause: error });
  } finally {
    progress.end();
    answers?.close();
  }
};

const openAnswers = async (options: PolicyOptions, progress: Progress): Promise<PolicyAnswers> => {
  if (options.dirs.length > 0) {
    const { openLocalAnswers } = await import("./local-answers.js");
    return await openLocalAnswers(options, progress);
  }
  const connection = options.connection();
  const { createPolicyClient } = await import("../rpc/policy-client.js");
  return createPolicyClient(connection, {
    profile: options.profile ?? "",
    signal: options.context.signal,
  });
};
