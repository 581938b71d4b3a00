import type { IncomingMessage } from "node:http";
import { constants, type Http2ServerRequest } from "node:http2";
import type { universalResponseToNodeResponse } from "@connectrpc/connect-node";

/** A request of either HTTP version. */
export type HttpRequest = IncomingMessage | Http2ServerRequest;

/** A response of either HTTP version, with the methods that both have. */
export type HttpResponse = Parameters<typeof universalResponseToNodeResponse>[1];

/** What a plain HTTP path of the query port does. */
export interface HttpHandler {
  /** "open" needs no token; otherwise the verb that the caller must be allowed. */
  readonly access: "open" | "get";
  /** Answers a GET or HEAD; Node leaves out the body of a HEAD answer. */
  handle(request: HttpRequest, response: HttpResponse): void | Promise<void>;
}

/** Writes a whole answer; for HEAD Node sends the headers alone. */
export const sendText = (
  response: HttpResponse,
  {
    status,
    contentType,
    text,
  }: { readonly status: number; readonly contentType: string; readonly text: string },
): void => {
  response.writeHead(status, {
    "content-type": contentType,
    "content-length": String(Buffer.byteLength(text)),
  });
  response.end(text);
};

/**
 * Lets go of what is left of a body once the answer is out. Without it an HTTP/1.1 connection would wait for somebody to
 * read the rest before its next request, and an HTTP/2 stream would stay open. Destroying the request instead would cut
 * the connection before the client has read the answer.
 */
export const dropUnreadBody = (request: HttpRequest, response: HttpResponse): void => {
  response.once("finish", () => {
    if ("stream" in request) {
      const { stream } = request;
      if (!stream.endAfterHeaders && !stream.readableEnded)
        stream.close(constants.NGHTTP2_NO_ERROR);
    } else if (!request.complete) {
      // Whoever still listens has answered already; with a "readable" listener resume() would not flow.
      request.removeAllListeners("readable");
      request.resume();
    }
  });
};

/** Path and query of a request target. Leading slashes are one slash: `//api/v1/…` comes from clients with SERVER_URL + "/". */
export const splitUrl = (url: string): readonly [path: string, query: string] => {
  const mark = url.indexOf("?");
  const path = mark < 0 ? url : url.slice(0, mark);
  return [path.replace(/^\/+/, "/"), mark < 0 ? "" : url.slice(mark + 1)];
};
