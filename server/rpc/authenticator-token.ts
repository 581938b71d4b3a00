import { createHash, timingSafeEqual } from "node:crypto";
import type { Logger } from "../../common/logger.js";
import { agentTokensMax } from "../limits.js";
import type { Authenticator } from "./authenticator.js";
import { watchFiles } from "./watched-files.js";

/**
 * Knows agents by a shared token, one a line of a file that is read again on change. Rejects when the file holds none. Two
 * lines let agents change over; an agent sends the first line of its own file.
 */
export const createTokenAuthenticator = async ({
  path,
  logger,
  everyMs,
}: {
  readonly path: string;
  readonly logger: Logger;
  /** How often to read, in milliseconds. */
  readonly everyMs?: number;
}): Promise<Authenticator> => {
  const files = await watchFiles({
    paths: [path],
    parse: ([content]) => digestsOf(content?.toString() ?? ""),
    logger,
    ...(everyMs === undefined ? {} : { everyMs }),
  });
  return {
    authenticate: async ({ authorization }) => {
      const token = bearerToken(authorization);
      if (token === undefined) return { kind: "absent", why: "no bearer token was shown" };
      const digest = sha256(token);
      // Every digest is compared, so that the time tells nothing.
      const matches = files.current.filter((known) => timingSafeEqual(known, digest));
      return matches.length > 0
        ? { kind: "principal", principal: sharedToken }
        : { kind: "refused", code: "unauthenticated", why: "the token is not known" };
    },
    stop: () => files.stop(),
  };
};

const sharedToken = {
  method: "token",
  name: "shared token",
  node: undefined,
  expiresUnixMs: undefined,
} as const;

const digestsOf = (text: string): readonly Buffer[] => {
  const tokens = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (tokens.length === 0) throw new Error("holds no token");
  if (tokens.length > agentTokensMax) throw new Error(`holds more than ${agentTokensMax} tokens`);
  return tokens.map(sha256);
};

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

const bearerToken = (authorization: string | undefined): string | undefined =>
  /^Bearer +([^\s]+)$/i.exec(authorization ?? "")?.[1];
