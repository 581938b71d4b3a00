import type { PolicyEndpoint } from "../policy/decision.js";
import { familiesOfEnd } from "../service/service-families.js";
import type { EndGroup } from "./end-groups.js";

/** Two ends that are not the same pod where both groups together have two. */
export const distinctPair = (
  source: EndGroup,
  destination: EndGroup,
): readonly [PolicyEndpoint, PolicyEndpoint] => {
  const [from, second] = source.ends;
  const to = destination.ends.find((end) => !samePod(from, end));
  if (to !== undefined) return [from, to];
  return [second ?? from, destination.ends[0]];
};

/** An end that both groups have. */
export const commonEnd = (source: EndGroup, destination: EndGroup): PolicyEndpoint | undefined =>
  destination.ends.find((end) => source.ends.some((other) => samePod(other, end)));

/** Whether both ends are one pod. */
export const samePod = (one: PolicyEndpoint, other: PolicyEndpoint): boolean =>
  one.kind === "pod" &&
  other.kind === "pod" &&
  one.pod.namespace === other.pod.namespace &&
  one.pod.name === other.pod.name;

/** Where an end is, for what traffic policies and families tell apart. */
export const placeKey = (end: PolicyEndpoint): string => `${nodeKey(end)} ${familyKey(end)}`;

/** The families in which an end can connect. */
const familyKey = (end: PolicyEndpoint): string => familiesOfEnd(end)?.join() ?? "";

const nodeKey = (end: PolicyEndpoint): string =>
  end.kind === "pod" ? (end.pod.nodeName ?? "") : "";

/** Where either end is on the host network, ends differ by their node: a node and its own pods are a case of their own. */
export const keyBeside = (others: readonly PolicyEndpoint[]): ((end: PolicyEndpoint) => string) => {
  const isBesideHost = others.some(isOnHost);
  return (end) => (isBesideHost || isOnHost(end) ? placeKey(end) : familyKey(end));
};

/** Whether an end is a node or on the network of one. */
const isOnHost = (end: PolicyEndpoint): boolean =>
  end.kind === "node" || (end.kind === "pod" && end.pod.hostNetwork);
