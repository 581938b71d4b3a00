import { readFile, stat } from "node:fs/promises";
import type { Logger } from "../../common/logger.js";
import { watchedFileBytesMax, watchedFileEveryMs } from "../limits.js";

/** What files say, kept up to date. */
export interface WatchedFiles<T> {
  /** What they said when they were last good. */
  readonly current: T;
  /** Stops reading. */
  stop(): void;
}

type WatchOptions<T> = {
  readonly paths: readonly string[];
  /** Makes a value of the files' bytes, in the order of `paths`; throws when they are not good. */
  readonly parse: (contents: readonly Buffer[]) => T;
  /** Called for every good change, not for the first value. */
  readonly onChange?: (value: T) => void;
  readonly logger: Logger;
  /** How often to read, in milliseconds. */
  readonly everyMs?: number;
};

/**
 * Reads files now and then again and again; rejects when they are not good at first. Later bad contents are logged once
 * and the old value stays. Contents are compared, not times: that also sees the symlink swap of a Kubernetes Secret.
 */
export const watchFiles = async <T>({
  paths,
  parse,
  onChange,
  logger,
  everyMs = watchedFileEveryMs,
}: WatchOptions<T>): Promise<WatchedFiles<T>> => {
  let seen = await Promise.all(paths.map(readBounded));
  let current = parse(seen);
  let readFailure = "";

  const refresh = async (): Promise<void> => {
    const contents = await Promise.all(paths.map(readBounded));
    readFailure = "";
    if (contents.every((content, at) => seen[at]?.equals(content) === true)) return;
    seen = contents;
    current = parse(contents);
    logger.info({ paths }, "files changed");
    onChange?.(current);
  };
  const refreshOrKeep = async (): Promise<void> => {
    try {
      await refresh();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== readFailure)
        logger.warn({ paths, reason }, "changed files are not good, keeping the old");
      readFailure = reason;
    }
  };

  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    void refreshOrKeep().finally(() => {
      busy = false;
    });
  }, everyMs);
  timer.unref();
  return {
    get current() {
      return current;
    },
    stop: () => clearInterval(timer),
  };
};

const readBounded = async (path: string): Promise<Buffer> => {
  const { size } = await stat(path);
  if (size > watchedFileBytesMax) {
    throw new Error(`${path} has ${size} bytes, at most ${watchedFileBytesMax} are read`);
  }
  return readFile(path);
};
