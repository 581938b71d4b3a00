import {
  type DescField,
  type DescMessage,
  fromJson,
  type JsonReadOptions,
  type JsonValue,
} from "@bufbuild/protobuf";
import { isFieldError } from "@bufbuild/protobuf/reflect";
import { closest } from "../../../common/closest.js";
import { RpcError } from "../errors.js";

type Options = Partial<JsonReadOptions>;

/** What is wrong with a JSON value, and where: `nodes[3].cores`, or "" for the value as a whole. */
type JsonFault = { readonly path: string; readonly why: string };

/** Reads ProtoJSON; throws INVALID_ARGUMENT naming the field, with `where` before it. */
export const messageFromJson = <Desc extends DescMessage>(
  desc: Desc,
  json: JsonValue,
  { where, options }: { readonly where: string; readonly options: Options },
) => {
  try {
    return fromJson(desc, json, options);
  } catch (cause) {
    const { path, why } = faultIn(desc, json, { options, cause });
    const message = [where, clipped(path), clipped(why)].filter((part) => part !== "").join(": ");
    throw new RpcError({
      code: "invalid_argument",
      message,
      details:
        path === "" ? [] : [{ kind: "bad_field", field: clipped(path), description: clipped(why) }],
      cause,
    });
  }
};

type Context = { readonly options: Options; readonly cause: unknown };

/** Walks into the field that alone makes the same message unreadable. Only run when something is wrong. */
const faultIn = (desc: DescMessage, json: JsonValue, context: Context): JsonFault => {
  const whole = { path: "", why: whyOf(context.cause) };
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    return hasOwnJsonForm(desc) ? whole : { path: "", why: "must be a JSON object" };
  }
  for (const [key, value] of Object.entries(json)) {
    const cause = errorOf(desc, { [key]: value }, context.options);
    if (cause === undefined) continue;
    const field = desc.fields.find(({ name, jsonName }) => name === key || jsonName === key);
    if (field === undefined) return { path: key, why: unknownField(desc, key) };
    return faultInField(field, value, { ...context, cause });
  }
  return whole;
};

const faultInField = (field: DescField, json: JsonValue, context: Context): JsonFault => {
  const whole = { path: field.name, why: whyOf(context.cause) };
  const { message } = field;
  if (field.enum !== undefined && field.fieldKind !== "map") {
    const names = field.enum.values.map(({ name }) => name).join(", ");
    return { path: field.name, why: `must be one of ${names}` };
  }
  if (message === undefined || field.fieldKind === "map" || hasOwnJsonForm(message)) return whole;
  if (field.fieldKind !== "list") return below(field.name, faultIn(message, json, context));
  if (!Array.isArray(json)) return whole;
  for (const [at, element] of json.entries()) {
    const cause = errorOf(message, element, context.options);
    if (cause === undefined) continue;
    return below(`${field.name}[${at}]`, faultIn(message, element, { ...context, cause }));
  }
  return whole;
};

/** ProtoJSON writes these in ways that their fields do not tell. */
const hasOwnJsonForm = ({ typeName }: DescMessage): boolean =>
  typeName.startsWith("google.protobuf.");

const below = (path: string, fault: JsonFault): JsonFault => ({
  path: fault.path === "" ? path : `${path}.${fault.path}`,
  why: fault.why,
});

const errorOf = (desc: DescMessage, json: JsonValue, options: Options): unknown => {
  try {
    fromJson(desc, json, options);
    return undefined;
  } catch (error) {
    return error;
  }
};

const whyOf = (error: unknown): string => {
  const { message, cause } = error as Error;
  return isFieldError(cause) ? cause.message : message;
};

/** Names and values in a message are the caller's; a message stays readable whatever they are. */
const clipped = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text);

const unknownField = (desc: DescMessage, key: string): string => {
  const names = desc.fields.map(({ name }) => name);
  const near = closest(key, names);
  return near === undefined
    ? `unknown field, ${desc.name} has ${names.join(", ")}`
    : `unknown field, did you mean ${near}?`;
};
