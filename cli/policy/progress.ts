import type { CliContext } from "../context.js";
import { progressAfterMs, progressLineMs, progressTerminalMs } from "../limits.js";

/** Says on standard error what a run does, once it has taken longer than a second. */
export type Progress = {
  /** What the run does now: "reading manifests". */
  readonly step: (text: string) => void;
  /** Nothing is said any more; on a terminal the line goes away. */
  readonly end: () => void;
};

/** No word of progress. */
export const silentProgress: Progress = { step: () => undefined, end: () => undefined };

/** On a terminal one line is rewritten in place; elsewhere there is a line now and then. */
export const createProgress = (
  context: Pick<CliContext, "name" | "nowMs" | "isErrorTerminal" | "writeError">,
): Progress => {
  const startedAtMs = context.nowMs();
  const pauseMs = context.isErrorTerminal ? progressTerminalMs : progressLineMs;
  let saidAtMs = Number.NEGATIVE_INFINITY;
  let isShown = false;
  const step = (text: string): void => {
    const nowMs = context.nowMs();
    if (nowMs - startedAtMs < progressAfterMs || nowMs - saidAtMs < pauseMs) return;
    saidAtMs = nowMs;
    const seconds = Math.round((nowMs - startedAtMs) / 1000);
    const line = `${context.name}: ${text} … ${seconds} s`;
    context.writeError(context.isErrorTerminal ? `\r\u001b[K${line}` : `${line}\n`);
    isShown = context.isErrorTerminal;
  };
  const end = (): void => {
    if (isShown) context.writeError("\r\u001b[K");
    isShown = false;
  };
  return { step, end };
};
