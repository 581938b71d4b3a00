import type { AgentMessage, ServerMessage, StatusCode } from "../../common/agent-stream.js";
import type { Random } from "../../common/random.js";
import type { StreamEnd, StreamId } from "../../server/session/protocol.js";
import type { EventQueue } from "./sim-queue.js";

/** How HTTP/2 pings find a dead peer: interfaces.md §4. */
const keepaliveMs = 20_000;
const keepaliveTimeoutMs = 10_000;
/** A connection that does not come to stand is given up after so long, as grpc-js does. */
const connectTimeoutMs = 20_000;
/** What the transport takes before it asks the sender to wait. */
const sendBufferMessages = 16;
/** What a blocked direction may hold; more means that a sender ignores that it was asked to wait. */
export const simPipeMessagesMax = 512;

/** One direction of an agent's link. A blocked direction loses packets: what was sent waits for retransmission. */
type Direction = {
  /** How many faults block it now. */
  blocks: number;
};

/** The network between one agent's host and the server. */
export type Link = {
  readonly up: Direction;
  readonly down: Direction;
  /** One way, milliseconds. */
  latencyMs: number;
  /** Added at random to every message. */
  jitterMs: number;
  /** Counts changes of the blocks, so that a keepalive timer knows whether the cut lasted. */
  generation: number;
};

type Item<T> = { readonly message: T | undefined; readonly end: (() => void) | undefined };

/** Messages of one direction: in order, never lost while the connection lives, never twice. */
class Pipe<T> {
  readonly #queue: EventQueue;
  readonly #random: Random;
  readonly #link: Link;
  readonly #direction: Direction;
  readonly #deliver: (message: T) => void;
  #items: Item<T>[] = [];
  #arrivals: number[] = [];
  #lastArrivalMs = 0;
  #scheduled = false;
  #held = false;
  #dead = false;

  constructor(options: {
    readonly queue: EventQueue;
    readonly random: Random;
    readonly link: Link;
    readonly direction: Direction;
    readonly deliver: (message: T) => void;
  }) {
    this.#queue = options.queue;
    this.#random = options.random;
    this.#link = options.link;
    this.#direction = options.direction;
    this.#deliver = options.deliver;
  }

  /** Messages under way. */
  get size(): number {
    return this.#items.length;
  }

  /** Sends a message. */
  send(message: T): void {
    this.#push({ message, end: undefined });
  }

  /** Ends this direction after what was sent. */
  end(end: () => void): void {
    this.#push({ message: undefined, end });
  }

  /** Forgets what is under way and takes nothing more: the connection is gone. */
  kill(): void {
    this.#dead = true;
    this.#items = [];
    this.#arrivals = [];
  }

  /** Forgets the messages under way, but not an end that follows. */
  dropMessages(): void {
    this.#items = [];
    this.#arrivals = [];
  }

  /** The cut is over: what waited is retransmitted. */
  unblock(): void {
    if (!this.#held) return;
    this.#held = false;
    const nowMs = this.#queue.nowMs;
    const backMs = nowMs + this.#link.latencyMs + this.#random.next() * 1500;
    for (let i = 0; i < this.#arrivals.length; i++) {
      this.#arrivals[i] = Math.max(this.#arrivals[i] ?? 0, backMs);
    }
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, backMs);
    this.#schedule();
  }

  #push(item: Item<T>): void {
    if (this.#dead) return;
    const delayMs = this.#link.latencyMs + this.#random.next() * this.#link.jitterMs;
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, this.#queue.nowMs + delayMs);
    this.#items.push(item);
    this.#arrivals.push(this.#lastArrivalMs);
    this.#schedule();
  }

  #schedule(): void {
    const firstMs = this.#arrivals[0];
    if (firstMs === undefined || this.#scheduled) return;
    if (this.#direction.blocks > 0) {
      this.#held = true;
      return;
    }
    this.#scheduled = true;
    this.#queue.at(firstMs, () => {
      this.#scheduled = false;
      this.#arrive();
    });
  }

  #arrive(): void {
    while (this.#direction.blocks === 0) {
      const firstMs = this.#arrivals[0];
      if (firstMs === undefined || firstMs > this.#queue.nowMs) break;
      const item = this.#items.shift();
      this.#arrivals.shift();
      if (item === undefined) break;
      if (item.message !== undefined) this.#deliver(item.message);
      item.end?.();
    }
    this.#schedule();
  }
}

