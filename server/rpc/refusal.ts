import type { ConnectError } from "@connectrpc/connect";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import {
  codeToHttpStatus,
  endStreamFlag,
  endStreamToJson,
  errorToJsonBytes,
} from "@connectrpc/connect/protocol-connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { type HttpRequest, type HttpResponse, sendText, splitUrl } from "../http/handler.js";
import { connectErrorFrom } from "./errors.js";
import { errorShapeOf, restErrorFrom } from "./transcode/error-json.js";

/** A request that is not served. */
export type Refusal = {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  readonly error: unknown;
  /** HTTP status of a REST answer, where it says more than the error's code: 405, 421. */
  readonly httpStatus?: number;
};

/**
 * Answers with an error without reading the body: a call in the protocol that its content type names, everything else with
 * a REST error. Headers that were set on the response before go along.
 */
export const refuse = (refusal: Refusal, kind: "rpc" | "rest"): void => {
  const { request, response } = refusal;
  const error = connectErrorFrom(refusal.error);
  const contentType = request.headers["content-type"] ?? "";
  if (contentType.startsWith("application/grpc-web")) {
    response.writeHead(200, { "content-type": contentType, ...grpcStatus(error) });
    response.end();
  } else if (contentType.startsWith("application/grpc")) {
    response.writeHead(200, { "content-type": contentType });
    response.addTrailers(grpcStatus(error));
    response.end();
  } else if (contentType.startsWith("application/connect+")) {
    response.writeHead(200, { "content-type": contentType });
    const end = JSON.stringify(endStreamToJson(new Headers(), error, undefined));
    response.end(encodeEnvelope(endStreamFlag, new TextEncoder().encode(end)));
  } else if (kind === "rpc") {
    response.writeHead(codeToHttpStatus(error.code), { "content-type": "application/json" });
    response.end(errorToJsonBytes(error, undefined));
  } else {
    refuseRest({ ...refusal, error });
  }
};

const refuseRest = ({
  request,
  response,
  error,
  httpStatus,
}: Refusal & { readonly error: ConnectError }): void => {
  const shape = errorShapeOf(splitUrl(request.url ?? "")[0]);
  const rest = restErrorFrom(error, shape, httpStatus);
  if (rest.retryAfterS !== undefined) response.setHeader("retry-after", String(rest.retryAfterS));
  const text = `${JSON.stringify(rest.json)}\n`;
  sendText(response, { status: rest.httpStatus, contentType: "application/json", text });
};

const grpcStatus = (error: ConnectError): Record<string, string> => {
  const header = new Headers();
  setTrailerStatus(header, error);
  return Object.fromEntries(header);
};
