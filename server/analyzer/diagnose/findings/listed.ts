import { namesTextMax } from "../limits.js";

/** The first of some names in words, and how many more there are. */
export const listed = (names: readonly string[]): string => {
  const more = names.length - namesTextMax;
  const shown = names.slice(0, namesTextMax).join(", ");
  return more > 0 ? `${shown} and ${more} more` : shown;
};
