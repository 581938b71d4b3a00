import type { JsonValue } from "@bufbuild/protobuf";
import type { HttpRequest, HttpResponse } from "../../http/handler.js";

/** How the messages of a stream are framed: a line each, or a server-sent event each. */
export type StreamFraming = "ndjson" | "sse";

/** The framing that a request asks for. */
export const framingOf = (request: HttpRequest): StreamFraming =>
  /\btext\/event-stream\b/i.test(request.headers.accept ?? "") ? "sse" : "ndjson";

/** Headers of a stream; proxies are told not to hold it back. */
export const streamHeaders = (framing: StreamFraming): Record<string, string> => ({
  "content-type": framing === "sse" ? "text/event-stream" : "application/x-ndjson",
  "cache-control": "no-store",
  "x-accel-buffering": "no",
});

/**
 * Writes one message and waits until the client has taken it, as far as the socket's buffer tells. Rejects with the
 * signal's reason when the client goes away.
 */
export const writeMessage = async (
  response: HttpResponse,
  { framing, json, signal }: { framing: StreamFraming; json: JsonValue; signal: AbortSignal },
): Promise<void> => {
  const line = JSON.stringify(json);
  signal.throwIfAborted();
  if (response.write(framing === "sse" ? `data: ${line}\n\n` : `${line}\n`)) return;
  await drained(response, signal);
};

const drained = (response: HttpResponse, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const finish = () => {
      response.off("drain", finish);
      signal.removeEventListener("abort", finish);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    response.once("drain", finish);
    signal.addEventListener("abort", finish);
    if (signal.aborted) finish();
  });
