import {
  create,
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonReadOptions,
  type JsonValue,
  type Message,
  mergeFromJson,
} from "@bufbuild/protobuf";
import { RpcError } from "../errors.js";
import { messageFromJson } from "./json-fault.js";
import {
  type FieldPath,
  isParameterField,
  jsonFromText,
  parameterNames,
  resolveFieldPath,
} from "./parameters.js";
import { assertRequired } from "./required.js";
import type { Route } from "./routes.js";
import type { PathVariables } from "./template.js";

/** What a REST request says. */
export type RestInput = {
  readonly variables: PathVariables;
  readonly query: URLSearchParams;
  /** The parsed body; undefined when there was none. */
  readonly body: JsonValue | undefined;
};

/**
 * Makes a method's request message: body first, then query parameters, then path variables, which overwrite. With
 * ignoreUnknownFields unknown parameters are ignored too. Throws INVALID_ARGUMENT naming the field.
 */
export const bindRequest = (
  route: Route,
  { variables, query, body }: RestInput,
  options: Partial<JsonReadOptions>,
): Message => {
  const { input } = route.method;
  const message = body === undefined ? create(input) : messageFromBody(route, body, options);
  if (route.body === "*") assertRequired(route.method, body, takenNames(route));
  const parameters = [...query].flatMap(([name, text]) => {
    const path = parameterNamed(route, name);
    if (path === undefined && options.ignoreUnknownFields === true) return [];
    return [{ path: path ?? refuseParameter(route, name), text }];
  });
  const fromPath = [...variables].map(([name, text]) => ({
    path: resolveFieldPath(input, name.split(".")) ?? [],
    text,
  }));
  for (const part of [parameters, fromPath]) {
    const json = jsonFromParameters(part);
    messageFromJson(input, json, { where: "", options });
    mergeFromJson(input, message, json, options);
  }
  return message;
};

/** Names that a route takes as query parameters. */
export const queryParameterNames = (route: Route): readonly string[] =>
  route.body === "*" ? [] : parameterNames(route.method.input, takenNames(route));

const takenNames = ({ template, body }: Route): ReadonlySet<string> =>
  new Set([
    ...template.variables.map(({ fieldPath }) => fieldPath.join(".")),
    ...(body === undefined || body === "*" ? [] : [body.name]),
  ]);

const messageFromBody = (
  { method, body: target }: Route,
  body: JsonValue,
  options: Partial<JsonReadOptions>,
): Message => {
  if (target === undefined) return create(method.input);
  const json = target === "*" ? body : { [target.name]: body };
  return messageFromJson<DescMessage>(method.input, json, { where: "body", options });
};

const parameterNamed = (route: Route, name: string): FieldPath | undefined => {
  if (route.body === "*") return undefined;
  const path = resolveFieldPath(route.method.input, name.split("."));
  const leaf = path?.at(-1);
  if (path === undefined || leaf === undefined || !isParameterField(leaf)) return undefined;
  const taken = takenNames(route);
  const isTaken = path.some((_, at) => taken.has(dotted(path.slice(0, at + 1))));
  return isTaken ? undefined : path;
};

const dotted = (path: FieldPath): string => path.map(({ name }) => name).join(".");

const refuseParameter = (route: Route, name: string): never => {
  const allowed = queryParameterNames(route);
  const takes = allowed.length === 0 ? "takes none" : `takes ${allowed.join(", ")}`;
  throw new RpcError({
    code: "invalid_argument",
    message: `unknown query parameter "${name}"; ${route.template.text} ${takes}`,
    details: [{ kind: "bad_field", field: name, description: "unknown query parameter" }],
  });
};

type Parameter = { readonly path: FieldPath; readonly text: string };

/** One JSON object of all parameters: lists append, of a single value the last one stays. */
const jsonFromParameters = (parameters: readonly Parameter[]): JsonObject => {
  const root: JsonObject = {};
  for (const { path, text } of parameters) {
    const leaf = path.at(-1);
    if (leaf === undefined) continue;
    const scope = path.slice(0, -1).reduce(childOf, root);
    const value = jsonFromText(leaf, text);
    const before = scope[leaf.name];
    if (leaf.fieldKind !== "list") scope[leaf.name] = value;
    else if (Array.isArray(before)) before.push(value);
    else scope[leaf.name] = [value];
  }
  return root;
};

/** The object under a message field's name, made when it is missing. */
const childOf = (scope: JsonObject, { name }: DescField): JsonObject => {
  const child = (scope[name] ?? {}) as JsonObject;
  scope[name] = child;
  return child;
};
