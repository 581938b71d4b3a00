import type { Clock } from "../../common/clock.js";
import type { Logger } from "../../common/logger.js";
import { responderAddressesMax } from "../limits.js";
import { bindAll, closeAll } from "./bind.js";
import { defaultResponderLimits, type ResponderLimits } from "./bounds.js";
import { createResponderCounters, type ResponderCounters } from "./counters.js";
import { createHttpHandler, type MetricsSource, type ResponderIdentity } from "./http-handler.js";
import { createTcpFront } from "./tcp-front.js";
import { createUdpReflector } from "./udp-reflector.js";

export { BindError } from "./bind.js";
export type { ResponderCounters } from "./counters.js";
export type { MetricsSource, ResponderIdentity } from "./http-handler.js";

/** What a responder is made with. */
export type ResponderOptions = {
  /** 1-8 IPv4 or IPv6 literals; TCP and UDP are bound on each. */
  readonly addresses: readonly string[];
  /** 0 lets the system choose one. */
  readonly port: number;
  readonly identity: ResponderIdentity;
  readonly metrics?: MetricsSource;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Tighter limits than those of agent/limits.ts. */
  readonly limits?: Partial<ResponderLimits>;
};

/** The other end of the probes of other agents. */
export type Responder = {
  readonly port: number;
  readonly counters: Readonly<ResponderCounters>;
  /** Cuts what is open, and frees the port. */
  readonly close: () => Promise<void>;
};

/**
 * Answers probes on one port: HTTP and raw echo on TCP, STAMP on UDP; docs/responder.md has the wire. Rejects with a
 * BindError that names code, address and port.
 */
export const createResponder = async (options: ResponderOptions): Promise<Responder> => {
  const { addresses, identity, logger, clock } = options;
  if (addresses.length < 1 || addresses.length > responderAddressesMax)
    throw new Error(`a responder listens on 1 to ${responderAddressesMax} addresses`);
  const limits = { ...defaultResponderLimits, ...options.limits };
  const counters = createResponderCounters();
  const handle = createHttpHandler({ identity, metrics: options.metrics, logger });
  const front = createTcpFront({ handle, counters, limits });
  const reflect = createUdpReflector({ podUid: identity.podUid, clock, counters, limits });
  const bound = await bindAll(
    { addresses, port: options.port },
    { onConnection: front.accept, onUdpSocket: reflect },
  );
  for (const server of bound.tcp) {
    server.on("error", (error) => logger.warn({ error: error.message }, "tcp listener failed"));
  }
  for (const socket of bound.udp) {
    socket.on("error", (error) => logger.warn({ error: error.message }, "udp socket failed"));
  }
  logger.info({ addresses, port: bound.port }, "responder listens");
  return {
    port: bound.port,
    counters,
    close: async () => {
      front.close();
      await closeAll(bound);
    },
  };
};
