import { setMaxListeners } from "node:events";
import {
  createRegistry,
  type DescMethod,
  type DescService,
  type JsonWriteOptions,
  type Registry,
} from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type ConnectRouter,
  type ConnectRouterOptions,
  createConnectRouter,
  createRouterTransport,
  type Interceptor,
} from "@connectrpc/connect";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import type { Logger } from "../../common/logger.js";
import { file_google_rpc_error_details } from "../../gen/google/rpc/error_details_pb.js";
import type { HttpHandler } from "../http/handler.js";
import { queryRequestBytesMax } from "../limits.js";
import type { ApiAuthenticator } from "./api-auth.js";
import { createCallEdge } from "./call-edge.js";
import { type ExchangeParts, serveExchange } from "./query-exchange.js";
import { isLoopbackAddress } from "./query-gate.js";
import {
  defaultSocketTimes,
  openQuerySockets,
  type QuerySockets,
  type SocketTimes,
} from "./query-sockets.js";
import { createTargetFinder } from "./query-target.js";
import type { TlsMaterial } from "./tls-files.js";
import { createTranscoder } from "./transcode/transcoder.js";

/** The query port: gRPC, gRPC-Web, Connect, REST and plain HTTP paths on one port. */
export interface QueryListener {
  /** The port that it listens on. */
  readonly port: number;
  /** New connections get this certificate. Throws on a plaintext port. */
  setTls(material: TlsMaterial): void;
  /**
   * Takes no more connections, ends streams with UNAVAILABLE, lets single calls finish, and cuts off what is left when
   * the time is over. Resolves when nothing is open any more.
   */
  close(graceMs: number): Promise<void>;
}

/** What the query port serves, where, and to whom. */
export type QueryListenerOptions = {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Serves TLS; absent serves plaintext. */
  readonly tls?: TlsMaterial;
  /** Adds the services, health and reflection among them. Called twice: for the sockets and for REST. */
  readonly routes: (router: ConnectRouter) => void;
  /** Services that REST serves by their annotations. */
  readonly restServices: readonly DescService[];
  /** Run inside the port's own error handling, outermost first. */
  readonly interceptors?: readonly Interceptor[];
  /** Plain HTTP by exact path, such as /metrics. */
  readonly httpHandlers?: ReadonlyMap<string, HttpHandler>;
  /** Origins whose web pages may call; "*" lists all. */
  readonly corsOrigins?: readonly string[];
  /** Absent lets everyone in. */
  readonly authenticator?: ApiAuthenticator;
  /** Whether the /api/v1 paths of k8snet-checker need no token. */
  readonly openLegacy?: boolean;
  /** Port of the agents' listener, for the answer to agents that come here. */
  readonly agentPort: number;
  /** Bytes of one request message; a service may have its own limit in its routes. */
  readonly requestBytesMax?: (method: DescMethod) => number;
  readonly logger: Logger;
  /** Shorter times for tests. */
  readonly times?: Partial<SocketTimes>;
};

/** Opens the query port. Rejects with Node's error (`code` EADDRINUSE, `address`, `port`) when it is taken. */
export const createQueryListener = async (
  options: QueryListenerOptions,
): Promise<QueryListener> => {
  const times = { ...defaultSocketTimes, ...options.times };
  const drain = new AbortController();
  const shutdown = new AbortController();
  // Every open stream listens for the end; their number is bounded elsewhere.
  setMaxListeners(0, drain.signal, shutdown.signal);
  const parts = createParts(options, {
    drainSignal: drain.signal,
    shutdownSignal: shutdown.signal,
  });
  let checksHost = true;
  const sockets = await openQuerySockets({
    host: options.host,
    port: options.port,
    tls: options.tls,
    logger: options.logger,
    times,
    onRequest: (request, response) => {
      if (drain.signal.aborted && !("stream" in request)) response.setHeader("connection", "close");
      void serveExchange({ ...parts, request, response, checksHost, times });
    },
  });
  checksHost = isLoopbackAddress(sockets.address.address);
  return {
    port: sockets.address.port,
    setTls: (material) => sockets.setTls(material),
    close: (graceMs) => closeListener({ sockets, drain, shutdown }, graceMs),
  };
};

type Closing = {
  readonly sockets: QuerySockets;
  readonly drain: AbortController;
  readonly shutdown: AbortController;
};

/** Part of the grace that cancelled calls get to send their status. */
const flushRatio = 0.2;

const closeListener = async (
  { sockets, drain, shutdown }: Closing,
  graceMs: number,
): Promise<void> => {
  const reason = new ConnectError("the server is shutting down", Code.Unavailable);
  drain.abort(reason);
  sockets.stopAccepting();
  const idle = setInterval(() => sockets.closeIdle(), 50);
  const cancel = setTimeout(() => shutdown.abort(reason), graceMs * (1 - flushRatio));
  const cut = setTimeout(() => sockets.destroy(), graceMs);
  await sockets.empty;
  clearInterval(idle);
  clearTimeout(cancel);
  clearTimeout(cut);
  shutdown.abort(reason);
};

type Signals = { readonly drainSignal: AbortSignal; readonly shutdownSignal: AbortSignal };

const createParts = (options: QueryListenerOptions, signals: Signals): ExchangeParts => {
  const { logger, routes, restServices } = options;
  const registry = createRegistry(
    ...restServices.map(({ file }) => file),
    file_google_rpc_error_details,
  );
  const edge = createCallEdge({ drainSignal: signals.drainSignal, logger });
  const routerOptions: ConnectRouterOptions = {
    interceptors: [edge, ...(options.interceptors ?? [])],
    readMaxBytes: queryRequestBytesMax,
    shutdownSignal: signals.shutdownSignal,
    jsonOptions: jsonOptions(registry),
    acceptCompression: [compressionGzip, compressionBrotli],
  };
  const router = createConnectRouter(routerOptions);
  routes(router);
  const transcoder = createTranscoder({
    services: restServices,
    transport: createRouterTransport(routes, { router: routerOptions }),
    registry,
    bodyBytesMax: options.requestBytesMax ?? (() => queryRequestBytesMax),
    logger,
  });
  const find = createTargetFinder({
    rpcHandlers: new Map(router.handlers.map((handler) => [handler.requestPath, handler])),
    transcoder,
    httpHandlers: options.httpHandlers ?? new Map(),
    agentPort: options.agentPort,
  });
  return {
    find,
    transcoder,
    origins: new Set(options.corsOrigins),
    authenticator: options.authenticator,
    openLegacy: options.openLegacy === true,
    logger,
  };
};

/** JSON as the contract has it: proto names, defaults written out. */
const jsonOptions = (registry: Registry): Partial<JsonWriteOptions> => ({
  useProtoFieldName: true,
  alwaysEmitImplicit: true,
  registry,
});
