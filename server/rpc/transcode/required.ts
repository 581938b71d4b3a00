import { type DescMethod, getOption, type JsonValue } from "@bufbuild/protobuf";
import { FieldBehavior, field_behavior } from "../../../gen/google/api/field_behavior_pb.js";
import { wrongField } from "../request-fields.js";

/**
 * Holds that the JSON of a whole request names every field that `google.api.field_behavior` calls REQUIRED: afterwards an
 * absent list looks like an empty one. Throws INVALID_ARGUMENT naming the first that is missing or null.
 */
export const assertRequired = (
  { input }: DescMethod,
  body: JsonValue | undefined,
  given: ReadonlySet<string>,
): void => {
  const named = new Map(Object.entries(body ?? {}));
  for (const field of input.fields) {
    const { name, jsonName } = field;
    if (!getOption(field, field_behavior).includes(FieldBehavior.REQUIRED) || given.has(name)) {
      continue;
    }
    const value = named.get(name) ?? named.get(jsonName);
    if (value === undefined || value === null) throw wrongField(name, "must be set");
  }
};
