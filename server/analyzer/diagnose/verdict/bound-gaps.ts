import { diagnosisEndpointsMax, diagnosisServicesMax } from "../limits.js";
import { servicesToward } from "../situation/services-of-pod.js";
import type { Situation } from "../situation/situation.js";
import { gapCosts, modelFreshS } from "./confidence-table.js";
import { type Gap, gap } from "./gap.js";

/** What of the model could not be read or is old. */
export const modelGaps = ({ world }: Situation): readonly Gap[] => {
  const { problems, ageS } = world.view;
  const errors = problems.filter(({ severity }) => severity === "error").length;
  return [
    ...(errors === 0
      ? []
      : [
          gap(
            `${errors} ${errors === 1 ? "document" : "documents"} of the input`,
            "they could not be read or are not valid",
            "a policy or object in them is not counted",
            { cost: gapCosts.problems, weakensFindings: true },
          ),
        ]),
    ...(ageS <= modelFreshS
      ? []
      : [
          gap(
            "changes of the last moments",
            `the model was brought up to date ${Math.round(ageS)} s ago`,
            "what was found may be over, and what is new is not seen",
            { cost: gapCosts.age, weakensFindings: true },
          ),
        ]),
  ];
};

/** What is left out because there is too much of it, and that no port is known. */
export const boundGaps = (situation: Situation): readonly Gap[] => {
  const { a, b, ports, omittedWays } = situation;
  const pods = a.omitted + b.omitted;
  const services = omittedServices(situation);
  const endpoints = omittedEndpoints(situation);
  const texts = [
    ...(pods === 0 ? [] : [`${pods} more pods`]),
    ...(ports.omitted === 0 ? [] : [`${ports.omitted} more ports`]),
    ...(endpoints === 0 ? [] : [`${endpoints} more endpoints`]),
    ...(services === 0 ? [] : [`${services} more Services`]),
    ...(omittedWays === 0 ? [] : [`${omittedWays} more connections`]),
  ];
  return [
    ...(texts.length === 0
      ? []
      : [
          gap(
            texts.join(", "),
            "a diagnosis looks at a bounded number of connections",
            "those that are left out may differ",
            { cost: gapCosts.omitted },
          ),
        ]),
    ...(isAnyPortJudged(situation)
      ? [
          gap(
            "a port",
            "none was asked for, and the destination declares none",
            "connected means that some port is permitted",
          ),
        ]
      : []),
  ];
};

const isAnyPortJudged = ({ ways }: Situation): boolean =>
  ways.some(({ port, destination }) => port === 0 && destination !== undefined);

const omittedServices = ({ world, b }: Situation): number => {
  const [pod] = b.pods;
  if (pod === undefined || b.resolved.service !== undefined) return 0;
  return Math.max(0, servicesToward(world.model, pod).length - diagnosisServicesMax);
};

/** Endpoints of Services that take connections and are not judged, of the source that has most. */
const omittedEndpoints = ({ ways }: Situation): number =>
  Math.max(
    0,
    ...ways.map(({ route }) => {
      const used = route?.legs.filter(({ state }) => state === "used" || state === "stale") ?? [];
      return used.length - diagnosisEndpointsMax;
    }),
  );
