import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import { responderHeaderBytesMax, responderRequestsPerConnectionMax } from "../limits.js";
import type { ResponderLimits } from "./bounds.js";
import type { ResponderCounters } from "./counters.js";
import { unmapped } from "./http-handler.js";
import { startTcpEcho, tcpEchoMagic } from "./tcp-echo.js";

/** What the front is made with. */
export type TcpFrontOptions = {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  readonly counters: ResponderCounters;
  readonly limits: ResponderLimits;
};

/** Takes the connections of all listeners. */
export type TcpFront = {
  readonly accept: (socket: Socket) => void;
  /** Cuts every connection. */
  readonly close: () => void;
};

/**
 * Counts connections, tells raw echoes from HTTP by their first four bytes, and cuts whoever is slow: one timer a
 * connection covers the wait for a request, the request and its answer. Node's own HTTP timeouts only work on listeners
 * of its own.
 */
export const createTcpFront = (options: TcpFrontOptions): TcpFront => {
  const { counters, limits } = options;
  const open = new Map<Socket, Connection>();
  const perSource = new Map<string, number>();
  const http = createHttpServer({
    maxHeaderSize: responderHeaderBytesMax,
    keepAliveTimeout: limits.idleMsMax,
  });
  http.maxRequestsPerSocket = responderRequestsPerConnectionMax;
  http.on("request", (request, response) => {
    counters.httpRequests++;
    const connection = open.get(request.socket);
    connection?.requestBegins();
    response.on("finish", () => connection?.requestEnds());
    options.handle(request, response);
  });
  http.on("clientError", (_error, socket) => {
    counters.httpMalformed++;
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
    else socket.destroy();
  });

  const accept = (socket: Socket): void => {
    const source = unmapped(socket.remoteAddress ?? "");
    const fromSource = perSource.get(source) ?? 0;
    // Stays on: a connection that is cut may still report an error.
    socket.on("error", () => undefined);
    if (open.size >= limits.connectionsMax) {
      counters.tcpRefusedTotal++;
      socket.resetAndDestroy();
    } else if (fromSource >= limits.connectionsPerSourceMax) {
      counters.tcpRefusedPerSource++;
      socket.resetAndDestroy();
    } else {
      perSource.set(source, fromSource + 1);
      take(socket, source);
    }
  };

  const take = (socket: Socket, source: string): void => {
    const connection = createConnection(socket, counters, limits);
    open.set(socket, connection);
    counters.tcpAccepted++;
    counters.tcpOpen = open.size;
    socket.setNoDelay(true);
    socket.on("close", () => {
      connection.stop();
      open.delete(socket);
      counters.tcpOpen = open.size;
      const left = (perSource.get(source) ?? 1) - 1;
      if (left === 0) perSource.delete(source);
      else perSource.set(source, left);
    });
    sniff(socket, (isEcho) => {
      if (!isEcho) {
        http.emit("connection", socket);
        return;
      }
      counters.tcpEchoes++;
      startTcpEcho(socket);
    });
  };

  return {
    accept,
    close: () => {
      for (const socket of open.keys()) socket.destroy();
      http.close();
    },
  };
};

/** Waits for enough bytes to tell what a connection is, and puts them back. */
const sniff = (socket: Socket, decide: (isEcho: boolean) => void): void => {
  let first: Buffer = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    first = first.length === 0 ? chunk : Buffer.concat([first, chunk]);
    const compared = Math.min(first.length, tcpEchoMagic.length);
    const couldBeEcho = first.subarray(0, compared).equals(tcpEchoMagic.subarray(0, compared));
    if (couldBeEcho && compared < tcpEchoMagic.length) return;
    socket.off("data", onData);
    socket.pause();
    socket.unshift(first);
    decide(couldBeEcho);
    process.nextTick(() => socket.resume());
  };
  socket.on("data", onData);
};

type Connection = {
  readonly requestBegins: () => void;
  readonly requestEnds: () => void;
  readonly stop: () => void;
};

const createConnection = (
  socket: Socket,
  counters: ResponderCounters,
  limits: ResponderLimits,
): Connection => {
  let requests = 0;
  let pending = 0;
  const cut = (): void => {
    // Who says nothing after an answer is done; who says nothing before one, or half of it, is slow.
    if (pending > 0 || requests === 0) counters.tcpSlow++;
    socket.resetAndDestroy();
  };
  let timer = setTimeout(cut, limits.exchangeMsMax);
  const restart = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(cut, ms);
  };
  return {
    requestBegins: () => {
      requests++;
      pending++;
      restart(limits.exchangeMsMax);
    },
    requestEnds: () => {
      pending--;
      // Node announces the end of a connection with its last answer, and leaves it open when more requests were piped in.
      if (requests >= responderRequestsPerConnectionMax && pending === 0) socket.destroySoon();
      else restart(pending === 0 ? limits.idleMsMax : limits.exchangeMsMax);
    },
    stop: () => clearTimeout(timer),
  };
};
