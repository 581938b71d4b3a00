import type { PairAnswer } from "../../server/analyzer/answers.js";
import { evaluatePair } from "../../server/analyzer/pair/evaluate-pair.js";
import type { ProfileName } from "../../server/analyzer/policy/profile.js";
import { documents } from "./lint-manifests.js";
import { manifestWorld } from "./manifest-world.js";

/** What is asked about a pair in a test. */
export type Asked = {
  readonly port?: number;
  readonly protocol?: string;
  readonly profile?: ProfileName;
  readonly explain?: boolean;
};

/** Asks "A => B" of manifests, explained unless said otherwise. */
export const askPair = (
  manifests: readonly string[],
  pair: string,
  { profile, ...asked }: Asked = {},
): PairAnswer => {
  const [source = "", destination = ""] = pair.split(" => ");
  const world = manifestWorld(documents(...manifests), profile === undefined ? {} : { profile });
  return evaluatePair(world, { source, destination, explain: true, ...asked });
};

/** The verdict alone. */
export const verdictOf = (manifests: readonly string[], pair: string, asked: Asked = {}): string =>
  askPair(manifests, pair, asked).verdict;

/** Kinds of the misses of all paths and directions, in order. */
export const missKinds = (answer: PairAnswer): readonly string[] =>
  answer.paths.flatMap(({ egress, ingress }) =>
    [...egress.misses, ...ingress.misses].map(({ kind }) => kind),
  );
