import { readFileSync } from "node:fs";
import type { Interceptor, Transport } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { CliError, exitCodes } from "../exit.js";
import { answerBytesMax, sessionMemoryMbMax } from "../limits.js";

/** Where the server is and how to talk to it. */
export type Connection = {
  /** Base URL of the query port, http or https. */
  readonly url: string;
  /** File with the bearer token; undefined for none. */
  readonly tokenFile: string | undefined;
  /** File with the CA of the server's certificate; undefined trusts the system's. */
  readonly caFile: string | undefined;
};

/** A way to the server; `close` ends it. */
export type OpenTransport = { readonly transport: Transport; readonly close: () => void };

/** Connects on the first call. Throws a CliError when a file cannot be read. */
export const openTransport = (connection: Connection): OpenTransport => {
  const ca = connection.caFile === undefined ? undefined : readText(connection.caFile, "--ca");
  const manager = new Http2SessionManager(
    connection.url,
    { pingIntervalMs: 20_000, pingTimeoutMs: 10_000 },
    // Beyond this bound Node reads no answer and ends the stream by itself.
    { maxSessionMemory: sessionMemoryMbMax, ...(ca === undefined ? {} : { ca }) },
  );
  const transport = createGrpcTransport({
    baseUrl: connection.url,
    sessionManager: manager,
    readMaxBytes: answerBytesMax,
    interceptors: bearer(connection.tokenFile),
  });
  return { transport, close: () => manager.abort() };
};

const bearer = (tokenFile: string | undefined): Interceptor[] => {
  if (tokenFile === undefined) return [];
  const token = readText(tokenFile, "--token-file").trim();
  // A header that cannot be sent would be quoted whole in the error, the token with it.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new CliError(
      exitCodes.usage,
      `--token-file ${tokenFile} has to hold one token alone: printable characters without spaces`,
    );
  }
  return [
    (next) => (request) => {
      request.header.set("authorization", `Bearer ${token}`);
      return next(request);
    },
  ];
};

const readText = (path: string, flag: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(exitCodes.usage, `${flag} ${path} cannot be read: ${reason}`, {
      cause: error,
    });
  }
};
