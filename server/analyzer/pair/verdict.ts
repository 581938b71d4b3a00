import {
  type ConnectionSet,
  intersectConnections,
  isEmptyConnections,
  subtractConnections,
} from "../sets/connections.js";

/** Whether the asked connections may be made. */
export type Verdict = "allowed" | "denied" | "partial" | "unknown";

/**
 * The verdict of the asked connections: what is undetermined makes it unknown, unless some of the rest is allowed and some
 * denied for certain. `asked` is not empty.
 */
export const verdictOf = ({
  asked,
  allowed,
  undetermined,
}: {
  readonly asked: ConnectionSet;
  readonly allowed: ConnectionSet;
  readonly undetermined: ConnectionSet;
}): Verdict => {
  const unsure = intersectConnections(asked, undetermined);
  const certain = subtractConnections(asked, undetermined);
  const anyAllowed = !isEmptyConnections(intersectConnections(certain, allowed));
  const anyDenied = !isEmptyConnections(subtractConnections(certain, allowed));
  if (anyAllowed && anyDenied) return "partial";
  if (!isEmptyConnections(unsure)) return "unknown";
  return anyAllowed ? "allowed" : "denied";
};

/** The verdict over several ways: allowed only when every one is, denied only when none is. No way at all is unknown. */
export const verdictOfAll = (verdicts: readonly Verdict[]): Verdict => {
  const has = (verdict: Verdict): boolean => verdicts.includes(verdict);
  if (has("partial") || (has("allowed") && has("denied"))) return "partial";
  if (has("unknown") || verdicts.length === 0) return "unknown";
  return has("allowed") ? "allowed" : "denied";
};
