import type { FixAnswer } from "../answers.js";
import { listedModel } from "../unused-input.js";
import { blastRadiusListedMax } from "./limits.js";

/** A fix as answers list it: at most `blastRadiusListedMax` pairs that it changes besides, and a bounded list of problems. */
export const listedFix = (answer: FixAnswer): FixAnswer => {
  const { after, blastRadius, model } = answer;
  return {
    ...answer,
    ...(after === undefined ? {} : { after: { ...after, model: listedModel(after.model) } }),
    blastRadius: blastRadius.slice(0, blastRadiusListedMax),
    model: listedModel(model),
  };
};
