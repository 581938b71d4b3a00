import { getSystemErrorName } from "node:util";
import ipaddr from "ipaddr.js";
import type { ProbeOutcome, ProbeSpec } from "../../common/probe.js";
import { echoesInFlightMax, nativeTickMs } from "../limits.js";
import {
  type Addon,
  type EchoSocket,
  eventField,
  eventKind,
  eventNumbers,
  offenderBytes,
  requestBytes,
  requestField,
} from "../native/addon.js";
import { outcomeFromErrno } from "./errno-outcome.js";
import { type IcmpFamily, outcomeFromIcmpError } from "./icmp-message.js";
import { failure } from "./outcome.js";
import type { ProbeContext, ProbeFn } from "./probe.js";

/** ICMP by the native engine, or why it can't be. */
export type KernelIcmp =
  | {
      readonly available: true;
      readonly probe: ProbeFn;
      readonly close: () => void;
    }
  | { readonly available: false; readonly reason: string };

/** Header and 56 bytes of payload, as ping sends. */
const messageBytes = 64;

/**
 * ICMP and ICMPv6 echo, stamped by the kernel as requests leave and answers arrive: a busy event loop or a CPU quota delays
 * when is probed, never what is measured. One socket a family, unprivileged where the system allows it.
 */
export const createKernelIcmp = (addon: Addon): KernelIcmp => {
  const pingers = new Map<IcmpFamily, Opened>();
  const pingerOf = (family: IcmpFamily): Opened => {
    const known = pingers.get(family);
    if (known !== undefined) return known;
    const opened = openPinger(addon, family);
    pingers.set(family, opened);
    return opened;
  };
  const first = pingerOf("ipv4");
  if (!first.available) return first;
  return {
    available: true,
    probe: (spec, context) => {
      const address = ipaddr.parse(spec.address);
      const opened = pingerOf(address.kind());
      if (!opened.available) return Promise.resolve(failure("not_run", opened.reason));
      return opened.pinger.ping(Uint8Array.from(address.toByteArray()), spec, context);
    },
    close: () => {
      for (const opened of pingers.values()) if (opened.available) opened.pinger.close();
    },
  };
};

type Opened =
  | { readonly available: true; readonly pinger: Pinger }
  | { readonly available: false; readonly reason: string };

const openPinger = ({ EchoSocket }: Addon, family: IcmpFamily): Opened => {
  try {
    const options = { ipv6: family === "ipv6", capacity: echoesInFlightMax, rawOnly: false };
    return { available: true, pinger: new Pinger(family, new EchoSocket(options)) };
  } catch (error) {
    return { available: false, reason: error instanceof Error ? error.message : String(error) };
  }
};

type Asked = { readonly address: Uint8Array; readonly spec: ProbeSpec };

type Queued = { readonly token: number; readonly asked: Asked };

type Waiting = { readonly settle: (outcome: ProbeOutcome) => void };

/** Events read in one turn; the rest waits in the socket for the next. */
const eventsMax = 1024;

/** Requests that leave between two reads: with their stamps and answers they fit a receive buffer of any size. */
const sentTogetherMax = 128;

