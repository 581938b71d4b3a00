import {
  type DescMethod,
  type DescService,
  type JsonObject,
  type JsonValue,
  type Message,
  type Registry,
  toJson,
} from "@bufbuild/protobuf";
import { ConnectError, type Transport } from "@connectrpc/connect";
import type { Logger } from "../../../common/logger.js";
import { type HttpRequest, type HttpResponse, sendText, splitUrl } from "../../http/handler.js";
import { connectErrorFrom, RpcError } from "../errors.js";
import { bindRequest } from "./bind.js";
import { readJsonBody } from "./body.js";
import { errorShapeOf, isOwnFault, restErrorFrom } from "./error-json.js";
import { createRouteTable, type Route, type RouteMatch, type RouteTable } from "./routes.js";
import { framingOf, streamHeaders, writeMessage } from "./stream-reply.js";
import type { PathVariables } from "./template.js";

/** REST for RPCs with `google.api.http` annotations. */
export interface Transcoder {
  readonly table: RouteTable;
  /** The route for a request; HEAD finds GET. Throws INVALID_ARGUMENT on a badly encoded path. */
  match(httpMethod: string, path: string): RouteMatch;
  /** Calls the RPC and answers; never rejects. */
  handle(request: HttpRequest, response: HttpResponse, found: FoundRoute): Promise<void>;
}

/** A route and its path variables, as `match` found them. */
export type FoundRoute = { readonly route: Route; readonly variables: PathVariables };

type TranscoderOptions = {
  readonly services: readonly DescService[];
  /** Where calls go: a router transport, so that they pass the same interceptors as all other calls. */
  readonly transport: Transport;
  /** Types that Any fields may hold. */
  readonly registry: Registry;
  /** Bytes that a body may have. */
  readonly bodyBytesMax: (method: DescMethod) => number;
  readonly logger: Logger;
};

/** Makes a transcoder. Throws on an annotation that cannot work. */
export const createTranscoder = (options: TranscoderOptions): Transcoder => {
  const table = createRouteTable(options.services);
  return {
    table,
    match: (httpMethod, path) => table.find(httpMethod === "HEAD" ? "GET" : httpMethod, path),
    handle: async (request, response, found) => {
      const abort = new AbortController();
      response.once("close", () => abort.abort());
      const call = { ...options, request, response, found, signal: abort.signal };
      try {
        await (found.route.method.methodKind === "unary" ? replyOnce(call) : replyStream(call));
      } catch (error) {
        if (!abort.signal.aborted) replyError(call, error);
      }
    },
  };
};

type Call = TranscoderOptions & {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  readonly found: FoundRoute;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
};

const replyOnce = async (call: Call): Promise<void> => {
  const { route } = call.found;
  if (route.method.methodKind !== "unary") return;
  const message = await boundMessage(call);
  const timeoutMs = timeoutOf(call.request);
  const header = passedHeaders(call.request);
  const { method } = route;
  const answer = await call.transport.unary(method, call.signal, timeoutMs, header, message);
  sendJson(call.response, { status: 200, json: answerJson(call, answer.message) });
};

const replyStream = async (call: Call): Promise<void> => {
  const { request, response, signal, transport, found } = call;
  const { method } = found.route;
  if (method.methodKind !== "server_streaming") return;
  const framing = framingOf(request);
  if (request.method === "HEAD") {
    response.writeHead(200, streamHeaders(framing));
    response.end();
    return;
  }
  const message = await boundMessage(call);
  const [timeoutMs, header] = [timeoutOf(request), passedHeaders(request)];
  const answer = await transport.stream(method, signal, timeoutMs, header, one(message));
  const messages = answer.message[Symbol.asyncIterator]();
  // The first message is awaited before the headers, so that an early error keeps its HTTP status.
  let next = await messages.next();
  response.writeHead(200, streamHeaders(framing));
  try {
    for (; next.done !== true; next = await messages.next()) {
      const json = { result: answerJson(call, next.value) };
      await writeMessage(response, { framing, json, signal });
    }
  } catch (error) {
    if (signal.aborted) return;
    const { json } = restErrorOf(call, error);
    const frame = "error" in json ? json : { error: json };
    await writeMessage(response, { framing, json: frame, signal });
  }
  response.end();
};

async function* one<T>(value: T): AsyncGenerator<T> {
  yield value;
}

const boundMessage = async ({ request, found, registry, bodyBytesMax }: Call): Promise<Message> => {
  const { route, variables } = found;
  const [path, query] = splitUrl(request.url ?? "");
  const body =
    route.body === undefined ? undefined : await readJsonBody(request, bodyBytesMax(route.method));
  const ignoreUnknownFields = errorShapeOf(path) === "legacy";
  const input = { variables, query: new URLSearchParams(query), body };
  return bindRequest(route, input, { registry, ignoreUnknownFields });
};

/** The message as the contract has JSON: proto names, defaults written out. */
const answerJson = ({ found, registry }: Call, message: Message): JsonValue => {
  const { method, responseBody } = found.route;
  const json = toJson(method.output, message, {
    useProtoFieldName: true,
    alwaysEmitImplicit: true,
    registry,
  });
  if (responseBody === undefined) return json;
  return (json as JsonObject)[responseBody.name] ?? null;
};

const passedNames = ["authorization", "traceparent", "tracestate", "x-request-id"];

const passedHeaders = ({ headers }: HttpRequest): Headers => {
  const passed = new Headers();
  for (const name of passedNames) {
    const value = headers[name];
    if (typeof value === "string") passed.set(name, value);
  }
  return passed;
};

const timeoutOf = ({ headers }: HttpRequest): number | undefined => {
  const text = headers["connect-timeout-ms"];
  if (text === undefined) return undefined;
  if (typeof text === "string" && /^\d{1,10}$/.test(text)) return Number(text);
  throw new RpcError({
    code: "invalid_argument",
    message: "connect-timeout-ms is not a number of milliseconds",
  });
};

const restErrorOf = ({ request, found, logger }: Call, thrown: unknown) => {
  const error = connectErrorFrom(thrown);
  // What comes from the call itself was logged at its edge.
  if (isOwnFault(error.code) && !(thrown instanceof ConnectError)) {
    const { method } = found.route;
    logger.error({ method: method.name, error: String(error.cause ?? error) }, "call failed");
  }
  return restErrorFrom(error, errorShapeOf(splitUrl(request.url ?? "")[0]));
};

const replyError = (call: Call, thrown: unknown): void => {
  const { response } = call;
  const { httpStatus, json, retryAfterS } = restErrorOf(call, thrown);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (retryAfterS !== undefined) response.setHeader("retry-after", String(retryAfterS));
  sendJson(response, { status: httpStatus, json });
};

const sendJson = (
  response: HttpResponse,
  { status, json }: { readonly status: number; readonly json: JsonValue },
): void =>
  sendText(response, {
    status,
    contentType: "application/json",
    text: `${JSON.stringify(json)}\n`,
  });
