import { connect, type Socket } from "node:net";
import type { ProbeOutcome } from "../../common/probe.js";
import type { Addon, TcpInfo } from "../native/addon.js";
import { runAttempt } from "./attempt.js";
import { outcomeFromError } from "./errno-outcome.js";
import { failure, success } from "./outcome.js";
import type { ProbeContext } from "./probe.js";

/** Where to connect to, and for how long to try. */
export type TcpTarget = {
  /** IPv4 or IPv6 literal. */
  readonly address: string;
  readonly port: number;
  readonly timeoutMs: number;
};

/** Reads what the kernel knows of a connection. */
export type ReadTcpInfo = Addon["tcpInfo"];

/**
 * Connects and closes with RST: FIN would leave a TIME_WAIT for 60 s and a conntrack entry for 120 s a probe, and run
 * out of local ports. The round trip is the kernel's where `tcpInfo` reads it, else that of the process's clock.
 */
export const connectTcp = (
  target: TcpTarget,
  context: ProbeContext,
  tcpInfo?: ReadTcpInfo,
): Promise<ProbeOutcome> =>
  runAttempt<ProbeOutcome>(
    {
      timeoutMs: target.timeoutMs,
      signal: context.signal,
      clock: context.clock,
      onTimeout: () => failure("timeout"),
      onFailure: (failed) => failed,
    },
    (settle) => {
      const sentMs = context.clock.nowMs();
      const socket = connect({ host: target.address, port: target.port, autoSelectFamily: false });
      socket.on("connect", () => {
        const receivedMs = context.clock.nowMs();
        const info = tcpInfo === undefined ? undefined : infoOf(socket, tcpInfo);
        settle(
          info === undefined
            ? success({ sentMs, receivedMs, timeoutMs: target.timeoutMs })
            : connected(info, receivedMs - sentMs),
        );
      });
      // Stays on after the end: a socket that is torn down may still report an error.
      socket.on("error", (error) => settle(outcomeFromError(error)));
      return () => {
        if (socket.connecting) socket.destroy();
        else socket.resetAndDestroy();
      };
    },
  );

/** Node has no name for a socket's descriptor; where it hides it, too, the process's clock has to do. */
const infoOf = (socket: Socket, tcpInfo: ReadTcpInfo): TcpInfo | undefined => {
  const handle: unknown = Reflect.get(socket, "_handle");
  const fd: unknown =
    typeof handle === "object" && handle !== null ? Reflect.get(handle, "fd") : -1;
  return typeof fd === "number" && fd >= 0 ? tcpInfo(fd) : undefined;
};

/** After a lost SYN the kernel has no round trip: its figure is then the granularity of its timestamps. */
const connected = ({ rttUs, retransmits }: TcpInfo, elapsedMs: number): ProbeOutcome => {
  if (retransmits === 0) return { outcome: "ok", rttUs: Math.max(1, rttUs), detail: "" };
  const times = retransmits === 1 ? "once" : `${retransmits} times`;
  const detail = `the SYN was sent again ${times}; the connect took ${(elapsedMs / 1000).toFixed(2)} s`;
  return { outcome: "ok", rttUs: undefined, detail };
};
