import type { DoubtView } from "../answers.js";
import type { DirectionDecision } from "../policy/decision.js";
import {
  type ConnectionSet,
  intersectConnections,
  subtractConnections,
  unionConnections,
} from "../sets/connections.js";

/** Of a direction, what is allowed for certain and what may be. */
export type Opinion = { readonly certain: ConnectionSet; readonly possible: ConnectionSet };

/** Other opinions that a direction may be judged by, and why it is not known which. */
export type Translation = {
  readonly opinions: readonly Opinion[];
  readonly doubt: Omit<DoubtView, "connections">;
};

/** What a direction allows for certain, and what it may allow. */
export const opinionOf = ({
  allowed,
  undetermined,
}: Pick<DirectionDecision, "allowed" | "undetermined">): Opinion => ({
  certain: subtractConnections(allowed, undetermined),
  possible: unionConnections(allowed, undetermined),
});

/** Certain is what all say, possible what any says. */
export const amongAll = ([first, ...others]: readonly [Opinion, ...Opinion[]]): Opinion =>
  others.reduce(
    (one, other) => ({
      certain: intersectConnections(one.certain, other.certain),
      possible: unionConnections(one.possible, other.possible),
    }),
    first,
  );

/** What both directions let through. */
export const together = (egress: Opinion, ingress: Opinion): Opinion => ({
  certain: intersectConnections(egress.certain, ingress.certain),
  possible: intersectConnections(egress.possible, ingress.possible),
});

/** Of what is asked, what is allowed for certain, and what can't be told. */
export const limitedTo = (
  asked: ConnectionSet,
  { certain, possible }: Opinion,
): { readonly allowed: ConnectionSet; readonly undetermined: ConnectionSet } => ({
  allowed: intersectConnections(asked, certain),
  undetermined: subtractConnections(intersectConnections(asked, possible), certain),
});
