import { connect } from "node:net";
import type { ProbeOutcome } from "../../common/probe.js";
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

/**
 * Connects and closes with RST: FIN would leave a TIME_WAIT for 60 s and a conntrack entry for 120 s a probe, and run
 * out of local ports.
 */
export const connectTcp = (target: TcpTarget, context: ProbeContext): Promise<ProbeOutcome> =>
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
        settle(success({ sentMs, receivedMs, timeoutMs: target.timeoutMs }));
      });
      // Stays on after the end: a socket that is torn down may still report an error.
      socket.on("error", (error) => settle(outcomeFromError(error)));
      return () => {
        if (socket.connecting) socket.destroy();
        else socket.resetAndDestroy();
      };
    },
  );
