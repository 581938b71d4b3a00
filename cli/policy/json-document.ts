import type { FieldShape, Shape } from "./answer-shapes.js";

/** A value as JSON has it. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json };

/**
 * An answer as the JSON of every interface: fields in the order of its shape, names in snake case. What the answer lacks
 * is left out, what the shape does not name is not printed.
 */
export const jsonDocument = (shape: Shape, answer: object): { readonly [name: string]: Json } =>
  Object.fromEntries(
    Object.entries(shape).flatMap(([field, of]) => {
      const value = (answer as Readonly<Record<string, unknown>>)[field];
      return value === undefined ? [] : [[snakeCase(field), fieldDocument(of, value)]];
    }),
  );

/** The documents of a list's items, made when they are asked for. */
export function* jsonItems(of: FieldShape | undefined, items: Iterable<object>): Iterable<Json> {
  for (const item of items) yield of === undefined ? {} : fieldDocument(itemShape(of), item);
}

const itemShape = (of: FieldShape): FieldShape => (of !== "value" && isListShape(of) ? of[0] : of);

const fieldDocument = (shape: FieldShape, value: unknown): Json => {
  if (shape === "value") return value as Json;
  if (isListShape(shape))
    return (value as readonly object[]).map((item) => jsonDocument(shape[0], item));
  return jsonDocument(shape, value as object);
};

const isListShape = (shape: Shape | readonly [Shape]): shape is readonly [Shape] =>
  Array.isArray(shape);

/** "blastRadius" as "blast_radius". */
export const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
