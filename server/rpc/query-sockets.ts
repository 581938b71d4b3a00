import http from "node:http";
import http2 from "node:http2";
import net from "node:net";
import tls from "node:tls";
import type { Logger } from "../../common/logger.js";
import type { HttpRequest, HttpResponse } from "../http/handler.js";
import {
  queryConnectionsMax,
  queryHandshakeMsMax,
  queryIdleMsMax,
  queryPingEveryMs,
  queryPingMsMax,
  queryRequestMsMax,
  queryStallMsMax,
  queryStreamsPerConnectionMax,
} from "../limits.js";
import type { TlsMaterial } from "./tls-files.js";

/** An open port that takes HTTP/1.1 and HTTP/2 alike. */
export interface QuerySockets {
  readonly address: net.AddressInfo;
  /** New connections get this certificate. Throws on a plaintext port. */
  setTls(material: TlsMaterial): void;
  /** Takes no more connections, tells HTTP/2 peers so (GOAWAY), and closes what is idle. */
  stopAccepting(): void;
  /** Closes HTTP/1.1 connections that wait for a next request. */
  closeIdle(): void;
  /** Resolves when no connection is left, after stopAccepting. */
  readonly empty: Promise<void>;
  /** Ends every connection at once. */
  destroy(): void;
}

type SocketOptions = {
  readonly host: string;
  readonly port: number;
  /** Serves TLS with ALPN; absent serves plaintext, where HTTP/2 is known by its first bytes. */
  readonly tls: TlsMaterial | undefined;
  readonly onRequest: (request: HttpRequest, response: HttpResponse) => void;
  readonly logger: Logger;
  readonly times: SocketTimes;
};

/** Times of a port in milliseconds. */
export type SocketTimes = {
  /** Until a connection has shown its protocol, or shaken hands, or sent the headers of an HTTP/1.1 request. */
  readonly handshakeMs: number;
  /** Until a request has come whole. */
  readonly requestMs: number;
  /** Until the next request comes over an HTTP/1.1 connection. */
  readonly idleMs: number;
  /** Until a client has taken something of an answer that waits. */
  readonly stallMs: number;
  /** Between HTTP/2 pings. */
  readonly pingEveryMs: number;
  /** Until a ping is answered. */
  readonly pingMs: number;
};

/** The times of a port that is told no others. */
export const defaultSocketTimes: SocketTimes = {
  handshakeMs: queryHandshakeMsMax,
  requestMs: queryRequestMsMax,
  idleMs: queryIdleMsMax,
  stallMs: queryStallMsMax,
  pingEveryMs: queryPingEveryMs,
  pingMs: queryPingMsMax,
};

/** Opens the port. Rejects with Node's error, which has `code` (EADDRINUSE), `address` and `port`. */
export const openQuerySockets = async (options: SocketOptions): Promise<QuerySockets> => {
  const { times } = options;
  const inner = createInnerServers(options, times);
  const front = createFront(options, { inner, times });
  front.maxConnections = queryConnectionsMax;
  const sockets = new Set<net.Socket>();
  front.on("connection", (socket: net.Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  front.on("drop", () => options.logger.warn({ queryConnectionsMax }, "connection dropped"));
  await listening(front, options);
  const empty = new Promise<void>((resolve) => front.once("close", resolve));
  return {
    address: front.address() as net.AddressInfo,
    setTls: (material) => {
      if (!(front instanceof tls.Server)) throw new Error("the port is plaintext");
      front.setSecureContext({ ...material });
    },
    stopAccepting: () => {
      front.close();
      inner.stop();
    },
    closeIdle: () => inner.http1.closeIdleConnections(),
    empty,
    destroy: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
};

const listening = (front: net.Server, { host, port }: SocketOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    front.once("error", reject);
    front.listen({ host, port }, () => {
      front.off("error", reject);
      resolve();
    });
  });

type InnerServers = {
  readonly http1: http.Server;
  readonly http2: http2.Http2Server;
  /** Connections that have not shown their protocol yet. */
  readonly unknown: Set<net.Socket>;
  readonly stop: () => void;
};

/** Servers that never listen: they are handed connections whose protocol is known. */
const createInnerServers = (
  { onRequest, logger }: SocketOptions,
  times: SocketTimes,
): InnerServers => {
  const http1 = http.createServer(
    {
      headersTimeout: times.handshakeMs,
      requestTimeout: times.requestMs,
      keepAliveTimeout: times.idleMs,
      connectionsCheckingInterval: Math.min(1_000, times.handshakeMs),
    },
    onRequest,
  );
  // Node watches these timeouts, and idle connections, from this event on, which only listen() would emit.
  http1.emit("listening");
  const http2Server = http2.createServer(
    { settings: { maxConcurrentStreams: queryStreamsPerConnectionMax } },
    onRequest,
  );
  const sessions = new Set<http2.ServerHttp2Session>();
  const unknown = new Set<net.Socket>();
  http2Server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    session.on("error", (error) => logger.debug({ error: error.message }, "connection failed"));
    pingWhileOpen(session, times);
  });
  return {
    http1,
    http2: http2Server,
    unknown,
    stop: () => {
      for (const socket of unknown) socket.destroy();
      http1.close();
      for (const session of sessions) session.close();
    },
  };
};

