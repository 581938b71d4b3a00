import type { Logger } from "../../common/logger.js";
import { tokenCheckEveryMs } from "../limits.js";
import { readToken } from "./credentials.js";

/** Notices that the token of a file changed. */
export type TokenWatch = { readonly stop: () => void };

/** Reads the file again and again; without a file it does nothing. A file that cannot be read now is no change. */
export const createTokenWatch = ({
  path,
  logger,
  onChange,
  everyMs = tokenCheckEveryMs,
}: {
  readonly path: string | undefined;
  readonly logger: Logger;
  readonly onChange: (token: string) => void;
  readonly everyMs?: number;
}): TokenWatch => {
  if (path === undefined) return { stop: () => undefined };
  let problem = "";
  const read = (): string | undefined => {
    try {
      const token = readToken(path);
      problem = "";
      return token;
    } catch (error) {
      const reason = (error as Error).message;
      if (reason !== problem) logger.warn({ path, reason }, "token cannot be read");
      problem = reason;
      return undefined;
    }
  };
  let known = read();
  const timer = setInterval(() => {
    const token = read();
    if (token === undefined || token === known) return;
    known = token;
    logger.info({ path }, "token changed");
    onChange(token);
  }, everyMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
};
