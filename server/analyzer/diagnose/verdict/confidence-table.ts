// Every number that a confidence is made of, with its reason. The certainty of each code is in the catalogue.

/**
 * "Connected" by objects alone: of 116 faults that were injected into a real node network 27 left a trace in objects, so
 * silence proves little.
 */
export const connectedMax = 0.7;

/** Less than this "connected" is never: permitted and whole is still the likelier case. */
export const connectedMin = 0.4;

/** Policies deny, and a network plugin that enforces them is seen. */
export const denyEnforcedMax = 0.85;

/** Policies deny, and nothing says whether the network plugin enforces them. */
export const denyUnknownMax = 0.5;

/** Policies deny, and the network plugin that is seen enforces none: they deny on paper. */
export const denyUnenforcedMax = 0.35;

/** Objects show something that can't work: they may be old or not the whole truth. */
export const brokenMax = 0.85;

/** Probability that a connection fails for a reason that objects don't show: what is left of `connectedMax`. */
export const unseenFault = 0.3;

/** A cause that nobody thought of is never ruled out. */
export const unknownCauseMin = 0.03;

/** Weight of causes that stop another way than the one that was asked for. */
export const otherModeWeight = 0.5;

/** Weight of a cause that is how another one shows: the other one is where to begin. */
export const consequenceWeight = 0.5;

/** What each kind of missing knowledge takes from a confidence. */
export const gapCosts = {
  /** Pods without a status may not run at all. */
  podStatus: 0.1,
  /** Pods that are not seen ready. */
  podReadiness: 0.1,
  /** A node that is not in the model may be down. */
  nodes: 0.05,
  /** Without the plugin its agents are not looked at. */
  plugin: 0.03,
  /** Endpoints derived from a selector may differ from those that the cluster has. */
  slices: 0.03,
  /** A policy that goes by labels of namespaces may select what is taken to have none. */
  labels: 0.05,
  /** DNS that is not in the model is taken to work. */
  dns: 0.05,
  /** Documents that could not be read may hold a policy or a fault. */
  problems: 0.05,
  /** A model that has not been brought up to date for longer than `modelFreshS`. */
  age: 0.1,
  /** Pods, ports or ways beyond the bounds are not judged. */
  omitted: 0.02,
} as const;

/** Seconds after which a model counts as old: objects change within a minute. */
export const modelFreshS = 60;
