import { constants } from "node:http2";
import { createContextValues } from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import {
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from "@connectrpc/connect-node";
import type { Logger } from "../../common/logger.js";
import { dropUnreadBody, type HttpRequest, type HttpResponse } from "../http/handler.js";
import { frameGuardViolationsPerConnectionMax } from "../limits.js";
import { type ApiAuthenticator, bearerToken } from "./api-auth.js";
import { callUser } from "./call-edge.js";
import { RpcError } from "./errors.js";
import { guardReadable } from "./frame-guard.js";
import {
  answerPreflight,
  checkHost,
  checkOrigin,
  type GateRefusal,
  isPreflight,
} from "./query-gate.js";
import type { SocketTimes } from "./query-sockets.js";
import { accessOf, type QueryTarget } from "./query-target.js";
import { refuse } from "./refusal.js";
import type { Transcoder } from "./transcode/transcoder.js";

/** What all requests of a port share. */
export type ExchangeParts = {
  readonly find: (request: HttpRequest) => QueryTarget;
  readonly transcoder: Transcoder;
  /** Origins whose web pages may call. */
  readonly origins: ReadonlySet<string>;
  readonly authenticator: ApiAuthenticator | undefined;
  readonly openLegacy: boolean;
  readonly logger: Logger;
};

/** One request and its answer. */
export type Exchange = ExchangeParts & {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  /** Whether the port is bound to loopback and Host has to say so. */
  readonly checksHost: boolean;
  readonly times: Pick<SocketTimes, "requestMs" | "stallMs">;
};

/** Serves one request: gate, token, then what it is for. The body is not read before. Never rejects. */
export const serveExchange = async (exchange: Exchange): Promise<void> => {
  guardRequest(exchange);
  dropUnreadBody(exchange.request, exchange.response);
  const target = exchange.find(exchange.request);
  limitRequestTime(exchange, target);
  limitStall(exchange);
  try {
    const refusal = refusalAtGate(exchange);
    if (refusal !== undefined) return refuseTarget(exchange, target, refusal);
    if (isPreflight(exchange.request)) return answerPreflight(exchange.response);
    const user = await authorizedUser(exchange, target);
    if (isGone(exchange.request)) return;
    await callUser.run(user, () => serveTarget(exchange, target));
  } catch (error) {
    handleFailure(exchange, target, error);
  }
};

const refusalAtGate = ({
  request,
  response,
  checksHost,
  origins,
}: Exchange): GateRefusal | undefined =>
  (checksHost ? checkHost(request) : undefined) ?? checkOrigin(request, response, origins);

const refuseTarget = (
  { request, response }: Exchange,
  target: QueryTarget,
  refusal: { readonly error: unknown; readonly httpStatus?: number },
): void => {
  const style = target.kind === "nothing" ? target.style : target.kind;
  refuse({ request, response, ...refusal }, style === "rpc" ? "rpc" : "rest");
};

const handleFailure = (exchange: Exchange, target: QueryTarget, error: unknown): void => {
  const { request, response, logger } = exchange;
  if (isGone(request)) return;
  if (!(error instanceof RpcError)) logger.error({ error: String(error) }, "request failed");
  if (response.headersSent) response.destroy();
  else refuseTarget(exchange, target, { error });
};

const isGone = (request: HttpRequest): boolean =>
  "stream" in request ? request.stream.destroyed : request.socket.destroyed;

/** Who calls; empty when the target is open. Throws UNAUTHENTICATED or PERMISSION_DENIED. Reads no body. */
const authorizedUser = async (
  { response, request, authenticator, openLegacy }: Exchange,
  target: QueryTarget,
): Promise<string> => {
  const access = accessOf(target, openLegacy);
  if (authenticator === undefined || access === undefined) return "";
  const token = bearerToken(request.headers.authorization);
  const verdict =
    token === undefined
      ? { kind: "unauthenticated" as const, message: "a bearer token is required" }
      : await authenticator.authorize(token, access);
  switch (verdict.kind) {
    case "allowed":
      return verdict.user;
    case "unauthenticated":
      response.setHeader("www-authenticate", "Bearer");
      throw new RpcError({ code: "unauthenticated", message: verdict.message });
    case "denied":
      throw new RpcError({ code: "permission_denied", message: verdict.message });
  }
};

const serveTarget = async (exchange: Exchange, target: QueryTarget): Promise<void> => {
  const { request, response, transcoder } = exchange;
  switch (target.kind) {
    case "http":
      return target.handler.handle(request, response);
    case "rpc":
      return serveRpc(exchange, target.handler);
    case "rest":
      return transcoder.handle(request, response, target.found);
    case "nothing":
      if (target.allow !== undefined) response.setHeader("allow", target.allow.join(", "));
      if (target.allow !== undefined && request.method === "OPTIONS") {
        response.writeHead(204);
        response.end();
        return;
      }
      return refuseTarget(exchange, target, target);
  }
};

const serveRpc = async (
  { request, response, logger }: Exchange,
  handler: UniversalHandler,
): Promise<void> => {
  const call = {
    ...universalRequestFromNodeRequest(request, response, undefined, createContextValues()),
    // Connect's own body destroys a request that it stops reading, and the connection with it.
    body: request.iterator({ destroyOnReturn: false }),
  };
  try {
    await universalResponseToNodeResponse(await handler(call), response);
  } catch (error) {
    // The client has gone away while the answer was written.
    logger.debug({ error: String(error) }, "answer not written");
    response.destroy();
  }
};

/** Ends HTTP/2 requests that do not come whole in time, as Node does for HTTP/1.1. Two-way streams may stay open. */
const limitRequestTime = ({ request, times }: Exchange, target: QueryTarget): void => {
  if (!("stream" in request) || request.stream.endAfterHeaders) return;
  if (target.kind === "rpc" && target.handler.method.methodKind === "bidi_streaming") return;
  const { stream } = request;
  const timer = setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), times.requestMs);
  const stop = () => clearTimeout(timer);
  request.once("end", stop);
  stream.once("close", stop);
};

