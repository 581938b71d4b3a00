import { cors } from "@connectrpc/connect";
import ipaddr from "ipaddr.js";
import type { HttpRequest, HttpResponse } from "../http/handler.js";
import { RpcError } from "./errors.js";

/** Why a request does not pass the gate, and the HTTP status for it. */
export type GateRefusal = { readonly error: RpcError; readonly httpStatus: number };

/** Whether an address is of this machine alone. */
export const isLoopbackAddress = (address: string): boolean =>
  ipaddr.isValid(address) && ipaddr.process(address).range() === "loopback";

/**
 * Refuses names that are not this machine's, for a port that is bound to loopback: a web page of elsewhere whose name
 * was pointed at 127.0.0.1 (DNS rebinding) would else be let in as same-origin.
 */
export const checkHost = (request: HttpRequest): GateRefusal | undefined => {
  const host = hostOf(request);
  const name = host
    .replace(/:\d+$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "")
    .toLowerCase();
  if (name === "localhost" || name.endsWith(".localhost") || isLoopbackAddress(name))
    return undefined;
  const message = `this port serves localhost only, not "${host}"`;
  return { error: new RpcError({ code: "permission_denied", message }), httpStatus: 421 };
};

/**
 * Lets web pages of the listed origins in ("*" lists all) and refuses others. Requests without Origin do not come from a
 * page of elsewhere, and an Origin that is our own Host is the same site. Sets the CORS headers of the answer.
 */
export const checkOrigin = (
  request: HttpRequest,
  response: HttpResponse,
  allowed: ReadonlySet<string>,
): GateRefusal | undefined => {
  const { origin } = request.headers;
  if (origin === undefined) return undefined;
  response.setHeader("vary", "Origin");
  if (!allowed.has(origin) && !allowed.has("*")) {
    if (isOwnOrigin(origin, hostOf(request))) return undefined;
    const message = `origin ${origin} is not listed in CAUSEWAY_CORS_ORIGINS`;
    return { error: new RpcError({ code: "permission_denied", message }), httpStatus: 403 };
  }
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("access-control-expose-headers", exposedHeaders);
  return undefined;
};

/** Whether a browser asks if it may send the real request. */
export const isPreflight = ({ method, headers }: HttpRequest): boolean =>
  method === "OPTIONS" &&
  headers.origin !== undefined &&
  headers["access-control-request-method"] !== undefined;

/** Answers it, for an origin that has passed `checkOrigin`. */
export const answerPreflight = (response: HttpResponse): void => {
  response.writeHead(204, {
    "access-control-allow-methods": "GET, POST, HEAD",
    "access-control-allow-headers": allowedHeaders,
    // Browsers keep it for two hours at most.
    "access-control-max-age": "7200",
  });
  response.end();
};

const ownHeaders = ["Authorization", "X-Request-Id", "Traceparent", "Tracestate"];
const allowedHeaders = [...cors.allowedHeaders, ...ownHeaders].join(", ");
const exposedHeaders = [...cors.exposedHeaders, "Retry-After"].join(", ");

const hostOf = (request: HttpRequest): string =>
  ("authority" in request ? request.authority : request.headers.host) ?? "";

/** The scheme may differ: behind a proxy that ends TLS ours is http and the page's is https. */
const isOwnOrigin = (origin: string, host: string): boolean =>
  host !== "" && origin.replace(/^https?:\/\//, "").toLowerCase() === host.toLowerCase();
