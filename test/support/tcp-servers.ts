import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { Worker } from "node:worker_threads";

/** A TCP server of a test. */
export type TestServer = { readonly port: number; readonly close: () => Promise<void> };

/** The port of a server that listens. */
export const portOf = (server: Server): number => {
  const address = server.address();
  if (typeof address !== "object" || address === null)
    throw new Error("the server does not listen");
  return address.port;
};

/** Hands every connection to the test. */
export const startTcpServer = async (
  onConnection: (socket: Socket) => void,
  { host = "127.0.0.1", port = 0 }: { host?: string; port?: number } = {},
): Promise<TestServer> => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    onConnection(socket);
  });
  server.listen(port, host);
  await once(server, "listening");
  return {
    port: portOf(server),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
};

/** A port of 127.0.0.1 where nothing listens. */
export const closedPort = async (): Promise<number> => {
  const server = await startTcpServer(() => undefined);
  await server.close();
  return server.port;
};

/**
 * A listener that swallows SYNs: its thread sleeps and never accepts, and its accept queue is full. Connecting to it is
 * what a dropped packet looks like.
 */
export const startBlackhole = async (): Promise<TestServer> => {
  const worker = new Worker(
    `const { parentPort, workerData } = require("node:worker_threads");
     const server = require("node:net").createServer().listen(
       { port: 0, host: "127.0.0.1", backlog: 1 },
       () => {
         parentPort.postMessage(server.address().port);
         setImmediate(() => Atomics.wait(new Int32Array(workerData), 0, 0));
       },
     );`,
    { eval: true, workerData: new SharedArrayBuffer(4) },
  );
  const [port] = (await once(worker, "message")) as [number];
  const fillers = Array.from({ length: 8 }, () => connect({ port, host: "127.0.0.1" }));
  for (const filler of fillers) filler.on("error", () => undefined);
  // Two fill the queue; when they stand, the rest and everybody after them waits.
  await Promise.all(fillers.slice(0, 2).map((filler) => once(filler, "connect")));
  return {
    port,
    close: async () => {
      for (const filler of fillers) filler.destroy();
      await worker.terminate();
    },
  };
};