/** Ends answers that wait for a reader who takes nothing; one that has nothing to send may be quiet for ever. */
const limitStall = ({ request, response, times, logger }: Exchange): void => {
  const [timed, waits] =
    "stream" in request ? [request.stream, request.stream] : [response, request.socket];
  // Not by setTimeout's callback, which an HTTP/2 stream calls only the first time.
  timed.on("timeout", () => {
    if (waits.writableLength === 0) return;
    logger.debug({ waitingBytes: waits.writableLength }, "answer not read");
    if ("stream" in request) request.stream.close(constants.NGHTTP2_CANCEL);
    else request.socket.destroy();
  });
  timed.setTimeout(times.stallMs);
};

/** Violations by HTTP/2 connection. */
const violations = new WeakMap<object, number>();

const guardRequest = ({ request, logger }: Exchange): void => {
  const contentType = request.headers["content-type"] ?? "";
  const framing = /^application\/(?:grpc|connect\+)/.test(contentType) ? "grpc" : "whole";
  if (!("stream" in request)) {
    const onViolation = () => {
      logger.warn({ peer: request.socket.remoteAddress }, "body in tiny chunks");
      request.socket.destroy();
    };
    guardReadable(request, { framing, onViolation });
    return;
  }
  const { stream } = request;
  const onViolation = () => {
    const { session } = stream;
    logger.warn({ peer: session?.socket.remoteAddress }, "body in tiny frames");
    stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    if (session === undefined) return;
    const count = (violations.get(session) ?? 0) + 1;
    violations.set(session, count);
    if (count >= frameGuardViolationsPerConnectionMax) session.destroy();
  };
  guardReadable(stream, { framing, onViolation });
};