/** The requests of one socket: those of one turn of the loop leave together, answers are read every `nativeTickMs`. */
class Pinger {
  readonly #family: IcmpFamily;
  readonly #socket: EchoSocket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #numbers = new Float64Array(eventsMax * eventNumbers);
  readonly #offenders = new Uint8Array(eventsMax * offenderBytes);
  #queue: Queued[] = [];
  #nextToken = 0;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(family: IcmpFamily, socket: EchoSocket) {
    this.#family = family;
    this.#socket = socket;
  }

  ping(address: Uint8Array, spec: ProbeSpec, { signal }: ProbeContext): Promise<ProbeOutcome> {
    return new Promise((resolve) => {
      if (signal.aborted || this.#isClosed) {
        resolve(failure("not_run", "cancelled"));
        return;
      }
      if (this.#waiting.size >= echoesInFlightMax) {
        resolve(failure("not_run", `${echoesInFlightMax} echo requests are in flight already`));
        return;
      }
      const token = this.#newToken();
      const settle = (outcome: ProbeOutcome): void => {
        this.#waiting.delete(token);
        signal.removeEventListener("abort", onAbort);
        resolve(outcome);
      };
      const onAbort = (): void => settle(failure("not_run", "cancelled"));
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.set(token, { settle });
      if (this.#queue.length === 0) setImmediate(() => this.#flush());
      this.#queue.push({ token, asked: { address, spec } });
    });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#socket.close();
    this.#queue = [];
    for (const { settle } of [...this.#waiting.values()]) settle(failure("not_run", "cancelled"));
  }

  /** Free among those in flight: the counter comes round after four thousand millions. */
  #newToken(): number {
    do this.#nextToken = (this.#nextToken + 1) >>> 0;
    while (this.#waiting.has(this.#nextToken));
    return this.#nextToken;
  }

  #flush(): void {
    const queue = this.#queue.filter(({ token }) => this.#waiting.has(token));
    this.#queue = [];
    if (queue.length === 0 || this.#isClosed) return;
    // A raw socket is given the errors of what others ping: those of a pause must not take the place of our answers.
    if (this.#timer === undefined) this.#poll();
    this.#timer ??= setInterval(() => this.#poll(), nativeTickMs);
    for (let at = 0; at < queue.length; at += sentTogetherMax) {
      if (at > 0) this.#poll();
      this.#send(queue.slice(at, at + sentTogetherMax));
    }
  }

  #send(requests: readonly Queued[]): void {
    const records = new Uint8Array(requests.length * requestBytes);
    const results = new Int32Array(requests.length);
    for (const [index, entry] of requests.entries())
      writeRequest(records.subarray(index * requestBytes), entry);
    this.#socket.send(records, results);
    for (const [index, { token }] of requests.entries()) {
      const errno = results[index] ?? 0;
      if (errno !== 0) this.#settle(token, outcomeFromErrno(getSystemErrorName(-errno)));
    }
  }

  #poll(): void {
    const count = this.#socket.poll(this.#numbers, this.#offenders);
    for (let at = 0; at < count; at++) this.#onEvent(at);
    if (this.#waiting.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #onEvent(at: number): void {
    const numbers = this.#numbers.subarray(at * eventNumbers, (at + 1) * eventNumbers);
    const token = numbers[eventField.token] ?? 0;
    switch (numbers[eventField.kind]) {
      case eventKind.reply: {
        const rttNs = numbers[eventField.rttNs] ?? -1;
        this.#settle(token, replied(rttNs));
        return;
      }
      case eventKind.error:
        this.#settle(token, this.#failed(numbers, at));
        return;
      case eventKind.timeout:
        this.#settle(token, failure("timeout"));
        return;
      default:
        // Duplicates and late answers are counted by the socket; the probe is over.
        return;
    }
  }

  /** An ICMP error is rate limited on the way, so its absence says nothing; its presence names the reason of the loss. */
  #failed(numbers: Float64Array, at: number): ProbeOutcome {
    const type = numbers[eventField.icmpType] ?? 0;
    const code = numbers[eventField.icmpCode] ?? 0;
    const outcome = outcomeFromIcmpError(this.#family, { type, code });
    const bytes = this.#offenders.subarray(at * offenderBytes, (at + 1) * offenderBytes);
    const from =
      numbers[eventField.hasOffender] === 1 ? ` from ${addressText(bytes, this.#family)}` : "";
    const info = numbers[eventField.info] ?? 0;
    const mtu = outcome === "msg_too_big" && info > 0 ? `, next-hop MTU ${info}` : "";
    return failure(outcome, `ICMP type ${type} code ${code}${from}${mtu}`);
  }

  #settle(token: number, outcome: ProbeOutcome): void {
    this.#waiting.get(token)?.settle(outcome);
  }
}

const writeRequest = (record: Uint8Array, { token, asked: { address, spec } }: Queued): void => {
  const view = new DataView(record.buffer, record.byteOffset, requestBytes);
  record.set(address, requestField.address);
  view.setUint32(requestField.token, token, true);
  view.setUint32(requestField.timeoutMs, spec.timeoutMs, true);
  view.setUint16(requestField.bytes, messageBytes, true);
};

/** Without a number where the clock that both stamps are of was set in between. */
const replied = (rttNs: number): ProbeOutcome =>
  rttNs < 0
    ? { outcome: "ok", rttUs: undefined, detail: "the clock was set meanwhile" }
    : { outcome: "ok", rttUs: Math.max(1, Math.round(rttNs / 1000)), detail: "" };

const addressText = (bytes: Uint8Array, family: IcmpFamily): string =>
  ipaddr.fromByteArray([...bytes.subarray(0, family === "ipv4" ? 4 : 16)]).toString();
