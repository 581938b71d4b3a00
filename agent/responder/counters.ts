/** What a responder did since its start, and its open connections; for metrics. */
export type ResponderCounters = {
  /** Connections that are open. */
  tcpOpen: number;
  /** Connections that were taken. */
  tcpAccepted: number;
  /** Connections that were refused: too many in all. */
  tcpRefusedTotal: number;
  /** Connections that were refused: too many of one source. */
  tcpRefusedPerSource: number;
  /** Connections that were cut because they took too long. */
  tcpSlow: number;
  /** HTTP requests that were answered. */
  httpRequests: number;
  /** Connections that sent no valid HTTP. */
  httpMalformed: number;
  /** Raw TCP echoes. */
  tcpEchoes: number;
  /** UDP packets that were reflected. */
  udpReflected: number;
  /** UDP packets that were dropped because they are no STAMP requests, by size or by source port. */
  udpMalformed: number;
  /** UDP packets that were dropped by the rate of their source, or of all. */
  udpLimited: number;
  /** UDP replies that the system did not take. */
  udpUnsent: number;
};

/** All zero. */
export const createResponderCounters = (): ResponderCounters => ({
  tcpOpen: 0,
  tcpAccepted: 0,
  tcpRefusedTotal: 0,
  tcpRefusedPerSource: 0,
  tcpSlow: 0,
  httpRequests: 0,
  httpMalformed: 0,
  tcpEchoes: 0,
  udpReflected: 0,
  udpMalformed: 0,
  udpLimited: 0,
  udpUnsent: 0,
});
