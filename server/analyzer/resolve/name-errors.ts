import { candidatesMax } from "../limits.js";
import type { ClusterModel } from "../model/cluster-model.js";
import { QuestionError } from "../question-error.js";
import { didYouMean, type Missing, nearMisses } from "./near-misses.js";

/** What the model lacks, with near misses. */
export const notFound = (model: ClusterModel, message: string, missing: Missing): QuestionError =>
  new QuestionError("not-found", `${message}.${didYouMean(nearMisses(model, missing))}`);

/** A name that means several things, which are listed. */
export const ambiguous = (text: string, candidates: readonly string[]): QuestionError => {
  const shown = candidates.slice(0, candidatesMax).join(", ");
  const more =
    candidates.length > candidatesMax ? ` and ${candidates.length - candidatesMax} more` : "";
  return new QuestionError("invalid", `${text} is ambiguous: ${shown}${more}; name one of them`);
};
