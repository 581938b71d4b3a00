import { createHash } from "node:crypto";
import { readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { manifestFolderDepthMax } from "../kube/limits.js";
import { policyEntriesMax, policyWatchedFoldersMax } from "./limits.js";
import type { WatchedFolder } from "./worker-messages.js";

/** What a folder or file looks like now, without its contents. */
export type FileTree = {
  /** Those that were looked into, the nearest to the root first, at most policyWatchedFoldersMax. */
  readonly folders: readonly WatchedFolder[];
} & (
  | {
      readonly kind: "seen";
      /** Changes when a file is written, replaced, added or removed, and when a link leads elsewhere. */
      readonly signature: string;
    }
  | { readonly kind: "unreadable"; readonly reason: string }
);

/** Looks at a folder with all below it, or at a file. Links are followed, as those who read the manifests do. */
export const lookAtTree = (
  path: string,
  bounds: TreeBounds = { entriesMax: policyEntriesMax, foldersMax: policyWatchedFoldersMax },
): FileTree => {
  const walk = new Walk(bounds);
  const { folders } = walk;
  try {
    walk.visit(path, 0);
  } catch (error) {
    return { kind: "unreadable", reason: reasonOf(error), folders };
  }
  return walk.manifests === 0
    ? { kind: "unreadable", reason: "it holds no manifests", folders }
    : { kind: "seen", signature: walk.signature(), folders };
};

/** How far it is looked. */
export type TreeBounds = { readonly entriesMax: number; readonly foldersMax: number };

class Walk {
  readonly folders: WatchedFolder[] = [];
  readonly #hash = createHash("sha256");
  readonly #above = new Set<string>();
  #entries = 0;
  readonly #bounds: TreeBounds;
  manifests = 0;

  constructor(bounds: TreeBounds) {
    this.#bounds = bounds;
  }

  signature(): string {
    return this.#hash.digest("base64url");
  }

  /** Throws only where the path itself can't be read. */
  visit(path: string, depth: number): void {
    this.#entries++;
    if (this.#entries > this.#bounds.entriesMax) return;
    const stats = statSync(path);
    if (!stats.isDirectory()) {
      this.#file(path, stats);
      return;
    }
    // A link that leads back up would go on for ever.
    const real = realpathSync(path);
    if (depth > manifestFolderDepthMax || this.#above.has(real)) return;
    this.#above.add(real);
    const names = readdirSync(path).sort();
    if (this.folders.length < this.#bounds.foldersMax) {
      this.folders.push({ path, identity: identityOf(stats) });
    }
    for (const name of names) this.#inner(join(path, name), depth + 1);
    this.#above.delete(real);
  }

  #inner(path: string, depth: number): void {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (name.startsWith(".") || name === "node_modules") return;
    try {
      this.visit(path, depth);
    } catch (error) {
      this.#hash.update(`${path}\0${reasonOf(error)}\n`);
    }
  }

  #file(path: string, stats: Stats): void {
    if (!/\.(ya?ml|json)$/.test(path) && this.#above.size > 0) return;
    this.manifests++;
    this.#hash.update(
      `${path}\0${identityOf(stats)} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}\n`,
    );
  }
}

const identityOf = ({ dev, ino }: Stats): string => `${dev}.${ino}`;

/** Why a file can't be read, for people: the system's word without the call and the path. */
export const reasonOf = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return knownReasons[code] ?? (code === "" ? String(error) : code);
};

const knownReasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  EACCES: "permission denied",
  ENOTDIR: "a part of the path is no folder",
  ELOOP: "links that lead in a circle",
};
