import type { StatusCode } from "../../common/agent-stream.js";
import type { Random } from "../../common/random.js";
import {
  closeMsMax,
  drainMsMax,
  heartbeatMsMax,
  heartbeatMsMin,
  loopStallMs,
  missedHeartbeatsMax,
  sessionSettledMs,
  stopMsMax,
  welcomeTimeoutMs,
} from "../limits.js";
import { Backoff } from "./backoff.js";

/** Where the one stream of an agent stands. */
export type Phase = "waiting" | "opening" | "up" | "closing" | "ended";

/** What follows from the end of a stream. */
export type Aftermath =
  | { readonly kind: "retry"; readonly delayMs: number }
  | { readonly kind: "refused" };

/** How a stream ended. */
export type Closed = {
  readonly code: StatusCode;
  readonly retryAfterMs: number | undefined;
  readonly nowMs: number;
};

/** Phases and deadlines of the stream: when to open, to beat, to give up and to come back. Carries nothing out itself. */
export class Connection {
  readonly #backoff: Backoff;
  #phase: Phase = "waiting";
  #openAtMs = 0;
  #welcomeByMs = 0;
  #heartbeatMs = 0;
  #beatAtMs = 0;
  #silentAtMs = 0;
  #drain: { readonly byMs: number; readonly reconnectAfterMs: number } | undefined;
  #closeByMs = Number.POSITIVE_INFINITY;
  #upSinceMs: number | undefined;
  #wasEverUp = false;
  #tokenRetried = false;
  #opens = 0;

  constructor(random: Random) {
    this.#backoff = new Backoff(random);
  }

  /** Where it stands. */
  get phase(): Phase {
    return this.#phase;
  }

  /** Whether the server said that it will close the stream. */
  get isDraining(): boolean {
    return this.#drain !== undefined;
  }

  /** Streams opened after the first one. */
  get reconnects(): number {
    return Math.max(0, this.#opens - 1);
  }

  /** Whether it is time to open a stream. */
  isOpenDue(nowMs: number): boolean {
    return this.#phase === "waiting" && nowMs >= this.#openAtMs;
  }

  /** A stream is being opened, the Hello is on its way. */
  opened(nowMs: number): void {
    this.#phase = "opening";
    this.#opens += 1;
    this.#drain = undefined;
    this.#upSinceMs = undefined;
    this.#welcomeByMs = nowMs + welcomeTimeoutMs;
  }

  /** The server answered. */
  welcomed(nowMs: number, heartbeatMs: number): void {
    this.#phase = "up";
    this.#upSinceMs = nowMs;
    this.#wasEverUp = true;
    this.#heartbeatMs = Math.min(Math.max(heartbeatMs, heartbeatMsMin), heartbeatMsMax);
    this.sent(nowMs);
    this.heard(nowMs);
  }

  /** A frame came from the server. */
  heard(nowMs: number): void {
    this.#silentAtMs = nowMs + missedHeartbeatsMax * this.#heartbeatMs;
  }

  /** A frame went to the server. */
  sent(nowMs: number): void {
    this.#beatAtMs = nowMs + this.#heartbeatMs;
  }

  /** This process stalled: what the server sent meanwhile may not have been read yet. */
  stalled(nowMs: number, stallMs: number): void {
    if (stallMs < loopStallMs) return;
    this.#silentAtMs = Math.max(this.#silentAtMs, nowMs + this.#heartbeatMs);
    this.#welcomeByMs = Math.max(this.#welcomeByMs, nowMs + loopStallMs);
  }

  /** Why the stream is to be dropped now; undefined when it is not. */
  failure(nowMs: number): string | undefined {
    if (this.#phase === "opening" && nowMs >= this.#welcomeByMs) return "no welcome in time";
    if (this.#phase === "up" && nowMs >= this.#silentAtMs) return "server is silent";
    if (this.#phase === "closing" && nowMs >= this.#closeByMs) return "close took too long";
    return undefined;
  }

  /** Whether a heartbeat is due. */
  isBeatDue(nowMs: number): boolean {
    return this.#phase === "up" && nowMs >= this.#beatAtMs;
  }

  /** The server will close the stream. Told again, the delay is the newer one, the time to finish is not longer. */
  draining(nowMs: number, reconnectAfterMs: number): void {
    this.#drain = { byMs: this.#drain?.byMs ?? nowMs + drainMsMax, reconnectAfterMs };
  }

  /** Whether the time to finish after a Drain is over. */
  isDrainOver(nowMs: number): boolean {
    return this.#phase === "up" && this.#drain !== undefined && nowMs >= this.#drain.byMs;
  }

  /** We close the stream: graceful closes have a bound, dropped streams report at once. */
  closing(nowMs: number, how: "drained" | "stopped" | "dropped"): void {
    this.#phase = "closing";
    const waitMs = { drained: closeMsMax, stopped: stopMsMax, dropped: Number.POSITIVE_INFINITY };
    this.#closeByMs = nowMs + waitMs[how];
  }

  /** The stream ended: what follows. */
  closed(closed: Closed): Aftermath {
    const { code, retryAfterMs, nowMs } = closed;
    const lastedMs = this.#upSinceMs === undefined ? undefined : nowMs - this.#upSinceMs;
    const drainDelayMs = this.#drain?.reconnectAfterMs;
    this.#drain = undefined;
    this.#upSinceMs = undefined;
    this.#phase = "waiting";
    if ((lastedMs ?? 0) >= sessionSettledMs) this.#tokenRetried = false;
    if (code === "unauthenticated" && !this.#tokenRetried) {
      this.#tokenRetried = true;
      this.#openAtMs = nowMs;
      return { kind: "retry", delayMs: 0 };
    }
    if (this.#isFinal(code)) return { kind: "refused" };
    const delayMs = this.#backoff.delayMs({ code, lastedMs, retryAfterMs, drainDelayMs });
    this.#openAtMs = nowMs + delayMs;
    return { kind: "retry", delayMs };
  }

  /** Nothing more will come. */
  end(): void {
    this.#phase = "ended";
  }

  /** When something of the above is due. */
  nextDeadlineMs(): number {
    switch (this.#phase) {
      case "waiting":
        return this.#openAtMs;
      case "opening":
        return this.#welcomeByMs;
      case "up": {
        const drainByMs = this.#drain?.byMs ?? Number.POSITIVE_INFINITY;
        return Math.min(this.#beatAtMs, this.#silentAtMs, drainByMs);
      }
      case "closing":
        return this.#closeByMs;
      case "ended":
        return Number.POSITIVE_INFINITY;
    }
  }

  /**
   * Refusals that trying again does not heal. A malformed Hello or a port that does not know the service is one only
   * before the first Welcome: later it is the server that changed.
   */
  #isFinal(code: StatusCode): boolean {
    switch (code) {
      case "unauthenticated":
      case "permission_denied":
      case "failed_precondition":
        return true;
      case "invalid_argument":
      case "unimplemented":
        return !this.#wasEverUp;
      default:
        return false;
    }
  }
}
