import type { Origin } from "../../analyzer/model/objects.js";
import { manifestProblemsMax } from "../limits.js";
import type { Decoded } from "../objects/decode-object.js";
import type { PendingProblem } from "./problem-list.js";

type Entry = { count: number; readonly origin: Origin };

/** Counts what is not part of the model: one note a kind, not one an object. */
export class OtherKinds {
  readonly #kinds = new Map<string, Entry>();
  #foreign: Entry | undefined;

  add(decoded: Extract<Decoded, { readonly kind: "ignored" | "foreign" }>, origin: Origin): void {
    if (decoded.kind === "foreign") {
      this.#foreign ??= { count: 0, origin };
      this.#foreign.count++;
      return;
    }
    if (decoded.builtIn) return;
    const key = `${decoded.apiVersion} ${decoded.rawKind}`;
    const entry = this.#kinds.get(key) ?? { count: 0, origin };
    entry.count++;
    if (this.#kinds.has(key) || this.#kinds.size < manifestProblemsMax) this.#kinds.set(key, entry);
  }

  problems(): readonly (Omit<PendingProblem, "place"> & { readonly origin: Origin })[] {
    const kinds = [...this.#kinds].map(([kind, { count, origin }]) => ({
      ...note,
      message: `${kind.slice(0, 200)} is not part of the model (${count === 1 ? "1 object" : `${count} objects`})`,
      origin,
    }));
    if (this.#foreign === undefined) return kinds;
    const { count, origin } = this.#foreign;
    const message = `${count === 1 ? "1 document has" : `${count} documents have`} no apiVersion and kind and are no Kubernetes objects`;
    return [...kinds, { ...note, message, origin }];
  }
}

const note = { severity: "info", code: "unknown-kind", object: "" } as const;
