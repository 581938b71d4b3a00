import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import {
  agentConnectionsMax,
  agentConnectionsPerAddressMax,
  agentHandshakeMsMax,
  agentHandshakesMax,
  agentHandshakeWaitMsMax,
} from "../limits.js";
import type { TlsMaterial } from "./tls-files.js";

/** Why a connection was refused: label of a counter. */
export type ConnectionRefusal =
  | "connections_max"
  | "address_connections_max"
  | "handshake_failed"
  | "handshake_wait"
  | "no_http2";

/** Bounds of a front; the defaults are the named limits. */
export type FrontBounds = {
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  readonly handshakesMax: number;
  readonly handshakeMsMax: number;
  readonly handshakeWaitMsMax: number;
};

type FrontOptions = {
  readonly host: string;
  readonly port: number;
  /** Undefined serves plaintext. */
  readonly tls: TlsMaterial | undefined;
  /** Gets every connection that speaks HTTP/2, once its handshake is done. */
  readonly onConnection: (socket: Socket | TLSSocket) => void;
  readonly onRefused: (reason: ConnectionRefusal, remote: string) => void;
  readonly bounds?: Partial<FrontBounds> | undefined;
};

/** The sockets below the agent port. */
export interface AgentFront {
  readonly port: number;
  readonly connections: number;
  /** Handshakes from now on use these files; open connections stay as they are. */
  setTls(material: TlsMaterial): void;
  /** Takes no more connections. */
  stopListening(): void;
  /** Ends every connection; resolves when all are gone and the port is free. */
  destroy(): Promise<void>;
}

/** Listens for agents, within bounds on connections and handshakes. Rejects when the port cannot be had. */
export const createAgentFront = async (options: FrontOptions): Promise<AgentFront> => {
  const bounds: FrontBounds = { ...defaultFrontBounds, ...options.bounds };
  const handshakes =
    options.tls === undefined ? undefined : createHandshakes(options.tls, options, bounds);
  const sockets = createSocketRegistry(bounds);
  const server = createServer({ noDelay: true }, (socket) => {
    // What follows an error is "close"; without a listener it would end the process.
    socket.on("error", () => undefined);
    const refusal = sockets.admit(socket);
    if (refusal !== undefined) {
      options.onRefused(refusal, socket.remoteAddress ?? "");
      socket.destroy();
    } else if (handshakes === undefined) options.onConnection(socket);
    else handshakes.begin(socket);
  });
  await listen(server, options);
  const closed = new Promise<void>((resolve) => server.once("close", () => resolve()));
  const stopListening = (): void => {
    if (server.listening) server.close();
  };
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return sockets.size;
    },
    setTls: (material) => handshakes?.setTls(material),
    stopListening,
    destroy: async () => {
      stopListening();
      await sockets.destroyAll();
      await closed;
    },
  };
};

/** The named limits of the port's connections. */
export const defaultFrontBounds: FrontBounds = {
  connectionsMax: agentConnectionsMax,
  connectionsPerAddressMax: agentConnectionsPerAddressMax,
  handshakesMax: agentHandshakesMax,
  handshakeMsMax: agentHandshakeMsMax,
  handshakeWaitMsMax: agentHandshakeWaitMsMax,
};

const listen = (server: Server, { host, port }: { host: string; port: number }): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: 1024 }, () => {
      server.off("error", reject);
      // Running out of descriptors shows here; the next accept works again when some are free.
      server.on("error", () => undefined);
      resolve();
    });
  });

const createSocketRegistry = (bounds: FrontBounds) => {
  const sockets = new Set<Socket>();
  const perAddress = new Map<string, number>();
  return {
    get size() {
      return sockets.size;
    },
    admit: (socket: Socket): ConnectionRefusal | undefined => {
      const address = socket.remoteAddress;
      // The peer is gone already.
      if (address === undefined) return "connections_max";
      const count = perAddress.get(address) ?? 0;
      if (sockets.size >= bounds.connectionsMax) return "connections_max";
      if (count >= bounds.connectionsPerAddressMax) return "address_connections_max";
      sockets.add(socket);
      perAddress.set(address, count + 1);
      socket.once("close", () => {
        sockets.delete(socket);
        const left = (perAddress.get(address) ?? 1) - 1;
        if (left === 0) perAddress.delete(address);
        else perAddress.set(address, left);
      });
      return undefined;
    },
    destroyAll: async () => {
      const gone = [...sockets].map((socket) => once(socket, "close"));
      for (const socket of sockets) socket.destroy();
      await Promise.all(gone);
    },
  };
};

/** TLS handshakes, so many at once; the others wait their turn. */
const createHandshakes = (tls: TlsMaterial, options: FrontOptions, bounds: FrontBounds) => {
  const server = createTlsServer({
    ...tlsOptions(tls),
    ALPNProtocols: ["h2"],
    requestCert: tls.ca !== undefined,
    // Whether a certificate is needed, and whether this one counts, is the authenticator's to say.
    rejectUnauthorized: false,
    handshakeTimeout: bounds.handshakeMsMax,
  });
  const running = new Set<string>();
  const waiting = new Set<Socket>();

  const next = (): void => {
    for (const socket of waiting) {
      if (running.size >= bounds.handshakesMax) return;
      waiting.delete(socket);
      socket.setTimeout(0);
      start(socket);
    }
  };
  const done = (key: string): void => {
    if (running.delete(key)) next();
  };
  const start = (socket: Socket): void => {
    const key = keyOf(socket);
    running.add(key);
    socket.once("close", () => done(key));
    server.emit("connection", socket);
  };
  server.on("secureConnection", (socket: TLSSocket) => {
    socket.on("error", () => undefined);
    done(keyOf(socket));
    if (socket.alpnProtocol === "h2") options.onConnection(socket);
    else {
      options.onRefused("no_http2", socket.remoteAddress ?? "");
      socket.destroy();
    }
  });
  server.on("tlsClientError", (_error, socket: TLSSocket) => {
    options.onRefused("handshake_failed", socket.remoteAddress ?? "");
    socket.destroy();
  });
  return {
    begin: (socket: Socket): void => {
      if (running.size < bounds.handshakesMax) {
        start(socket);
        return;
      }
      waiting.add(socket);
      socket.once("close", () => waiting.delete(socket));
      socket.setTimeout(bounds.handshakeWaitMsMax, () => {
        if (!waiting.delete(socket)) return;
        options.onRefused("handshake_wait", socket.remoteAddress ?? "");
        socket.destroy();
      });
    },
    setTls: (material: TlsMaterial): void => server.setSecureContext(tlsOptions(material)),
  } satisfies { begin: (socket: Socket) => void; setTls: (material: TlsMaterial) => void };
};

const tlsOptions = ({ cert, key, ca }: TlsMaterial) => ({
  cert,
  key,
  ...(ca === undefined ? {} : { ca }),
  minVersion: "TLSv1.2" as const,
});

/** Names a connection while it lives: a TLS socket has the addresses of the one below it. */
const keyOf = (socket: Socket | TLSSocket): string =>
  `${socket.remoteAddress}|${socket.remotePort}`;
