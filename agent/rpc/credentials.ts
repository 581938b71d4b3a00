import { readFileSync } from "node:fs";
import { ChannelCredentials, credentials, Metadata } from "@grpc/grpc-js";

/** Where the agent's credentials are. */
export type CredentialPaths = {
  /** Whether the server is reached over TLS. */
  readonly tls: boolean;
  /** CA of the server's certificate; undefined trusts the system's. */
  readonly ca: string | undefined;
  /** The agent's own certificate and key; undefined for none. */
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly tokenFile: string | undefined;
};

/** What one stream is opened with. */
export type LinkCredentials = {
  readonly channel: ChannelCredentials;
  readonly metadata: Metadata;
};

/** Reads the files anew: certificates and tokens are rotated under a running agent. Throws when one cannot be used. */
export const readLinkCredentials = (paths: CredentialPaths): LinkCredentials => {
  const metadata = new Metadata();
  const token = readToken(paths.tokenFile);
  if (token !== undefined) metadata.set("authorization", `Bearer ${token}`);
  const channel = paths.tls
    ? credentials.createSsl(fileOf(paths.ca), fileOf(paths.tlsKey), fileOf(paths.tlsCert))
    : ChannelCredentials.createInsecure();
  return { channel, metadata };
};

/** The token that a file holds now: its first line. Undefined without a file; throws when it holds none. */
export const readToken = (path: string | undefined): string | undefined => {
  if (path === undefined) return undefined;
  const [token] = readFileSync(path, "utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (token === undefined) throw new Error(`${path} holds no token`);
  return token;
};

const fileOf = (path: string | undefined): Buffer | null =>
  path === undefined ? null : readFileSync(path);
