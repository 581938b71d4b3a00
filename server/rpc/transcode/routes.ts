import {
  type DescField,
  type DescMessage,
  type DescMethod,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type DescService,
  getOption,
  hasOption,
} from "@bufbuild/protobuf";
import { http } from "../../../gen/google/api/annotations_pb.js";
import type { HttpRule } from "../../../gen/google/api/http_pb.js";
import { isParameterField, resolveFieldPath } from "./parameters.js";
import {
  matchTemplate,
  type PathTemplate,
  type PathVariables,
  parseTemplate,
  pathSegments,
  pathVariables,
} from "./template.js";

/** A method that REST can call. */
export type RestMethod = DescMethodUnary | DescMethodServerStreaming;

/** One HTTP method and path of one RPC. */
export type Route = {
  /** Upper case; "*" takes every method. */
  readonly httpMethod: string;
  readonly template: PathTemplate;
  readonly method: RestMethod;
  /** Where the request's body goes: all of the message, one field, or nowhere. */
  readonly body: "*" | DescField | undefined;
  /** The field that is the answer's body; undefined for the whole message. */
  readonly responseBody: DescField | undefined;
};

/** What a request's method and path lead to. */
export type RouteMatch =
  | { readonly kind: "found"; readonly route: Route; readonly variables: PathVariables }
  /** The path is known, under these other methods. */
  | { readonly kind: "wrong_method"; readonly allow: readonly string[] }
  | { readonly kind: "none" };

/** Finds routes. */
export interface RouteTable {
  /** All routes, in the order of the protos. */
  readonly routes: readonly Route[];
  /**
   * The most exact route for a method and a still encoded path without query. Throws INVALID_ARGUMENT when a variable is
   * badly encoded.
   */
  find(httpMethod: string, path: string): RouteMatch;
}

/** Reads the `google.api.http` annotations of services. Throws on an annotation that cannot work, naming the RPC. */
export const createRouteTable = (services: readonly DescService[]): RouteTable => {
  const routes = services.flatMap((service) => service.methods.flatMap(routesOfMethod));
  assertNoTwins(routes);
  const byRank = [...routes].sort((a, b) => (a.template.rank < b.template.rank ? 1 : -1));
  return {
    routes,
    find: (httpMethod, path) => {
      const segments = pathSegments(path);
      const allow = new Set<string>();
      for (const route of byRank) {
        const matched = matchTemplate(route.template, segments);
        if (matched === undefined) continue;
        if (route.httpMethod === httpMethod || route.httpMethod === "*") {
          return { kind: "found", route, variables: pathVariables(route.template, matched) };
        }
        allow.add(route.httpMethod);
      }
      return allow.size === 0
        ? { kind: "none" }
        : { kind: "wrong_method", allow: [...allow].sort() };
    },
  };
};

const routesOfMethod = (method: DescMethod): readonly Route[] => {
  if (!hasOption(method, http)) return [];
  const rule = getOption(method, http);
  const fail = failFor(method);
  if (rule.additionalBindings.some((inner) => inner.additionalBindings.length > 0)) {
    fail("additional_bindings do not nest");
  }
  return [rule, ...rule.additionalBindings].map((binding) => routeFrom(method, binding));
};

const failFor =
  (method: DescMethod) =>
  (why: string): never => {
    throw new Error(`google.api.http of ${method.parent.typeName}.${method.name}: ${why}`);
  };

const routeFrom = (method: DescMethod, rule: HttpRule): Route => {
  const fail = failFor(method);
  if (!isRestMethod(method)) return fail("REST has no client streams");
  const { httpMethod, path } = patternOf(rule) ?? fail("has no path");
  const template = parseTemplate(path);
  for (const { fieldPath } of template.variables) {
    const field = resolveFieldPath(method.input, fieldPath)?.at(-1);
    if (field === undefined) fail(`${method.input.typeName} has no ${fieldPath.join(".")}`);
    else if (field.fieldKind === "list" || !isParameterField(field))
      fail(`${field.name} cannot be in a path`);
  }
  const fieldNamed = (message: DescMessage, name: string): DescField | undefined => {
    if (name === "") return undefined;
    return (
      message.fields.find((field) => field.name === name) ??
      fail(`${message.typeName} has no ${name}`)
    );
  };
  return {
    httpMethod,
    template,
    method,
    body: rule.body === "*" ? "*" : fieldNamed(method.input, rule.body),
    responseBody: fieldNamed(method.output, rule.responseBody),
  };
};

const isRestMethod = (method: DescMethod): method is RestMethod =>
  method.methodKind === "unary" || method.methodKind === "server_streaming";

const patternOf = ({ pattern }: HttpRule): { httpMethod: string; path: string } | undefined => {
  if (pattern.case === undefined) return undefined;
  return pattern.case === "custom"
    ? { httpMethod: pattern.value.kind.toUpperCase(), path: pattern.value.path }
    : { httpMethod: pattern.case.toUpperCase(), path: pattern.value };
};

/** Two routes that match exactly the same requests would leave one of them dead. */
const assertNoTwins = (routes: readonly Route[]): void => {
  const seen = new Map<string, Route>();
  for (const route of routes) {
    const { segments, verb } = route.template;
    const shape = segments.map((segment) =>
      segment.kind === "literal" ? segment.value : `<${segment.kind}>`,
    );
    const key = `${route.httpMethod} /${shape.join("/")}:${verb ?? ""}`;
    const twin = seen.get(key);
    if (twin !== undefined) {
      throw new Error(
        `${route.method.name} and ${twin.method.name} both serve ${route.httpMethod} ${route.template.text}`,
      );
    }
    seen.set(key, route);
  }
};
