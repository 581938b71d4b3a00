import { type DescField, type DescMessage, type JsonValue, ScalarType } from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { RpcError } from "../errors.js";

/** Fields from the outer message to the inner; the last one holds the value. */
export type FieldPath = readonly DescField[];

/** Walks message fields by proto or JSON names; undefined when a name is unknown or a field on the way is no message. */
export const resolveFieldPath = (
  message: DescMessage,
  names: readonly string[],
): FieldPath | undefined => {
  const path: DescField[] = [];
  let scope: DescMessage | undefined = message;
  for (const name of names) {
    const field: DescField | undefined = scope?.fields.find(
      (candidate) => candidate.name === name || candidate.jsonName === name,
    );
    if (field === undefined) return undefined;
    path.push(field);
    scope =
      field.fieldKind === "message" && !hasStringForm(field.message) ? field.message : undefined;
  }
  return path;
};

/** Whether a field can be a query parameter: scalars, enums, messages that JSON writes as one value, and lists of them. */
export const isParameterField = (field: DescField): boolean => {
  if (field.fieldKind === "map") return false;
  return field.message === undefined || hasStringForm(field.message);
};

/** Dotted proto names of all query parameters of a message, except those set otherwise. */
export const parameterNames = (
  message: DescMessage,
  taken: ReadonlySet<string> = new Set(),
): readonly string[] =>
  [...parametersOf(message, taken)].map((path) => path.map(({ name }) => name).join("."));

/** All query parameters of a message, except those whose dotted name is taken. Recursive messages are entered once. */
export function* parametersOf(
  message: DescMessage,
  taken: ReadonlySet<string>,
  above: FieldPath = [],
  inside: readonly DescMessage[] = [],
): Generator<FieldPath> {
  if (inside.includes(message)) return;
  for (const field of message.fields) {
    const path = [...above, field];
    if (taken.has(path.map(({ name }) => name).join("."))) continue;
    if (isParameterField(field)) yield path;
    else if (field.fieldKind === "message") {
      yield* parametersOf(field.message, taken, path, [...inside, message]);
    }
  }
}

/** The ProtoJSON of one value that came as text. What cannot be seen from the text alone is left to fromJson. */
export const jsonFromText = (field: DescField, text: string): JsonValue => {
  if (field.enum !== undefined) return /^-?\d+$/.test(text) ? Number(text) : text;
  const wrapped =
    field.message !== undefined && isWrapperDesc(field.message) ? field.message.fields[0] : field;
  return wrapped?.scalar === ScalarType.BOOL ? booleanFromText(field, text) : text;
};

const booleanFromText = (field: DescField, text: string): boolean => {
  if (/^(true|1)$/i.test(text)) return true;
  if (/^(false|0)$/i.test(text)) return false;
  throw new RpcError({
    code: "invalid_argument",
    message: `${field.name}: expected true or false, got "${text}"`,
    details: [{ kind: "bad_field", field: field.name, description: "expected true or false" }],
  });
};

/** Messages that ProtoJSON writes as a string, number or boolean. */
const hasStringForm = (message: DescMessage): boolean =>
  isWrapperDesc(message) || stringForms.has(message.typeName);

const stringForms: ReadonlySet<string> = new Set([
  "google.protobuf.Timestamp",
  "google.protobuf.Duration",
  "google.protobuf.FieldMask",
  "google.protobuf.Value",
]);
