/** Distance of two words: insertions, deletions, replacements and swaps of neighbours. */
const distance = (one: string, other: string): number => {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const same = one[row - 1] === other[column - 1];
      const swapped =
        row > 1 &&
        column > 1 &&
        one[row - 1] === other[column - 2] &&
        one[row - 2] === other[column - 1];
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[other.length] ?? 0;
};

/** Longest word that is compared: what is longer is no slip of the finger, and costs time. */
const wordCharsMax = 64;

/**
 * The known word that a wrong one was probably meant to be: at most two slips, or a third of its length, away.
 * Undefined when none is near.
 */
export const closest = (wrong: string, known: readonly string[]): string | undefined => {
  if (wrong.length > wordCharsMax) return undefined;
  let best: { readonly word: string; readonly slips: number } | undefined;
  for (const word of known) {
    const slips = distance(wrong.toLowerCase(), word);
    const allowed = Math.min(2, Math.max(1, Math.floor(word.length / 3)));
    if (slips <= allowed && (best === undefined || slips < best.slips)) best = { word, slips };
  }
  return best?.word;
};
