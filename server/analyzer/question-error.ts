/** What is wrong with a question. */
export type QuestionFault =
  /** It can't be understood: a malformed name, a port out of range. */
  | "invalid"
  /** It names what the model lacks; the message names near misses. */
  | "not-found";

/** A question that can't be answered because of how it was asked; the message says what to do. */
export class QuestionError extends Error {
  readonly fault: QuestionFault;

  constructor(fault: QuestionFault, message: string) {
    super(message);
    this.name = "QuestionError";
    this.fault = fault;
  }
}
