import { create, type DescField, type DescMessage, type MessageShape } from "@bufbuild/protobuf";

// Messages that say something by being absent; every other one that a server leaves out counts as empty.
const mayBeAbsent = new Set([
  "causeway.v1.DecidedPart.rule",
  "causeway.v1.PolicyMiss.rule",
  "causeway.v1.PolicyFix.after",
  "causeway.v1.DiagnosisEnds.a",
  "causeway.v1.DiagnosisEnds.b",
  "causeway.v1.DiagnosisCause.remediation",
]);

/**
 * A message as the plain answer that it mirrors: `T` is the type of the answer whose fields the message has. What a server
 * left out is filled in, so that no part of an answer is missing.
 */
export const viewFrom = <T>(
  schema: DescMessage,
  message: MessageShape<DescMessage> | undefined,
): T => viewOf(schema, message ?? create(schema)) as T;

const viewOf = (schema: DescMessage, message: object): unknown =>
  Object.fromEntries(
    schema.fields.flatMap((field) => {
      const given: unknown = (message as Readonly<Record<string, unknown>>)[field.localName];
      const value = fieldView(field, given);
      return value === undefined ? [] : [[field.localName, value]];
    }),
  );

const fieldView = (field: DescField, value: unknown): unknown => {
  if (field.fieldKind === "message") {
    if (value !== undefined) return viewOf(field.message, value as object);
    const name = `${field.parent.typeName}.${field.localName}`;
    return mayBeAbsent.has(name) ? undefined : viewOf(field.message, create(field.message));
  }
  if (field.fieldKind !== "list" || field.listKind !== "message") return value;
  const { message } = field;
  return (value as readonly object[]).map((item) => viewOf(message, item));
};
