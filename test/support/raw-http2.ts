import net from "node:net";
import { waitFor } from "./wait.js";

/** Frame types of RFC 9113 that tests look for. */
export const frameTypes = { data: 0, headers: 1, rstStream: 3, settings: 4, goaway: 7 } as const;

/** A frame that the server sent. */
export type Http2Frame = {
  readonly type: number;
  readonly streamId: number;
  readonly payload: Buffer;
};

/** An HTTP/2 client that sends exactly the bytes it is told to. */
export type RawHttp2 = {
  /** All frames that have come so far. */
  readonly frames: readonly Http2Frame[];
  readonly isClosed: boolean;
  /** Begins a POST; the body comes as `data`. */
  headers(streamId: number, path: string, contentType: string): void;
  /** Sends one DATA frame for each part, in one write. */
  data(streamId: number, parts: readonly Uint8Array[]): void;
  /** Error code that the stream was reset with, once it is. */
  waitReset(streamId: number): Promise<number>;
  close(): void;
};

/** Connects and shakes hands. */
export const connectRawHttp2 = async (port: number): Promise<RawHttp2> => {
  const socket = net.connect({ host: "127.0.0.1", port, noDelay: true });
  const frames: Http2Frame[] = [];
  let rest: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    rest = takeFrames(Buffer.concat([rest, chunk]), frames);
  });
  socket.on("error", () => undefined);
  socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  socket.write(frame(frameTypes.settings, { streamId: 0 }));
  await waitFor("settings", () => frames.length > 0);
  return {
    frames,
    get isClosed() {
      return socket.destroyed;
    },
    headers: (streamId, path, contentType) => {
      const fields = {
        ":method": "POST",
        ":scheme": "http",
        ":authority": "localhost",
        ":path": path,
        "content-type": contentType,
        te: "trailers",
      };
      const payload = Buffer.concat(Object.entries(fields).map(literalField));
      socket.write(frame(frameTypes.headers, { streamId, flags: 4, payload }));
    },
    data: (streamId, parts) => {
      const all = parts.map((payload) => frame(frameTypes.data, { streamId, payload }));
      socket.write(Buffer.concat(all));
    },
    waitReset: async (streamId) => {
      const reset = await waitFor("a reset", () =>
        frames.find((f) => f.type === frameTypes.rstStream && f.streamId === streamId),
      );
      return reset.payload.readUInt32BE();
    },
    close: () => {
      socket.destroy();
    },
  };
};

type FrameInit = {
  readonly streamId: number;
  readonly flags?: number;
  readonly payload?: Uint8Array;
};

const frame = (type: number, { streamId, flags = 0, payload = new Uint8Array() }: FrameInit) => {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.byteLength, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(streamId, 5);
  return Buffer.concat([header, payload]);
};

/** An HPACK field that is not indexed and not compressed; names and values below 127 bytes. */
const literalField = ([name, value]: readonly [string, string]): Buffer =>
  Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ]);

const takeFrames = (bytes: Buffer, frames: Http2Frame[]): Buffer => {
  let at = 0;
  while (bytes.length - at >= 9) {
    const length = bytes.readUIntBE(at, 3);
    if (bytes.length - at < 9 + length) break;
    frames.push({
      type: bytes.readUInt8(at + 3),
      streamId: bytes.readUInt32BE(at + 5) & 0x7fffffff,
      payload: bytes.subarray(at + 9, at + 9 + length),
    });
    at += 9 + length;
  }
  return bytes.subarray(at);
};
