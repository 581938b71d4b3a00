import fc from "fast-check";
import { describe, expect, it } from "vitest";

/** Sets of some kind and what is done with them; equal sets must be equal values. */
export type SetAlgebra<S, P> = {
  /** Any set, with bounds that meet those of other sets now and then. */
  readonly sets: fc.Arbitrary<S>;
  readonly empty: S;
  readonly universe: S;
  readonly union: (one: S, other: S) => S;
  readonly intersect: (one: S, other: S) => S;
  readonly subtract: (from: S, other: S) => S;
  readonly isSubset: (set: S, of: S) => boolean;
  readonly contains: (set: S, point: P) => boolean;
  /** Points on both sides of every bound of these sets: where sets differ, they differ at one of them. */
  readonly pointsOf: (sets: readonly S[]) => readonly P[];
  /** Whether a set is in the one form that it has to be in. */
  readonly isCanonical: (set: S) => boolean;
};

/** Tests that operations do what they say, point by point, and that the laws of sets hold. */
export const describeSetLaws = <S, P>(name: string, algebra: SetAlgebra<S, P>): void => {
  const { sets, empty, universe, union, intersect, subtract, isSubset, contains } = algebra;
  const complement = (set: S): S => subtract(universe, set);
  const forPairs = (check: (one: S, other: S) => void): void =>
    fc.assert(fc.property(sets, sets, check));
  const forTriples = (check: (a: S, b: S, c: S) => void): void =>
    fc.assert(fc.property(sets, sets, sets, check));

  describe(`the laws of ${name}`, () => {
    it("hold each operation to its meaning at every bound", () => {
      forPairs((one, other) => {
        const [both, either, rest] = [
          intersect(one, other),
          union(one, other),
          subtract(one, other),
        ];
        for (const point of algebra.pointsOf([one, other, both, either, rest])) {
          const [inOne, inOther] = [contains(one, point), contains(other, point)];
          expect(contains(either, point)).toBe(inOne || inOther);
          expect(contains(both, point)).toBe(inOne && inOther);
          expect(contains(rest, point)).toBe(inOne && !inOther);
        }
      });
    });

    it("give every result the one form that equal sets share", () => {
      forPairs((one, other) => {
        const results = [one, union(one, other), intersect(one, other), subtract(one, other)];
        expect(results.map(algebra.isCanonical)).toEqual([true, true, true, true]);
        expect(union(subtract(one, other), intersect(one, other))).toEqual(one);
      });
    });

    it("let union and intersection commute, associate and absorb", () => {
      forTriples((a, b, c) => {
        expect(union(a, b)).toEqual(union(b, a));
        expect(intersect(a, b)).toEqual(intersect(b, a));
        expect(union(union(a, b), c)).toEqual(union(a, union(b, c)));
        expect(intersect(intersect(a, b), c)).toEqual(intersect(a, intersect(b, c)));
        expect(union(a, intersect(a, b))).toEqual(a);
        expect(intersect(a, union(a, b))).toEqual(a);
      });
    });

    it("distribute each over the other, and complements over both", () => {
      forTriples((a, b, c) => {
        expect(intersect(a, union(b, c))).toEqual(union(intersect(a, b), intersect(a, c)));
        expect(union(a, intersect(b, c))).toEqual(intersect(union(a, b), union(a, c)));
        expect(complement(union(a, b))).toEqual(intersect(complement(a), complement(b)));
        expect(complement(intersect(a, b))).toEqual(union(complement(a), complement(b)));
      });
    });

    it("know the empty set, the universe and complements", () => {
      forPairs((a, b) => {
        expect([union(a, empty), intersect(a, universe), union(a, a), intersect(a, a)]).toEqual([
          a,
          a,
          a,
          a,
        ]);
        expect([intersect(a, empty), subtract(a, a), subtract(empty, a)]).toEqual([
          empty,
          empty,
          empty,
        ]);
        expect(union(a, universe)).toEqual(universe);
        expect([union(a, complement(a)), intersect(a, complement(a))]).toEqual([universe, empty]);
        expect(complement(complement(a))).toEqual(a);
        expect(subtract(a, b)).toEqual(intersect(a, complement(b)));
      });
    });

    it("call a set a subset where nothing of it is outside", () => {
      forPairs((a, b) => {
        expect(isSubset(intersect(a, b), a)).toBe(true);
        expect(isSubset(a, union(a, b))).toBe(true);
        expect([isSubset(empty, a), isSubset(a, universe)]).toEqual([true, true]);
        const isWithin = algebra
          .pointsOf([a, b])
          .every((point) => !contains(a, point) || contains(b, point));
        expect(isSubset(a, b)).toBe(isWithin);
      });
    });
  });
};
