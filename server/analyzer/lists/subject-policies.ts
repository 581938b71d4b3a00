import type { UnmodelledPolicyObject } from "../model/objects.js";
import type { Direction, EvaluatedPolicy, PolicyEndpoint } from "../policy/decision.js";
import type { PolicyEngine, PolicyUnit } from "../policy/engine.js";
import type { IpRange } from "../sets/ip.js";
import { endpointOf } from "./list-ends.js";

/** The policies that have a unit as subject in a direction. */
export type SubjectPolicies = {
  readonly evaluated: readonly EvaluatedPolicy[];
  readonly unmodelled: readonly UnmodelledPolicyObject[];
};

/**
 * The policies that decide a direction of a unit; none for one on the host network, where the profile exempts it. Addresses
 * outside are the peer that no exemption is made for, so that every policy is named.
 */
export const subjectPolicies = (
  engine: PolicyEngine,
  unit: PolicyUnit,
  direction: Direction,
): SubjectPolicies => {
  const [range] = engine.externalRanges() as readonly [IpRange];
  const outside: PolicyEndpoint = { kind: "addresses", range };
  const end = endpointOf(unit);
  const { egress, ingress } =
    direction === "egress" ? engine.decide(end, outside) : engine.decide(outside, end);
  const { policies, doubts } = direction === "egress" ? egress : ingress;
  return {
    evaluated: policies,
    unmodelled: doubts.flatMap((doubt) =>
      doubt.reason === "unmodelled-policy" ? [doubt.policy] : [],
    ),
  };
};
