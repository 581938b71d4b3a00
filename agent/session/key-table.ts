import type { ResultBatch } from "../../common/agent-stream.js";
import type { Batch } from "./batch.js";

type CountedKey = { readonly key: string; results: number };

/** Map entry, object and string header around a key. */
const keyOverheadBytes = 112;

/**
 * Keys of the interned ids that kept results use, by the server epoch that the ids belong to: stored once however many
 * results use them, and forgotten with the last one, so that a change of epoch costs a lookup and not a copy per batch.
 */
export class KeyTable {
  readonly #epochs = new Map<string, Map<number, CountedKey>>();
  #bytes = 0;

  /** Memory of all keys. */
  get bytes(): number {
    return this.#bytes;
  }

  /** One more result uses the id. */
  retain(epoch: string, id: number, key: string): void {
    let keys = this.#epochs.get(epoch);
    if (keys === undefined) {
      keys = new Map();
      this.#epochs.set(epoch, keys);
    }
    const known = keys.get(id);
    if (known === undefined) {
      keys.set(id, { key, results: 1 });
      this.#bytes += keyBytes(key);
    } else {
      known.results += 1;
    }
  }

  /** The results of a batch are no longer kept. */
  release(batch: Batch): void {
    const keys = this.#epochs.get(batch.epoch);
    if (keys === undefined) return;
    const ids = batch.columns.targetId;
    for (let i = 0; i < ids.length; i++) this.#releaseOne(keys, ids[i] ?? 0);
    if (keys.size === 0) this.#epochs.delete(batch.epoch);
  }

  /** Names of all the ids in a batch, each once, in the order of their first use. */
  dictionary(batch: Batch): ResultBatch["dictionary"] {
    const keys = this.#epochs.get(batch.epoch);
    const named = new Map<number, string>();
    const ids = batch.columns.targetId;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] ?? 0;
      if (!named.has(id)) named.set(id, keys?.get(id)?.key ?? "");
    }
    return [...named].map(([id, key]) => ({ id, key }));
  }

  #releaseOne(keys: Map<number, CountedKey>, id: number): void {
    const known = keys.get(id);
    if (known === undefined) return;
    known.results -= 1;
    if (known.results > 0) return;
    keys.delete(id);
    this.#bytes -= keyBytes(known.key);
  }
}

const keyBytes = (key: string): number => keyOverheadBytes + 2 * key.length;