/** Finds peers that vanished without a word; Node's HTTP/2 server has no keepalive of its own. */
const pingWhileOpen = (session: http2.ServerHttp2Session, times: SocketTimes): void => {
  let late: NodeJS.Timeout | undefined;
  const timer = setInterval(() => {
    if (session.destroyed || late !== undefined) return;
    late = setTimeout(() => session.destroy(), times.pingMs);
    session.ping(() => {
      clearTimeout(late);
      late = undefined;
    });
  }, times.pingEveryMs);
  session.once("close", () => {
    clearInterval(timer);
    clearTimeout(late);
  });
};

type FrontParts = { readonly inner: InnerServers; readonly times: SocketTimes };

const createFront = (options: SocketOptions, { inner, times }: FrontParts): net.Server => {
  const { logger } = options;
  // TCP's own keepalive finds HTTP/1.1 peers that vanished; they have no pings.
  const tcp = { noDelay: true, keepAlive: true, keepAliveInitialDelay: times.pingEveryMs };
  if (options.tls === undefined) {
    // HTTP/1.1 clients may close their sending side after the request and still want the answer.
    const front = net.createServer({ ...tcp, allowHalfOpen: true });
    return front.on("connection", (socket) => sniffProtocol(socket, { inner, times, logger }));
  }
  const front = tls.createServer({
    ...tcp,
    ...options.tls,
    ALPNProtocols: ["h2", "http/1.1"],
    handshakeTimeout: times.handshakeMs,
    minVersion: "TLSv1.2",
  });
  front.on("tlsClientError", (error, socket) => {
    logger.debug({ error: error.message }, "handshake failed");
    // Node leaves a connection open whose handshake takes too long.
    socket.destroy();
  });
  return front.on("secureConnection", (socket) => {
    handOver(socket, socket.alpnProtocol === "h2" ? inner.http2 : inner.http1);
  });
};

const handOver = (socket: net.Socket, server: http.Server | http2.Http2Server): void => {
  socket.on("error", ignoreError);
  server.emit("connection", socket);
};

/** A broken connection is the peer's business; the servers see its close. */
const ignoreError = (): void => undefined;

/** What HTTP/2 connections start with; no HTTP/1.1 method does. */
const prefaceStart = Buffer.from("PRI");

/** Reads the first bytes, gives them back, and hands the connection to the server for them. */
const sniffProtocol = (
  socket: net.Socket,
  { inner, times, logger }: FrontParts & { readonly logger: Logger },
): void => {
  let seen = Buffer.alloc(0);
  inner.unknown.add(socket);
  socket.once("close", () => inner.unknown.delete(socket));
  socket.on("error", ignoreError);
  socket.setTimeout(times.handshakeMs, () => socket.destroy());
  const stop = () => {
    socket.off("readable", read);
    socket.off("end", gone);
    inner.unknown.delete(socket);
    socket.setTimeout(0);
    socket.removeAllListeners("timeout");
  };
  const gone = () => {
    logger.debug({ seenBytes: seen.byteLength }, "connection closed before its first request");
    socket.destroy();
  };
  const read = () => {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    seen = Buffer.concat([seen, chunk]);
    const known = Math.min(seen.byteLength, prefaceStart.byteLength);
    const isLikeHttp2 = seen.subarray(0, known).equals(prefaceStart.subarray(0, known));
    if (isLikeHttp2 && known < prefaceStart.byteLength) return;
    stop();
    socket.allowHalfOpen = !isLikeHttp2;
    socket.unshift(seen);
    handOver(socket, isLikeHttp2 ? inner.http2 : inner.http1);
  };
  socket.on("readable", read);
  socket.on("end", gone);
};
