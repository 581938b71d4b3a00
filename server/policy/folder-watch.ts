import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { policyQuietMs, policyQuietMsMax } from "./limits.js";
import type { WatchedFolder } from "./worker-messages.js";

type WatchOptions = {
  /** The folder or file that is meant. */
  readonly path: string;
  /** Something has changed, and now it is quiet, or has waited for long enough. */
  readonly onChange: () => void;
};

/**
 * Tells that something below a folder may have changed. It need not notice everything: whoever uses it looks by himself
 * now and then. Never throws.
 */
export class FolderWatch {
  readonly #options: WatchOptions;
  readonly #watchers = new Map<string, FSWatcher>();
  #quietTimer: NodeJS.Timeout | undefined;
  #waitingSinceMs: number | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /**
   * Watches these folders, which are what is there now, and the one that the path stands in: that is where it is replaced
   * or comes back. Without folders the path is a file, or is gone.
   */
  update(folders: readonly WatchedFolder[]): void {
    const { path } = this.#options;
    const name = folders.length === 0 ? undefined : basename(path);
    const wanted = new Map([[`above ${name}`, { path: dirname(path), name }]]);
    for (const folder of folders) {
      wanted.set(`${folder.path} ${folder.identity}`, { path: folder.path, name: undefined });
    }
    for (const [key, watcher] of this.#watchers) {
      if (wanted.has(key)) continue;
      watcher.close();
      this.#watchers.delete(key);
    }
    for (const [key, place] of wanted) {
      if (!this.#watchers.has(key)) this.#open(key, place);
    }
  }

  /** Watches nothing any more. */
  close(): void {
    clearTimeout(this.#quietTimer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #open(
    key: string,
    { path, name }: { readonly path: string; readonly name: string | undefined },
  ): void {
    try {
      const watcher = watch(path, { persistent: false }, (_event, changed) => {
        if (name === undefined || changed === null || changed === name) this.#changed();
      });
      watcher.on("error", () => {
        watcher.close();
        if (this.#watchers.get(key) === watcher) this.#watchers.delete(key);
      });
      this.#watchers.set(key, watcher);
    } catch {
      // The folder is gone, or the system watches no more of them: the next look will see what changes.
    }
  }

  #changed(): void {
    const nowMs = performance.now();
    this.#waitingSinceMs ??= nowMs;
    clearTimeout(this.#quietTimer);
    const tell = () => {
      this.#waitingSinceMs = undefined;
      this.#options.onChange();
    };
    this.#quietTimer = setTimeout(tell, quietMsAt(this.#waitingSinceMs, nowMs));
    this.#quietTimer.unref();
  }
}

/** How long it must be quiet from now on when something has changed and the first change was at `sinceMs`. */
export const quietMsAt = (sinceMs: number, nowMs: number): number =>
  Math.max(0, Math.min(policyQuietMs, sinceMs + policyQuietMsMax - nowMs));
