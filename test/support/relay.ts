import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A TCP relay between two ends of this machine, to break what is between them. */
export type Relay = {
  readonly port: number;
  /** Passes nothing on any more, and closes nothing: a network that drops every packet. */
  freeze(): void;
  close(): Promise<void>;
};

/** Opens one in front of a loopback port. */
export const openRelay = async (targetPort: number): Promise<Relay> => {
  const sockets = new Set<Socket>();
  let frozen = false;
  const server = createServer((near) => {
    const far = connect(targetPort, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("error", () => undefined);
      from.on("data", (bytes) => {
        if (!frozen) to.write(bytes);
      });
      from.on("close", () => {
        sockets.delete(from);
        if (!frozen) to.destroy();
      });
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    freeze: () => {
      frozen = true;
    },
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
};
