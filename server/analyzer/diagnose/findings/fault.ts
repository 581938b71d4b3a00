import { type Finding, type Observation, type Remedy, remedyOf } from "./finding.js";

/** What is wrong and what helps, before it is said where on the way it is. */
export type Fault = Pick<Finding, "code" | "effect" | "issue" | "solutions"> &
  Pick<Remedy, "summary" | "why" | "steps"> & {
    readonly observations: readonly Observation[];
  } & FaultOptions;

/** What a fault can say besides. */
type FaultOptions = Partial<
  Pick<Finding, "severity" | "certainty" | "proof" | "equivalentTo" | "isConsequence"> &
    Pick<Remedy, "patch" | "risk" | "rollback" | "prevention">
>;

/** Where on the way a fault is, and which ways it concerns. */
type FaultPlace = Pick<Finding, "place" | "origin" | "component" | "hits">;

/** A fault as a finding. */
export const findingOf = (place: FaultPlace, fault: Fault): Finding => {
  const { code, effect, issue, solutions, observations, summary, why, steps } = fault;
  const { proof = "direct", patch = "", risk = "none", rollback = "", prevention = "" } = fault;
  const { severity, certainty, equivalentTo, isConsequence } = fault;
  return {
    code,
    effect,
    place: place.place,
    origin: place.origin,
    component: place.component,
    hits: place.hits,
    proof,
    issue,
    solutions,
    observations,
    ...(severity === undefined ? {} : { severity }),
    ...(certainty === undefined ? {} : { certainty }),
    ...(equivalentTo === undefined ? {} : { equivalentTo }),
    ...(isConsequence === undefined ? {} : { isConsequence }),
    remedy: remedyOf({ summary, why, steps, patch, risk, rollback, prevention }),
  };
};
