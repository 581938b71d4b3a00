import type { CompiledRule, PeerMatcher } from "./compiled-policy.js";
import type { Match } from "./match-peer.js";
import type { JudgedFamily } from "./policy-end.js";

/** The ends of an axis that a matcher holds, by index, ascending. */
export type Held = {
  /** For certain. */
  readonly yes: readonly number[];
  /** Where it can't be told. */
  readonly maybe: readonly number[];
  /** Why it can't be told. */
  readonly reason: Match;
};

/** Nothing held. */
export const nothingHeld: Held = { yes: [], maybe: [], reason: "unknown-address" };

/** A list of ends that peers can hold. */
export interface EndAxis {
  /** Ends have indices below it. */
  readonly size: number;
  /** The ends that a matcher holds, judged in a family. */
  held(matcher: PeerMatcher, family: JudgedFamily): Held;
}

/** A key that is equal for matchers that hold the same ends; computed once for each. */
export const matcherKey = (matcher: PeerMatcher): string => {
  let key = keys.get(matcher);
  if (key === undefined) {
    key = computeKey(matcher);
    keys.set(matcher, key);
  }
  return key;
};

const keys = new WeakMap<PeerMatcher, string>();

const computeKey = (matcher: PeerMatcher): string => {
  switch (matcher.kind) {
    case "everyone":
    case "names":
      return matcher.kind;
    case "pods": {
      const { namespace, podSelector } = matcher;
      const where = typeof namespace === "string" ? ["in", namespace] : ["where", namespace.key];
      return JSON.stringify([...where, podSelector.key]);
    }
    case "addresses":
      return matcher.set.map(({ family, first, last }) => `${family}:${first}-${last}`).join();
    case "nodes":
      return `nodes ${matcher.selector.key}`;
  }
};

/** Whether any of a rule's peers is every end there is. */
export const holdsEveryone = ({ peers }: CompiledRule): boolean =>
  peers.some(({ kind }) => kind === "everyone");
