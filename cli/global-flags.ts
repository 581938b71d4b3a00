import { CliError, exitCodes } from "./exit.js";
import { parseQueryUrl, serverUrlDefault } from "./query-url.js";
import type { Connection } from "./rpc/transport.js";

/** Flags that every command takes. */
export type GlobalFlags = {
  readonly output?: string;
  readonly server: string;
  readonly tokenFile?: string;
  readonly ca?: string;
};

/** Where the flags say that the server is. Throws a CliError when that is no URL of a query port. */
export const connectionFrom = (flags: GlobalFlags): Connection => {
  // A variable that is set but empty counts as not set, as everywhere.
  const url = parseQueryUrl(flags.server === "" ? serverUrlDefault : flags.server);
  if (url === undefined) {
    throw new CliError(
      exitCodes.usage,
      `--server (CAUSEWAY_SERVER): ${JSON.stringify(flags.server)} is not allowed; allowed: http://HOST[:PORT] or https://HOST[:PORT]`,
    );
  }
  return { url, tokenFile: nonEmpty(flags.tokenFile), caFile: nonEmpty(flags.ca) };
};

const nonEmpty = (text: string | undefined): string | undefined => (text === "" ? undefined : text);
