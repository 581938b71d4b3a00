/** Orders texts by their characters' codes: the same on every machine. */
export const compareTexts = (one: string, other: string): number =>
  one < other ? -1 : one > other ? 1 : 0;
