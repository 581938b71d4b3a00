import { QuestionError } from "../analyzer/question-error.js";
import type { Refusal } from "./worker-messages.js";

/** A question is not answered for a reason that the asker can mend. */
export class RefusedError extends Error {
  readonly fault: Refusal["fault"];

  constructor(fault: Refusal["fault"], message: string) {
    super(message);
    this.name = "RefusedError";
    this.fault = fault;
  }
}

/** Whatever was thrown as a refusal; what is not meant for the asker is a bug. */
export const refusalOf = (error: unknown): Refusal => {
  if (error instanceof RefusedError || error instanceof QuestionError) {
    return { fault: error.fault, message: error.message };
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { fault: "bug", message: text };
};