/** What an agent's end of a stream hears. */
export type AgentEnd = {
  readonly message: (message: ServerMessage) => void;
  readonly closed: (code: StatusCode, message: string, retryAfterMs: number | undefined) => void;
  readonly writable: () => void;
};

/** What the server's end hears of all streams. */
export type ServerEnd = {
  readonly opened: (stream: SimStream) => void;
  readonly message: (stream: SimStream, message: AgentMessage) => void;
  readonly closed: (stream: SimStream, end: StreamEnd) => void;
};

/**
 * One stream: two directions with the guarantees of TCP, and two ends that learn of a close on their own. While the
 * network is cut neither learns anything, until its own liveness rule fires.
 */
export class SimStream {
  readonly id: StreamId;
  readonly agentIndex: number;
  readonly link: Link;
  readonly #queue: EventQueue;
  readonly #random: Random;
  readonly #agentEnd: AgentEnd;
  readonly #serverEnd: ServerEnd;
  readonly #toServer: Pipe<AgentMessage>;
  readonly #toAgent: Pipe<ServerMessage>;
  #agentOpen = true;
  #serverOpen = false;
  #isEstablished = false;
  /** The end whose machine lost power without a word. */
  #gone: "agent" | "server" | undefined;
  #gonePeerSent = false;
  #isFull = false;

