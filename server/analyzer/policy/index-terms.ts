import type { UnmodelledPolicyObject } from "../model/objects.js";
import { AddressAtoms } from "./address-atoms.js";
import type { CompiledPolicy } from "./compiled-policy.js";
import type { DecisionSources } from "./decide-pair.js";
import type { EndClass } from "./end-classes.js";
import { EndSigner } from "./end-signature.js";
import {
  addTerms,
  addUnmodelledTerms,
  noTerms,
  type PolicyTerms,
  rangesOf,
} from "./policy-terms.js";
import type { Refinement } from "./refinement.js";

/**
 * What the policies of an index tell ends apart by. It only grows: what a policy that is gone told apart stays apart, which
 * changes no answer.
 */
export class IndexTerms {
  readonly signer: EndSigner;
  readonly #sources: DecisionSources;
  readonly #terms = noTerms();
  readonly #atoms = new AddressAtoms();
  #isStale = false;

  constructor(sources: DecisionSources) {
    this.#sources = sources;
    this.signer = signerOf(sources, this.#terms, this.#atoms);
  }

  /** How many terms there are. */
  get size(): number {
    const { podKeys, nodeKeys, portNames } = this.#terms;
    return podKeys.size + nodeKeys.size + portNames.size + this.#atoms.size;
  }

  /** Takes in a policy that has come; what ends may differ in from now on, undefined when it is nothing new. */
  add(policy: CompiledPolicy | UnmodelledPolicyObject): Refinement | undefined {
    const terms = noTerms();
    const isEvaluated = "subject" in policy;
    if (isEvaluated) addTerms(terms, policy);
    else addUnmodelledTerms(terms, policy);
    const fresh: PolicyTerms = {
      podKeys: takeNew(this.#terms.podKeys, terms.podKeys),
      nodeKeys: takeNew(this.#terms.nodeKeys, terms.nodeKeys),
      portNames: takeNew(this.#terms.portNames, terms.portNames),
    };
    const cuts = isEvaluated ? this.#newCuts(policy) : undefined;
    const isFiner =
      cuts !== undefined || fresh.podKeys.size + fresh.nodeKeys.size + fresh.portNames.size > 0;
    return isFiner ? { ...fresh, cuts } : undefined;
  }

  /** Notes that a policy has gone, or was replaced: terms of it may be left. */
  noteGone(): void {
    this.#isStale = true;
  }

  /** A key for classes that is equal for those which no policy of now tells apart. */
  exactKeys(): (one: EndClass) => unknown {
    if (!this.#isStale) return ({ id }) => id;
    const signer = signerOf(this.#sources, noTerms(), new AddressAtoms());
    return ({ end }) => signer.keyOf(end);
  }

  #newCuts(policy: CompiledPolicy): AddressAtoms | undefined {
    const fresh = this.#atoms.add(rangesOf(policy));
    const { ipBlockMatchesPods, ipBlockMatchesNodes } = this.#sources.profile;
    if (fresh.length === 0 || !(ipBlockMatchesPods || ipBlockMatchesNodes)) return undefined;
    const cuts = new AddressAtoms();
    cuts.add(fresh);
    return cuts;
  }
}

/** Signs by the policies of now, whose terms are added to those given. */
const signerOf = (
  { book }: DecisionSources,
  terms: PolicyTerms,
  atoms: AddressAtoms,
): EndSigner => {
  for (const policy of book.policies()) {
    addTerms(terms, policy);
    atoms.add(rangesOf(policy));
  }
  for (const policy of book.unmodelled) addUnmodelledTerms(terms, policy);
  return new EndSigner({ terms, atoms });
};

/** Adds words to those that are known; those that were not. */
const takeNew = (known: Set<string>, words: ReadonlySet<string>): Set<string> => {
  const fresh = new Set([...words].filter((word) => !known.has(word)));
  for (const word of fresh) known.add(word);
  return fresh;
};
