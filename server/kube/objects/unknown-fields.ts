import { closest } from "../../../common/closest.js";
import type { Field } from "./field.js";

/**
 * Warns of fields that the API does not have. The API server drops them (fieldValidation=Warn), so the object means what
 * is left of it; kubectl refuses it.
 */
export const warnUnknownFields = (field: Field, known: readonly string[]): void => {
  const map = field.value as Readonly<Record<string, unknown>>;
  for (const key in map) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    field
      .field(key)
      .warning(
        `is no field of this API and has no effect${near === undefined ? "" : `: did you mean ${near}?`}`,
      );
  }
};

const nearest = (key: string, known: readonly string[]): string | undefined => {
  const lower = closest(
    key,
    known.map((word) => word.toLowerCase()),
  );
  return known.find((word) => word.toLowerCase() === lower);
};
