import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import type { Environment } from "../common/config-load.js";
import type { CliContext } from "./context.js";
import { fullPipeWaitMs, writeBufferBytes } from "./limits.js";

/** The context of this process, and what gives back what it took. */
export type ProcessContext = { readonly context: CliContext; readonly close: () => void };

/** The context of a command that runs as this process. */
export const createProcessContext = (name: string, env: Environment): ProcessContext => {
  const ending = new AbortController();
  const end = (): void => ending.abort();
  let catchesSignals = false;
  const isTerminal = isatty(1);
  const writeOut = isTerminal ? writeTerminal : createSyncWriter(1, end);
  const context: CliContext = {
    name,
    env,
    writeOut,
    writeError: (text) => {
      process.stderr.write(text);
    },
    isTerminal,
    isErrorTerminal: isatty(2),
    size: () =>
      isTerminal
        ? { columns: process.stdout.columns, rows: process.stdout.rows }
        : { columns: 120, rows: 40 },
    nowMs: () => Date.now(),
    get signal() {
      if (!catchesSignals) {
        catchesSignals = true;
        process.once("SIGINT", end);
        process.once("SIGTERM", end);
      }
      return ending.signal;
    },
  };
  const close = (): void => {
    process.off("SIGINT", end);
    process.off("SIGTERM", end);
  };
  return { context, close };
};

const writeTerminal = (text: string): boolean => {
  process.stdout.write(text);
  return true;
};

/**
 * Writes to a file or a pipe until all is written: standard output as a stream would keep what a slow reader has not
 * taken yet. A reader that went away is no failure: `onClosed` is called, and nothing more is written.
 */
export const createSyncWriter = (
  descriptor: number,
  onClosed: () => void,
): ((text: string) => boolean) => {
  let isClosed = false;
  let buffer: Uint8Array | undefined;
  return (text) => {
    buffer ??= new Uint8Array(writeBufferBytes);
    for (let at = 0; at < text.length && !isClosed; ) {
      const { read, written } = encoder.encodeInto(at === 0 ? text : text.slice(at), buffer);
      at += read;
      if (writeAll(descriptor, buffer.subarray(0, written))) continue;
      isClosed = true;
      onClosed();
    }
    return !isClosed;
  };
};

const encoder = new TextEncoder();

/** False when the reader went away. */
const writeAll = (descriptor: number, bytes: Uint8Array): boolean => {
  let rest = bytes;
  while (rest.length > 0) {
    const written = tryWrite(descriptor, rest);
    if (written === "closed") return false;
    if (written === 0) Atomics.wait(sleeper, 0, 0, fullPipeWaitMs);
    rest = rest.subarray(written);
  }
  return true;
};

const sleeper = new Int32Array(new SharedArrayBuffer(4));

const tryWrite = (descriptor: number, bytes: Uint8Array): number | "closed" => {
  try {
    return writeSync(descriptor, bytes);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    // Somebody else set the pipe to non-blocking, and it is full.
    if (code === "EAGAIN") return 0;
    if (code === "EPIPE") return "closed";
    throw error;
  }
};
