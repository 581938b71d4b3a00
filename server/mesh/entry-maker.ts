import type { PlanEntry } from "../../common/agent-stream.js";
import { hexFromBytes, type Sha256 } from "../../common/plan-hash.js";
import type { Interner } from "./interner.js";

/** A plan entry before it has an id and a hash. */
export type EntryContent = Omit<PlanEntry, "id" | "hash">;

/**
 * Gives plan entries their ids and content hashes. Remembers what the last two rounds made, so that a new plan hashes
 * only what is new, and unchanged entries stay the same objects.
 */
export class EntryMaker {
  readonly #interner: Interner;
  readonly #sha256: Sha256;
  readonly #encoder = new TextEncoder();
  #current = new Map<string, PlanEntry>();
  #former = new Map<string, PlanEntry>();

  constructor(ports: { readonly interner: Interner; readonly sha256: Sha256 }) {
    this.#interner = ports.interner;
    this.#sha256 = ports.sha256;
  }

  /** The entry of a content; undefined when no id is left for its key. */
  make(content: EntryContent): PlanEntry | undefined {
    const canonical = canonicalText(content);
    const known = this.#current.get(canonical) ?? this.#former.get(canonical);
    const entry = known ?? this.#create(content, canonical);
    if (entry !== undefined) this.#current.set(canonical, entry);
    return entry;
  }

  /** Ends a round: what it did not use is forgotten after the next one. */
  endRound(): void {
    this.#former = this.#current;
    this.#current = new Map();
  }

  #create(content: EntryContent, canonical: string): PlanEntry | undefined {
    const id = this.#interner.idFor(content.key);
    if (id === undefined) return undefined;
    const hash = hexFromBytes(this.#sha256(this.#encoder.encode(canonical)).subarray(0, 8));
    return { ...content, id, hash };
  }
}

/** One spelling of a content. Names are checked before they come here and hold no line ends, so nothing runs together. */
const canonicalText = ({ key, probe, intervalMs, agentId, node }: EntryContent): string =>
  `${key}\n${probe.kind}\n${probe.address}\n${probe.port}\n${probe.timeoutMs}\n${probe.hostName}\n${probe.httpPath}\n${probe.expectPodUid}\n${intervalMs}\n${agentId}\n${node}`;
