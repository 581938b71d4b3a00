import type { Socket } from "node:net";
import { responderTcpEchoBytesMax } from "../limits.js";

/** The first four bytes of a connection that wants a raw echo. */
export const tcpEchoMagic = Buffer.from("CWE1", "latin1");

/**
 * Sends everything back, the first four bytes included, 64 KiB at most, and then closes. What is read waits for what was
 * written, so a peer that does not read costs one buffer.
 */
export const startTcpEcho = (socket: Socket): void => {
  let left = responderTcpEchoBytesMax;
  socket.on("data", (chunk: Buffer) => {
    const part = chunk.subarray(0, left);
    left -= part.length;
    const isRoomLeft = socket.write(part);
    if (left <= 0) {
      socket.removeAllListeners("data");
      socket.end();
    } else if (!isRoomLeft) {
      socket.pause();
    }
  });
  socket.on("drain", () => socket.resume());
};
