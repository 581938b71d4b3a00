import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { ProbeOutcome, ProbeSpec } from "../../common/probe.js";
import {
  createFineWallClock,
  encodeStampRequest,
  identityFromUid,
  parseStampReply,
  type StampReply,
} from "../stamp.js";
import { runAttempt } from "./attempt.js";
import { outcomeFromError } from "./errno-outcome.js";
import { failure, success } from "./outcome.js";
import type { ProbeFn } from "./probe.js";

/**
 * One STAMP packet from a fresh port (so that all paths of an ECMP fabric are taken in turn) to the target's reflector.
 * The time that the reflector held it is not counted.
 */
export const probeUdp: ProbeFn = (spec, context) =>
  runAttempt<ProbeOutcome>(
    {
      timeoutMs: spec.timeoutMs,
      signal: context.signal,
      clock: context.clock,
      onTimeout: () => failure("timeout"),
      onFailure: (failed) => failed,
    },
    (settle) => {
      const ssid = 1 + Math.floor(context.random.next() * 0xffff);
      const wallMs = createFineWallClock(context.clock);
      const socket = createSocket(isIPv6(spec.address) ? "udp6" : "udp4");
      let sentMs = context.clock.nowMs();
      const fail = (error: Error): void => settle(outcomeFromError(error));
      socket.on("error", fail);
      socket.on("message", (packet) => {
        const receivedMs = context.clock.nowMs();
        const reply = parseStampReply(packet);
        if (reply === undefined || reply.ssid !== ssid || reply.senderSequence !== 0) return;
        settle(outcomeFromReply(reply, spec, { sentMs, receivedMs }));
      });
      // Connected, so that the kernel drops other sources and reports a closed port.
      socket.connect(spec.port, spec.address, (error?: Error) => {
        if (error !== undefined) return fail(error);
        const request = encodeStampRequest({ sequence: 0, ssid, sentUnixMs: wallMs() });
        sentMs = context.clock.nowMs();
        socket.send(request, (sendError) => {
          if (sendError !== null) fail(sendError);
        });
      });
      return () => socket.close();
    },
  );

const outcomeFromReply = (
  reply: StampReply,
  spec: ProbeSpec,
  times: { readonly sentMs: number; readonly receivedMs: number },
): ProbeOutcome => {
  if (spec.expectPodUid !== "") {
    const wrong = wrongPeer(reply.identity, spec.expectPodUid);
    if (wrong !== undefined) return failure("wrong_peer", wrong);
  }
  const elapsedMs = times.receivedMs - times.sentMs;
  const { residenceMs } = reply;
  const heldMs = residenceMs >= 0 && residenceMs < elapsedMs ? residenceMs : 0;
  return success({ ...times, receivedMs: times.receivedMs - heldMs, timeoutMs: spec.timeoutMs });
};

const wrongPeer = (identity: Buffer | undefined, expectPodUid: string): string | undefined => {
  if (identity === undefined) return "the reflector does not state who it is";
  if (identity.equals(identityFromUid(expectPodUid))) return undefined;
  const stated = identity.toString("hex");
  return /^0*$/.test(stated) ? "the reflector has no pod UID" : `the answer is from pod ${stated}`;
};
