import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { BadServerOptions } from "./host-messages.js";

/** Starts a TCP server that doesn't serve; resolves when it listens. It ends with its process. */
export const startBadServer = async (options: BadServerOptions): Promise<void> => {
  const { address: host, port, backlog } = options;
  const server = createServer((socket) => treat(socket, options.manner));
  server.listen({ host, port, backlog });
  await once(server, "listening");
};

const treat = (socket: Socket, manner: BadServerOptions["manner"]): void => {
  // The other end goes when it likes.
  socket.on("error", () => socket.destroy());
  socket.on("data", () => {
    if (manner === "reset") socket.resetAndDestroy();
    if (manner === "half") socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf");
  });
};
