import type { FixAnswer } from "../../server/analyzer/answers.js";
import { suggestFix } from "../../server/analyzer/fix/suggest-fix.js";
import { evaluatePair } from "../../server/analyzer/pair/evaluate-pair.js";
import type { ProfileName } from "../../server/analyzer/policy/profile.js";
import { documents } from "./lint-manifests.js";
import { manifestWorld } from "./manifest-world.js";

/** What is asked of a fix in a test. */
export type FixAsked = {
  readonly port?: number;
  readonly protocol?: string;
  readonly profile?: ProfileName;
};

const worldOf = (manifests: readonly string[], profile: ProfileName | undefined) =>
  manifestWorld(documents(...manifests), profile === undefined ? {} : { profile });

/** Asks how to let "A => B" through. */
export const askFix = (
  manifests: readonly string[],
  pair: string,
  { profile, ...asked }: FixAsked = {},
): FixAnswer => {
  const [source = "", destination = ""] = pair.split(" => ");
  return suggestFix(worldOf(manifests, profile), { source, destination, ...asked });
};

/** The verdict of "A => B" with more manifests, read as a cluster would read them. */
export const verdictWith = (
  manifests: readonly string[],
  pair: string,
  { profile, ...asked }: FixAsked = {},
): string => {
  const [source = "", destination = ""] = pair.split(" => ");
  const world = worldOf(manifests, profile);
  return evaluatePair(world, { source, destination, explain: false, ...asked }).verdict;
};
