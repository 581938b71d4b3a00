import type { LocationView, ModelView, ProblemView } from "./answers.js";
import { problemsListedMax } from "./limits.js";

/** Whether a document or an object was left out for what is wrong with it. */
export const isUnused = ({ severity }: ProblemView): boolean => severity === "error";

/**
 * One sentence for every answer that rests on less than the whole input; "" where all of it could be used. What is left
 * out may be a policy, and a policy may turn an answer either way.
 */
export const unusedInputText = (problems: readonly ProblemView[]): string => {
  const unused = problems.filter(isUnused);
  const [first] = unused;
  if (first === undefined) return "";
  const count =
    unused.length < problemsListedMax ? `${unused.length}` : `at least ${problemsListedMax}`;
  const [what, it] =
    unused.length === 1
      ? ["document or object", "if it is a policy, it"]
      : ["documents or objects", "a policy among them"];
  const place = [first.object, placeOf(first)].filter((word) => word !== "").join(", ");
  const named = place === "" ? "" : unused.length === 1 ? ` (${place})` : ` (the first: ${place})`;
  return `${count} ${what} of the input can't be used${named}: ${it} may allow what is denied here, or deny what is allowed`;
};

const placeOf = ({ file, line }: LocationView): string =>
  file === "" || line === 0 ? file : `${file}:${line}`;

/** What answers list of a model: at most `problemsListedMax` problems, what was left out first where there are more. */
export const listedModel = (model: ModelView): ModelView => {
  const { problems } = model;
  if (problems.length <= problemsListedMax) return model;
  const sorted = [...problems.filter(isUnused), ...problems.filter((each) => !isUnused(each))];
  return { ...model, problems: sorted.slice(0, problemsListedMax) };
};
