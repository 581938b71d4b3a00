import { clockSamplesMax } from "../limits.js";

/**
 * The server's wall clock, told by this machine's monotonic one: results are stamped by
 * `wall - (now - sentAt) + offset`, and with `offset = server - wall` that is `sentAt + (server - now)`: the agent's own
 * wall clock cancels out, so its jumps never reach a result.
 *
 * A server time is as old as its way here, so every sample of `server - now` is too low by that delay and the largest of
 * the last few is the best. The samples start anew at each Welcome, as the next server has another clock. Before the
 * first Welcome the agent's wall clock stands in.
 */
export class ServerClock {
  readonly #samples = new Float64Array(clockSamplesMax);
  #sampleCount = 0;
  /** server - now. */
  #baseMs: number | undefined;
  /** wall - now, as of the last input that carried both. */
  #wallBaseMs = 0;

  /** Takes both clocks of an input. */
  observe(nowMs: number, wallMs: number): void {
    this.#wallBaseMs = wallMs - nowMs;
  }

  /** Takes the server time of a Welcome: what was known of the clock is forgotten. */
  restart(nowMs: number, serverMs: number): void {
    this.#sampleCount = 0;
    this.sample(nowMs, serverMs);
  }

  /** Takes the server time of a heartbeat. One that is not set is ignored. */
  sample(nowMs: number, serverMs: number): void {
    if (!(serverMs > 0)) return;
    this.#samples[this.#sampleCount % clockSamplesMax] = serverMs - nowMs;
    this.#sampleCount += 1;
    let best = Number.NEGATIVE_INFINITY;
    const known = Math.min(this.#sampleCount, clockSamplesMax);
    for (let i = 0; i < known; i++) best = Math.max(best, this.#samples[i] ?? best);
    this.#baseMs = best;
  }

  /** The server's wall clock at a moment of the monotonic clock, milliseconds since 1970. */
  unixMs(nowMs: number): number {
    return nowMs + (this.#baseMs ?? this.#wallBaseMs);
  }

  /** The agent's own wall clock at a moment of the monotonic clock. */
  wallMs(nowMs: number): number {
    return nowMs + this.#wallBaseMs;
  }

  /** Server minus agent, microseconds; 0 before the first Welcome. */
  offsetUs(): number {
    return this.#baseMs === undefined ? 0 : Math.round((this.#baseMs - this.#wallBaseMs) * 1000);
  }
}
