import {
  type DescEnum,
  type DescField,
  type DescMessage,
  getOption,
  ScalarType,
} from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { FieldBehavior, field_behavior } from "../../gen/google/api/field_behavior_pb.js";

/** A JSON Schema or a part of an OpenAPI document. */
export type JsonSchema = { readonly [key: string]: unknown };

/** Comments by full proto name. */
export type Comments = Readonly<Record<string, string>>;

/** Makes schemas of proto types as ProtoJSON writes them, and collects those that are referred to. */
export interface SchemaMaker {
  /** Schema of one field, lists and maps included. */
  ofField(field: DescField): JsonSchema;
  /** Reference to a message's schema, or the schema itself where ProtoJSON has a form of its own. */
  ofMessage(message: DescMessage): JsonSchema;
  /** All schemas that were referred to, by full name; sorted. */
  components(): JsonSchema;
}

/** Starts with no schemas. */
export const createSchemaMaker = (comments: Comments): SchemaMaker => {
  const made = new Map<string, JsonSchema>();

  const reference = (desc: DescMessage | DescEnum, make: () => JsonSchema): JsonSchema => {
    if (!made.has(desc.typeName)) {
      // Set before it is made: a message may hold itself.
      made.set(desc.typeName, {});
      made.set(desc.typeName, { ...described(comments, desc.typeName), ...make() });
    }
    return { $ref: `#/components/schemas/${desc.typeName}` };
  };
  const ofMessage = (message: DescMessage): JsonSchema =>
    wellKnownSchema(message) ?? reference(message, () => objectSchema(message));
  const objectSchema = (message: DescMessage): JsonSchema => ({
    type: "object",
    ...requiredNames(message),
    properties: Object.fromEntries(message.fields.map((field) => [field.name, ofField(field)])),
  });
  const ofValue = (field: DescField): JsonSchema => {
    if (field.message !== undefined) return ofMessage(field.message);
    const { enum: values, scalar } = field;
    if (values !== undefined) return reference(values, () => enumSchema(values));
    return scalar === undefined ? {} : scalarSchema(scalar);
  };
  const ofField = (field: DescField): JsonSchema => ({
    ...described(comments, `${field.parent?.typeName ?? ""}.${field.name}`),
    ...shapeOf(field, ofValue(field)),
  });
  return {
    ofField,
    ofMessage,
    components: () => Object.fromEntries([...made].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
};

const requiredNames = ({ fields }: DescMessage): JsonSchema => {
  const required = fields.filter((field) =>
    getOption(field, field_behavior).includes(FieldBehavior.REQUIRED),
  );
  return required.length === 0 ? {} : { required: required.map(({ name }) => name) };
};

/** A description, when the protos have a comment. */
export const described = (comments: Comments, name: string): JsonSchema => {
  const description = comments[name];
  return description === undefined ? {} : { description };
};

const shapeOf = (field: DescField, value: JsonSchema): JsonSchema => {
  if (field.fieldKind === "list") return { type: "array", items: value };
  if (field.fieldKind === "map") return { type: "object", additionalProperties: value };
  return value;
};

const enumSchema = ({ values }: DescEnum): JsonSchema => ({
  type: "string",
  enum: values.map(({ name }) => name),
});

const scalarSchema = (scalar: ScalarType): JsonSchema => {
  switch (scalar) {
    case ScalarType.BOOL:
      return { type: "boolean" };
    case ScalarType.STRING:
      return { type: "string" };
    case ScalarType.BYTES:
      return { type: "string", contentEncoding: "base64" };
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return { type: "number" };
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return { type: "string", format: "int64" };
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return { type: "string", format: "uint64" };
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return { type: "integer", format: "int64", minimum: 0, maximum: 4_294_967_295 };
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return { type: "integer", format: "int32" };
  }
};

const wellKnownSchema = (message: DescMessage): JsonSchema | undefined => {
  const [value] = message.fields;
  if (isWrapperDesc(message) && value?.scalar !== undefined) return scalarSchema(value.scalar);
  return wellKnown[message.typeName];
};

const wellKnown: Readonly<Record<string, JsonSchema>> = {
  "google.protobuf.Timestamp": { type: "string", format: "date-time" },
  "google.protobuf.Duration": { type: "string", pattern: "^-?[0-9]+(\\.[0-9]+)?s$" },
  "google.protobuf.FieldMask": { type: "string" },
  "google.protobuf.Struct": { type: "object" },
  "google.protobuf.Value": {},
  "google.protobuf.ListValue": { type: "array", items: {} },
  "google.protobuf.Any": {
    type: "object",
    properties: { "@type": { type: "string" } },
    additionalProperties: true,
  },
};
