import { compareTexts } from "./compare-texts.js";

/** What names an object. */
export type Named = { readonly namespace: string; readonly name: string; readonly kind: string };

/** Orders objects by namespace, name and kind. */
export const compareNames = (one: Named, other: Named): number =>
  compareTexts(one.namespace, other.namespace) ||
  compareTexts(one.name, other.name) ||
  compareTexts(one.kind, other.kind);
