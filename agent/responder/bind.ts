import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, isIPv6, type Server, type Socket as TcpSocket } from "node:net";
import { responderBindAttemptsMax } from "../limits.js";

/** A port that could not be listened on. */
export class BindError extends Error {
  readonly code: string;
  readonly address: string;
  readonly port: number;
  readonly protocol: "tcp" | "udp";

  constructor(
    where: {
      readonly address: string;
      readonly port: number;
      readonly protocol: "tcp" | "udp";
    },
    cause: unknown,
  ) {
    const code = codeOf(cause);
    super(
      `cannot listen on ${where.address} port ${where.port}/${where.protocol}: ${reason(code)}`,
      {
        cause,
      },
    );
    this.name = "BindError";
    this.code = code;
    this.address = where.address;
    this.port = where.port;
    this.protocol = where.protocol;
  }
}

/** Sockets of one responder: TCP and UDP on the same port of every address. */
export type Bound = {
  readonly port: number;
  readonly tcp: readonly Server[];
  readonly udp: readonly UdpSocket[];
};

/** Takes what arrives; set before a socket listens, so that nothing arrives unseen. */
export type BindHandlers = {
  readonly onConnection: (socket: TcpSocket) => void;
  readonly onUdpSocket: (socket: UdpSocket) => void;
};

/** Where to listen: literals, and a port or 0. */
export type BindTarget = { readonly addresses: readonly string[]; readonly port: number };

/**
 * Listens on every address, or on none: rejects with a BindError and closes what was open. Port 0 lets the system choose
 * one that is free for both protocols on all addresses.
 */
export const bindAll = async (target: BindTarget, handlers: BindHandlers): Promise<Bound> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await bindOnce(target, handlers);
    } catch (error) {
      const isChosen =
        target.port === 0 && error instanceof BindError && error.code === "EADDRINUSE";
      if (!isChosen || attempt >= responderBindAttemptsMax) throw error;
    }
  }
};

/** Closes sockets, and waits until they are. */
export const closeAll = async (bound: Pick<Bound, "tcp" | "udp">): Promise<void> => {
  const closed = [
    ...bound.tcp.map((server) => new Promise<void>((done) => server.close(() => done()))),
    ...bound.udp.map((socket) => new Promise<void>((done) => socket.close(() => done()))),
  ];
  await Promise.all(closed);
};

const bindOnce = async (target: BindTarget, handlers: BindHandlers): Promise<Bound> => {
  const { addresses } = target;
  const tcp: Server[] = [];
  const udp: UdpSocket[] = [];
  let { port } = target;
  // "::" takes IPv4 too, but not beside an IPv4 address of its own.
  const ipv6Only = addresses.some((address) => !isIPv6(address));
  try {
    for (const address of addresses) {
      const server = await listenTcp({ address, port, ipv6Only }, handlers);
      tcp.push(server);
      const bound = server.address();
      if (typeof bound === "object" && bound !== null) port = bound.port;
      udp.push(await listenUdp({ address, port, ipv6Only }, handlers));
    }
    return { port, tcp, udp };
  } catch (error) {
    await closeAll({ tcp, udp });
    throw error;
  }
};

type Where = { readonly address: string; readonly port: number; readonly ipv6Only: boolean };

const listenTcp = async (
  { address, port, ipv6Only }: Where,
  handlers: BindHandlers,
): Promise<Server> => {
  const server = createServer(handlers.onConnection);
  try {
    server.listen({ host: address, port, ipv6Only });
    await once(server, "listening");
    return server;
  } catch (error) {
    throw new BindError({ address, port, protocol: "tcp" }, error);
  }
};

const listenUdp = async (
  { address, port, ipv6Only }: Where,
  handlers: BindHandlers,
): Promise<UdpSocket> => {
  const socket = createSocket(isIPv6(address) ? { type: "udp6", ipv6Only } : { type: "udp4" });
  handlers.onUdpSocket(socket);
  try {
    socket.bind({ address, port });
    await once(socket, "listening");
    return socket;
  } catch (error) {
    socket.close();
    throw new BindError({ address, port, protocol: "udp" }, error);
  }
};

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : "UNKNOWN";

const reason = (code: string): string => {
  if (code === "EADDRINUSE") return "it is taken (EADDRINUSE)";
  if (code === "EADDRNOTAVAIL") return "this host does not have the address (EADDRNOTAVAIL)";
  if (code === "EACCES") return "it needs more privileges (EACCES)";
  return code;
};
