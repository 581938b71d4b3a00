import type { ServiceObject } from "../../model/objects.js";
import { serviceTitle } from "../../service/service-text.js";
import type { Code } from "../catalogue/catalogue.js";
import type { Effect, Finding, Observation, Remedy } from "../findings/finding.js";
import { remedyOf } from "../findings/finding.js";
import type { Way } from "../situation/way.js";

/** What a finding on a Service says beyond which one it is. */
export type ServiceFault = {
  readonly code: Code;
  readonly effect: Effect;
  readonly issue: string;
  readonly solution: string;
  readonly why: string;
  readonly steps: readonly string[];
  readonly data: Readonly<Record<string, string>>;
  readonly hits: (way: Way) => boolean;
} & Partial<
  Pick<
    Finding,
    "severity" | "certainty" | "proof" | "equivalentTo" | "observations" | "isConsequence"
  >
> &
  Partial<Pick<Remedy, "patch" | "risk" | "rollback" | "prevention">>;

/** A finding on a Service. */
export const serviceFinding = (service: ServiceObject, fault: ServiceFault): Finding => {
  const { code, effect, issue, solution, severity, certainty, equivalentTo } = fault;
  const observations: readonly Observation[] = [
    { kind: "service", data: { service: `${service.namespace}/${service.name}`, ...fault.data } },
    ...(fault.observations ?? []),
  ];
  return {
    code,
    effect,
    place: "service",
    origin: "path",
    component: serviceTitle(service),
    hits: fault.hits,
    proof: fault.proof ?? "direct",
    issue,
    solutions: [`${solution}: run ${fault.steps[0] ?? ""}`],
    observations,
    ...(severity === undefined ? {} : { severity }),
    ...(certainty === undefined ? {} : { certainty }),
    ...(fault.isConsequence === true ? { isConsequence: true } : {}),
    ...(equivalentTo === undefined ? {} : { equivalentTo }),
    remedy: remedyOf({
      summary: solution,
      why: fault.why,
      steps: fault.steps,
      patch: fault.patch ?? "",
      risk: fault.risk ?? "none",
      rollback: fault.rollback ?? "",
      prevention: fault.prevention ?? "",
    }),
  };
};
