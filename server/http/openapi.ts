import { comments } from "../../gen/comments.js";
import { queryParameterNames } from "../rpc/transcode/bind.js";
import { errorShapeOf } from "../rpc/transcode/error-json.js";
import { resolveFieldPath } from "../rpc/transcode/parameters.js";
import type { Route } from "../rpc/transcode/routes.js";
import type { PathTemplate } from "../rpc/transcode/template.js";
import { type HttpHandler, sendText } from "./handler.js";
import {
  createSchemaMaker,
  described,
  type JsonSchema,
  type SchemaMaker,
} from "./openapi-schema.js";

/** `/openapi.json`: what REST serves, from the same annotations and proto comments. */
export const createOpenapiHandler = (options: OpenapiOptions): HttpHandler => {
  const text = `${JSON.stringify(openapiDocument(options), undefined, 2)}\n`;
  return {
    access: "get",
    handle: (_, response) =>
      sendText(response, { status: 200, contentType: "application/json", text }),
  };
};

type OpenapiOptions = {
  readonly routes: readonly Route[];
  /** Version of the product. */
  readonly version: string;
};

/** The OpenAPI 3.1 document of the routes. */
export const openapiDocument = ({ routes, version }: OpenapiOptions): JsonSchema => {
  const schemas = createSchemaMaker(comments);
  const paths: Record<string, Record<string, JsonSchema>> = {};
  const names = new Set<string>();
  for (const route of routes) {
    const path = openapiPath(route.template);
    const operationId = uniqueName(`${route.method.parent.name}_${route.method.name}`, names);
    const item = paths[path] ?? {};
    paths[path] = item;
    item[route.httpMethod.toLowerCase()] = { operationId, ...operation(route, schemas) };
  }
  const services = [...new Set(routes.map(({ method }) => method.parent))];
  return {
    openapi: "3.1.0",
    info: { title: "Causeway", version, description: infoText },
    security: [{}, { bearer: [] }],
    tags: services.map(({ name, typeName }) => ({ name, ...described(comments, typeName) })),
    paths,
    components: {
      schemas: { ...schemas.components(), Error: errorSchema, LegacyError: legacyErrorSchema },
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
    },
  };
};

const infoText =
  "Names are proto names, 64-bit integers strings, times RFC 3339. A number that was not measured is absent. " +
  "Streams are lines of JSON, or server-sent events with Accept: text/event-stream.";

const operation = (route: Route, schemas: SchemaMaker): JsonSchema => {
  const { method } = route;
  const body = requestBody(route, schemas);
  return {
    tags: [method.parent.name],
    ...described(comments, `${method.parent.typeName}.${method.name}`),
    parameters: [...pathParameters(route, schemas), ...queryParameters(route, schemas)],
    ...(body === undefined ? {} : { requestBody: body }),
    responses: { "200": answer(route, schemas), default: errorAnswer(route.template) },
  };
};

/** A template as OpenAPI writes it: names without patterns, and literal parts of patterns in place. */
const openapiPath = ({ segments, variables, verb }: PathTemplate): string => {
  const parts = segments.map((segment) => (segment.kind === "literal" ? segment.value : undefined));
  const written = variables.map(({ fieldPath, start, end }) => ({
    name: fieldPath.join("."),
    start,
    end,
  }));
  const path: string[] = [];
  for (let at = 0; at < parts.length; at += 1) {
    const variable = written.find(({ start }) => start === at);
    path.push(variable === undefined ? (parts[at] ?? "*") : `{${variable.name}}`);
    if (variable !== undefined) at = variable.end - 1;
  }
  return `/${path.join("/")}${verb === undefined ? "" : `:${verb}`}`;
};

const uniqueName = (base: string, taken: Set<string>): string => {
  let name = base;
  for (let number = 2; taken.has(name); number += 1) name = `${base}_${number}`;
  taken.add(name);
  return name;
};

const pathParameters = ({ template, method }: Route, schemas: SchemaMaker): readonly JsonSchema[] =>
  template.variables.map(({ fieldPath }) => ({
    name: fieldPath.join("."),
    in: "path",
    required: true,
    ...parameterSchema(resolveFieldPath(method.input, fieldPath)?.at(-1), schemas),
  }));

const queryParameters = (route: Route, schemas: SchemaMaker): readonly JsonSchema[] =>
  queryParameterNames(route).map((name) => ({
    name,
    in: "query",
    ...parameterSchema(resolveFieldPath(route.method.input, name.split("."))?.at(-1), schemas),
  }));

/** OpenAPI wants the description beside the schema, not in it. */
const parameterSchema = (
  field: Parameters<SchemaMaker["ofField"]>[0] | undefined,
  schemas: SchemaMaker,
): JsonSchema => {
  if (field === undefined) return { schema: {} };
  const { description, ...schema } = schemas.ofField(field);
  return { ...(description === undefined ? {} : { description }), schema };
};

const requestBody = ({ method, body }: Route, schemas: SchemaMaker): JsonSchema | undefined => {
  if (body === undefined) return undefined;
  const schema = body === "*" ? schemas.ofMessage(method.input) : schemas.ofField(body);
  return { required: true, content: { "application/json": { schema } } };
};

const answer = ({ method, responseBody }: Route, schemas: SchemaMaker): JsonSchema => {
  const schema =
    responseBody === undefined ? schemas.ofMessage(method.output) : schemas.ofField(responseBody);
  if (method.methodKind === "unary") {
    return { description: "The answer.", content: { "application/json": { schema } } };
  }
  const error = { $ref: "#/components/schemas/Error/properties/error" };
  const line = { oneOf: [frameSchema("result", schema), frameSchema("error", error)] };
  return {
    description: "A stream of answers; an error ends it.",
    content: { "application/x-ndjson": { schema: line }, "text/event-stream": { schema: line } },
  };
};

const frameSchema = (name: string, schema: JsonSchema): JsonSchema => ({
  type: "object",
  required: [name],
  properties: { [name]: schema },
});

const errorAnswer = ({ text }: PathTemplate): JsonSchema => {
  const name = errorShapeOf(text) === "legacy" ? "LegacyError" : "Error";
  const schema = { $ref: `#/components/schemas/${name}` };
  return { description: "An error.", content: { "application/json": { schema } } };
};

const errorSchema: JsonSchema = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "status", "message", "details"],
      properties: {
        code: { type: "integer", description: "The HTTP status." },
        status: { type: "string", description: "Name of the gRPC code." },
        message: { type: "string" },
        details: { type: "array", items: { type: "object" } },
      },
    },
  },
};

const legacyErrorSchema: JsonSchema = {
  type: "object",
  required: ["code", "message", "details"],
  properties: {
    code: { type: "string", description: "INVALID_REQUEST, or the name of the gRPC code." },
    message: { type: "string" },
    details: { type: "string" },
  },
};