  constructor(options: {
    readonly id: StreamId;
    readonly agentIndex: number;
    readonly link: Link;
    readonly queue: EventQueue;
    readonly random: Random;
    readonly agentEnd: AgentEnd;
    readonly serverEnd: ServerEnd;
  }) {
    const { queue, random, link } = options;
    this.id = options.id;
    this.agentIndex = options.agentIndex;
    this.link = link;
    this.#queue = queue;
    this.#random = random;
    this.#agentEnd = options.agentEnd;
    this.#serverEnd = options.serverEnd;
    this.#toServer = new Pipe<AgentMessage>({
      queue,
      random,
      link,
      direction: link.up,
      deliver: (message) => {
        if (this.#serverOpen) this.#serverEnd.message(this, message);
        if (this.#gone === "server") this.#gonePeerSent = true;
        this.#maybeWritable();
      },
    });
    this.#toAgent = new Pipe<ServerMessage>({
      queue,
      random,
      link,
      direction: link.down,
      deliver: (message) => {
        if (this.#agentOpen) this.#agentEnd.message(message);
        if (this.#gone === "agent") this.#gonePeerSent = true;
      },
    });
    this.#toServer.end(() => {
      this.#serverOpen = true;
      this.#isEstablished = true;
      this.#serverEnd.opened(this);
    });
    queue.after(connectTimeoutMs, () => {
      if (!this.#isEstablished) this.#abortAtAgent("connection timeout");
    });
  }

  /** Whether the agent's end is open. */
  get isAgentOpen(): boolean {
    return this.#agentOpen;
  }

  /** Whether the server's end is open. */
  get isServerOpen(): boolean {
    return this.#serverOpen;
  }

  /** Whether an end is open. */
  get isAlive(): boolean {
    return this.#agentOpen || this.#serverOpen || this.#toServer.size + this.#toAgent.size > 0;
  }

  /** Messages under way in both directions. */
  get heldCount(): number {
    return this.#toServer.size + this.#toAgent.size;
  }

  /** The agent sends; false asks it to wait for "writable". */
  sendFromAgent(message: AgentMessage): boolean {
    if (!this.#agentOpen) return true;
    this.#toServer.send(message);
    this.#isFull ||= this.#toServer.size > sendBufferMessages;
    return !this.#isFull;
  }

  /** The server sends. */
  sendFromServer(message: ServerMessage): void {
    if (this.#serverOpen) this.#toAgent.send(message);
  }

  /** The agent half-closes (graceful) or cancels; it hears the end of it soon. */
  closeFromAgent(graceful: boolean): void {
    if (!this.#agentOpen) return;
    if (graceful) {
      this.#toServer.end(() => {
        this.#endAtServer("ended");
        this.#toAgent.end(() => this.#endAtAgent("ok", "", undefined));
      });
      return;
    }
    if (!this.#isEstablished) this.#toServer.kill();
    this.#toServer.end(() => this.#endAtServer("cancelled"));
    this.#queue.after(0, () => this.#endAtAgent("cancelled", "cancelled by the agent", undefined));
  }

  /** The server ends the call with a status. */
  closeFromServer(code: StatusCode, message: string, retryAfterMs: number | undefined): void {
    if (!this.#serverOpen) return;
    this.#serverOpen = false;
    this.#toAgent.end(() => this.#endAtAgent(code, message, retryAfterMs));
    this.#queue.after(0, () => this.#serverEnd.closed(this, "closed_by_server"));
  }

  /** The connection breaks: both ends hear of it when and if the network lets them. */
  reset(): void {
    this.#toServer.dropMessages();
    this.#toAgent.dropMessages();
    this.#toServer.end(() => this.#endAtServer("reset"));
    this.#toAgent.end(() => this.#endAtAgent("unavailable", "connection reset", undefined));
  }

  /** The agent's process dies; its kernel says so. */
  agentProcessDied(): void {
    this.#agentOpen = false;
    this.#toServer.end(() => this.#endAtServer("reset"));
  }

  /** The agent's host dies: nobody says anything. */
  agentHostDied(): void {
    this.#agentOpen = false;
    this.#gone = "agent";
    this.#toServer.kill();
  }

  /** The server's host dies likewise. */
  serverHostDied(): void {
    this.#serverOpen = false;
    this.#gone = "server";
    this.#toAgent.kill();
  }

  /** The dead host runs again and knows nothing of this stream: it answers a retransmission with a reset. */
  hostBack(): void {
    const backMs = 100 + 3000 * this.#random.next();
    this.#queue.after(backMs, () => {
      if (!this.#agentOpen && !this.#serverOpen) return;
      if (!this.#gonePeerSent) {
        this.#queue.after(backMs, () => this.hostBack());
      } else if (this.#gone === "agent") {
        this.#endAtServer("reset");
      } else {
        this.#endAtAgent("unavailable", "connection reset", undefined);
      }
    });
  }

  /** The server's process dies; its kernel says so. */
  serverProcessDied(): void {
    this.#serverOpen = false;
    this.#toServer.kill();
    this.#toAgent.end(() => this.#endAtAgent("unavailable", "connection reset", undefined));
  }

  /** Nobody listens: the agent is told so. */
  refuse(): void {
    this.#toServer.kill();
    this.#toAgent.end(() => this.#endAtAgent("unavailable", "connection refused", undefined));
  }

  /** The link was cut or healed. */
  linkChanged(keepalive: boolean): void {
    if (this.link.up.blocks === 0) this.#toServer.unblock();
    if (this.link.down.blocks === 0) this.#toAgent.unblock();
    if (!keepalive || !(this.link.up.blocks > 0 || this.link.down.blocks > 0)) return;
    const generation = this.link.generation;
    const ifStillCut = (act: () => void): void => {
      this.#queue.after(this.#random.next() * keepaliveMs + keepaliveTimeoutMs, () => {
        if (this.link.generation === generation && this.#isEstablished) act();
      });
    };
    ifStillCut(() => this.#abortAtAgent("ping timeout"));
    ifStillCut(() => this.#abortAtServer());
  }

  #abortAtAgent(why: string): void {
    if (!this.#agentOpen) return;
    if (this.#isEstablished) {
      this.#toServer.dropMessages();
      this.#toServer.end(() => this.#endAtServer("reset"));
    } else {
      this.#toServer.kill();
    }
    this.#endAtAgent("unavailable", why, undefined);
  }

  #abortAtServer(): void {
    if (!this.#serverOpen) return;
    this.#toAgent.dropMessages();
    this.#toAgent.end(() => this.#endAtAgent("unavailable", "connection reset", undefined));
    this.#endAtServer("reset");
  }

  #endAtServer(end: StreamEnd): void {
    if (!this.#serverOpen) return;
    this.#serverOpen = false;
    this.#serverEnd.closed(this, end);
  }

  #endAtAgent(code: StatusCode, message: string, retryAfterMs: number | undefined): void {
    if (!this.#agentOpen) return;
    this.#agentOpen = false;
    this.#agentEnd.closed(code, message, retryAfterMs);
  }

  #maybeWritable(): void {
    if (!this.#isFull || this.#toServer.size > sendBufferMessages / 2) return;
    this.#isFull = false;
    if (this.#agentOpen) this.#agentEnd.writable();
  }
}
