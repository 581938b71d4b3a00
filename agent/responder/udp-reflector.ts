import type { RemoteInfo, Socket } from "node:dgram";
import type { Clock } from "../../common/clock.js";
import { responderUdpPacketBytesMax } from "../limits.js";
import { createFineWallClock, identityFromUid, reflectStamp, stampBaseBytes } from "../stamp.js";
import type { ResponderLimits } from "./bounds.js";
import type { ResponderCounters } from "./counters.js";
import { TokenBuckets } from "./token-buckets.js";

/** What a reflector is made with. */
export type UdpReflectorOptions = {
  readonly podUid: string;
  readonly clock: Clock;
  readonly counters: ResponderCounters;
  readonly limits: ResponderLimits;
};

/** Answers STAMP requests on a socket. */
export type UdpReflector = (socket: Socket) => void;

/**
 * A stateless STAMP reflector (RFC 8762 4.3). One set of limits for all its sockets. It never answers the port it listens
 * on: that would be another reflector, and the two would answer each other for ever.
 */
export const createUdpReflector = (options: UdpReflectorOptions): UdpReflector => {
  const { clock, counters, limits } = options;
  const identity = identityFromUid(options.podUid);
  const wallMs = createFineWallClock(clock);
  const perSource = new TokenBuckets({
    each: { perSecond: limits.udpPerSourceRate, burst: limits.udpPerSourceBurst },
    bucketsMax: limits.udpSourcesMax,
  });
  const overall = new TokenBuckets({
    each: { perSecond: limits.udpRate, burst: limits.udpRate },
    bucketsMax: 1,
  });
  const reflect = (
    { socket, ownPort }: { readonly socket: Socket; readonly ownPort: number },
    request: Buffer,
    from: RemoteInfo,
  ): void => {
    const receivedUnixMs = wallMs();
    const isRequest =
      request.length >= stampBaseBytes &&
      request.length <= responderUdpPacketBytesMax &&
      from.port !== ownPort &&
      from.port !== 0;
    if (!isRequest) {
      counters.udpMalformed++;
      return;
    }
    const nowMs = clock.nowMs();
    if (!perSource.take(from.address, nowMs) || !overall.take("", nowMs)) {
      counters.udpLimited++;
      return;
    }
    const reply = reflectStamp(request, { receivedUnixMs, sentUnixMs: wallMs, identity });
    if (reply === undefined) return;
    socket.send(reply, from.port, from.address, (error) => {
      if (error === null) counters.udpReflected++;
      else counters.udpUnsent++;
    });
  };
  return (socket) => {
    socket.once("listening", () => {
      const ownPort = socket.address().port;
      socket.on("message", (request, from) => reflect({ socket, ownPort }, request, from));
    });
  };
};
