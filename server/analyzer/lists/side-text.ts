import { memo } from "../../../common/memo.js";
import {
  type ConnectionSet,
  connectionsText,
  isEmptyConnections,
  noConnections,
  subtractConnections,
} from "../sets/connections.js";

/** The text of a side without any connection, and without a doubt. */
export const noSide = connectionsText(noConnections);

/**
 * What a pair may do, in one text: what is allowed for certain, and what can't be told, "TCP 80 (undetermined: UDP 53)". Each
 * pair of sets is written once: the engine has one object for equal sets.
 */
export const createSideText = (): ((
  allowed: ConnectionSet,
  undetermined: ConnectionSet,
) => string) => {
  const known = new Map<ConnectionSet, Map<ConnectionSet, string>>();
  return (allowed, undetermined) => {
    const texts = memo(known, undetermined, () => new Map<ConnectionSet, string>());
    return memo(texts, allowed, () => sideText(allowed, undetermined));
  };
};

const sideText = (allowed: ConnectionSet, undetermined: ConnectionSet): string =>
  isEmptyConnections(undetermined)
    ? connectionsText(allowed)
    : `${connectionsText(subtractConnections(allowed, undetermined))} (undetermined: ${connectionsText(undetermined)})`;
