/** { [key]: value }, or nothing at all when there is no value: for fields that are left out when absent. */
export const given = <K extends string, V>(
  key: K,
  value: V | undefined,
): { readonly [P in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });

/** The one empty list, for the many objects that have none. */
export const none: readonly never[] = Object.freeze([]);

/** A list, or the one empty list. */
export const listOrNone = <T>(list: readonly T[]): readonly T[] =>
  list.length === 0 ? none : list;

/** An object that is being made; its optional fields are set where there is something. */
export type Draft<T> = { -readonly [K in keyof T]: T[K] };
