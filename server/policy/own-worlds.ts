import { createHash } from "node:crypto";
import { parseManifests } from "../kube/manifests/parse-manifests.js";
import { RefusedError } from "./refused.js";
import { WorldShelf } from "./world-shelf.js";

/** A text with manifests, and the field of the request that it came in. */
export type OwnText = { readonly field: string; readonly text: string };

/**
 * The models that questions bring along. Those of the last question are kept: pages of a list come with the same manifests
 * each time.
 */
export class OwnWorlds {
  readonly #shelves = new Map<string, WorldShelf>();

  /** The models of the texts of one question; those of other texts are let go first. Throws RefusedError for empty ones. */
  shelves(texts: readonly OwnText[]): readonly WorldShelf[] {
    const wanted = texts.map((own) => ({ ...own, revision: digestOf([own.field, own.text]) }));
    for (const revision of this.#shelves.keys()) {
      if (!wanted.some((each) => each.revision === revision)) this.#shelves.delete(revision);
    }
    return wanted.map(({ revision, ...own }) => {
      const shelf = this.#shelves.get(revision) ?? new WorldShelf(parseOwn(own), revision);
      this.#shelves.set(revision, shelf);
      return shelf;
    });
  }
}

/** Reads the manifests of a field of the request. Throws RefusedError when they hold nothing. */
export const parseOwn = ({ field, text }: OwnText): ReturnType<typeof parseManifests> => {
  const loaded = parseManifests([{ file: field, text }]);
  if (loaded.objects.length > 0) return loaded;
  const first = loaded.problems.find(({ severity }) => severity === "error") ?? loaded.problems[0];
  const why = first === undefined ? "" : `: line ${first.line}: ${first.message}`;
  throw new RefusedError("invalid", `${field} hold no object that concerns the network${why}`);
};

/** A short name for texts: other texts have another. */
export const digestOf = (texts: readonly string[]): string => {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(`${text.length}\0`).update(text);
  return hash.digest("base64url").slice(0, 22);
};
