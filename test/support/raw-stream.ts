import { connect, constants } from "node:http2";
import { connect as connectSocket } from "node:net";

/** A stream of AgentService.Connect below gRPC, to send what no gRPC client would. */
export type RawStream = {
  /** Writes bytes of the HTTP/2 stream in one DATA frame. */
  write(bytes: Uint8Array): void;
  /** The gRPC status of the trailers, or the reset code of the stream. */
  readonly ended: Promise<RawEnd>;
  /** The reset code of the stream, once it is closed on both sides. */
  readonly closed: Promise<number>;
  /** Ends the stream with RST_STREAM(CANCEL), without END_STREAM before it. */
  reset(): void;
  /** Stops reading: flow control holds the server's writes back. */
  stopReading(): void;
  /** Drops the connection. */
  destroy(): void;
};

/** How a raw stream ended. */
export type RawEnd = {
  readonly status: string | undefined;
  readonly message: string | undefined;
  readonly resetCode: number;
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
  let message: string | undefined;
  const note = (received: Record<string, unknown>): void => {
    const value = received["grpc-status"];
    if (value === undefined) return;
    status = String(value);
    message = String(received["grpc-message"]);
  };
  const closed = new Promise<number>((resolve) => {
    stream.once("close", () => resolve(stream.rstCode ?? 0));
  });
  const ended = new Promise<RawEnd>((resolve) => {
    const end = () => resolve({ status, message, resetCode: stream.rstCode ?? 0 });
    stream.on("response", (received) => {
      note(received);
      if (status !== undefined) end();
    });
    stream.on("trailers", (received) => {
      note(received);
      end();
    });
    stream.once("close", end);
  });
  return {
    write: (bytes) => void stream.write(bytes),
    ended,
    closed,
    reset: () => {
      // A destroyed stream sends its reset without ending the writable side first.
      stream.destroy(undefined);
    },
    stopReading: () => void stream.pause(),
    destroy: () => session.destroy(),
  };
};

/** A stream written frame by frame; an HTTP/2 library would join small writes. */
export type RawFrames = {
  /** Writes each byte in a DATA frame of its own. */
  writeBytewise(bytes: Uint8Array): void;
  /** The error code of the RST_STREAM, or undefined when the connection was closed. */
  readonly ended: Promise<number | undefined>;
  destroy(): void;
};

/** Opens a stream of this path over plaintext HTTP/2. */
export const openRawFrames = (
  port: number,
  path = "/causeway.v1.AgentService/Connect",
): RawFrames => {
  const socket = connectSocket(port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  socket.write(frame({ type: 4, flags: 0, stream: 0, payload: Buffer.alloc(0) }));
  const headers = {
    ":method": "POST",
    ":scheme": "http",
    ":path": path,
    ":authority": `127.0.0.1:${port}`,
    "content-type": "application/grpc",
    te: "trailers",
  };
  const block = Buffer.concat(Object.entries(headers).map(literal));
  socket.write(frame({ type: 1, flags: 4, stream: 1, payload: block }));
  const ended = new Promise<number | undefined>((resolve) => {
    let pending = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 9 && pending.length >= 9 + pending.readUIntBE(0, 3)) {
        const length = pending.readUIntBE(0, 3);
        if (pending[3] === 3) resolve(pending.readUInt32BE(9));
        pending = pending.subarray(9 + length);
      }
    });
    socket.once("close", () => resolve(undefined));
  });
  return {
    writeBytewise: (bytes) => {
      const frames = [...bytes].map((byte) =>
        frame({ type: 0, flags: 0, stream: 1, payload: Buffer.of(byte) }),
      );
      socket.write(Buffer.concat(frames));
    },
    ended,
    destroy: () => void socket.destroy(),
  };
};

type Frame = {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
};

/** RFC 9113, 4.1. */
const frame = ({ type, flags, stream, payload }: Frame): Buffer => {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
};

/** A header field without indexing and without Huffman coding (RFC 7541, 6.2.2); names and values below 127 bytes. */
const literal = ([name, value]: readonly [string, string]): Buffer =>
  Buffer.concat([
    Buffer.of(0, name.length),
    Buffer.from(name),
    Buffer.of(value.length),
    Buffer.from(value),
  ]);
