import {
  busyAbove,
  busyBelow,
  loadMeanMs,
  overloadedAbove,
  overloadedBelow,
  rssBackShare,
} from "../limits.js";
import type { LoadState } from "./protocol.js";

/** What is known of the time since the last sample; what nobody measured leaves the load as it was. */
export type LoadSample = {
  /** Monotonic. */
  readonly nowMs: number;
  /** Share of that time that the event loop was busy, 0 to 1. */
  readonly loopUtilization?: number;
  /** Memory that the process holds. */
  readonly rssBytes?: number;
};

/** Says how much the server has to do: by the mean utilisation of its event loop, and by its memory. Both with hysteresis. */
export class LoadMeter {
  readonly #rssBytesMax: number;
  #lastMs: number | undefined;
  #mean = 0;
  #loop: LoadState = "normal";
  #isMemoryShort = false;

  /** rssBytesMax: memory beyond which the server is overloaded; undefined for no limit. */
  constructor(rssBytesMax: number | undefined) {
    this.#rssBytesMax = rssBytesMax ?? Number.POSITIVE_INFINITY;
  }

  /** The load as of the last sample. */
  get state(): LoadState {
    return this.#isMemoryShort ? "overloaded" : this.#loop;
  }

  /** Whether the process holds more than it may. */
  get isMemoryShort(): boolean {
    return this.#isMemoryShort;
  }

  /** Exponentially weighted mean of the utilisation, 0 to 1; its time constant is loadMeanMs. */
  get meanUtilization(): number {
    return this.#mean;
  }

  /** Takes a sample; whether state or isMemoryShort changed. */
  observe({ nowMs, loopUtilization, rssBytes }: LoadSample): boolean {
    const was = this.state;
    const wasShort = this.#isMemoryShort;
    const passedMs = Math.max(0, nowMs - (this.#lastMs ?? nowMs));
    this.#lastMs = nowMs;
    if (loopUtilization !== undefined && Number.isFinite(loopUtilization)) {
      const sample = Math.min(1, Math.max(0, loopUtilization));
      this.#mean += (sample - this.#mean) * (1 - Math.exp(-passedMs / loadMeanMs));
      this.#loop = loopState(this.#loop, this.#mean);
    }
    if (rssBytes !== undefined) {
      const limit = this.#rssBytesMax * (wasShort ? rssBackShare : 1);
      this.#isMemoryShort = rssBytes > limit;
    }
    return this.state !== was || this.#isMemoryShort !== wasShort;
  }
}

const loopState = (was: LoadState, mean: number): LoadState => {
  if (mean > (was === "overloaded" ? overloadedBelow : overloadedAbove)) return "overloaded";
  if (mean > (was === "normal" ? busyAbove : busyBelow)) return "busy";
  return "normal";
};
