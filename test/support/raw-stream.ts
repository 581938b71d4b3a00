import { connect, constants } from "node:http2";
import type { Socket } from "node:net";

/** A stream of AgentService.Connect below gRPC, to send what no gRPC client would. */
export type RawStream = {
  /** Writes bytes of the HTTP/2 stream in one DATA frame. */
  write(bytes: Uint8Array): void;
  /** The gRPC status of the trailers, or the reset code of the stream. */
  readonly ended: Promise<{ readonly status: string | undefined; readonly resetCode: number }>;
  /** Ends the stream with RST_STREAM(CANCEL), without END_STREAM before it. */
  reset(): void;
  /** Stops reading the connection's socket: the server's writes fill up. */
  stopReading(): void;
  /** Drops the connection. */
  destroy(): void;
};

/** Opens one over plaintext HTTP/2. */
export const openRawStream = (port: number, headers: Record<string, string> = {}): RawStream => {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => undefined);
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: "POST",
    [constants.HTTP2_HEADER_PATH]: "/causeway.v1.AgentService/Connect",
    [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc",
    [constants.HTTP2_HEADER_TE]: "trailers",
    ...headers,
  });
  stream.on("error", () => undefined);
  stream.resume();
  let status: string | undefined;
  const note = (received: Record<string, unknown>): void => {
    const value = received["grpc-status"];
    if (value !== undefined) status = String(value);
  };
  stream.on("response", note);
  stream.on("trailers", note);
  const ended = new Promise<{ status: string | undefined; resetCode: number }>((resolve) => {
    stream.once("close", () => resolve({ status, resetCode: stream.rstCode ?? 0 }));
  });
  return {
    write: (bytes) => void stream.write(bytes),
    ended,
    reset: () => {
      // A destroyed stream sends its reset without ending the writable side first.
      stream.destroy(undefined);
    },
    stopReading: () => {
      stream.pause();
      (session.socket as Socket).pause();
    },
    destroy: () => session.destroy(),
  };
};
