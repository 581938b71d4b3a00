import { isIP } from "node:net";
import type { ValueKind } from "./config-values.js";

/** Where the agent port of a server is. */
export type ServerUrl = {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
};

/** Port of the agents' streams unless told otherwise. */
export const agentPortDefault = 8443;

const hostName =
  /^(?=.{1,253}$)[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,62})(\.[a-zA-Z0-9_][a-zA-Z0-9_-]{0,62})*\.?$/;

/**
 * Reads SERVER_URL: `https://host[:8443]`, `http://host[:8443]` (plaintext) or `host[:8443]` (TLS); IPv6 in brackets, one
 * slash at the end does no harm. Undefined for anything else: a path, a user, a query.
 */
export const parseServerUrl = (text: string): ServerUrl | undefined => {
  const match = /^(?:(https?):\/\/)?(?:\[([^\]]*)\]|([^:/[\]]+))(?::([0-9]{1,5}))?\/?$/i.exec(text);
  if (match === null) return undefined;
  const [, scheme = "https", bracketed, plain = "", portText] = match;
  if (bracketed !== undefined && (isIP(bracketed) !== 6 || bracketed.includes("%")))
    return undefined;
  const host = bracketed ?? plain;
  if (bracketed === undefined && isIP(host) !== 4 && !isName(host)) return undefined;
  const port = portText === undefined ? agentPortDefault : Number(portText);
  if (port < 1 || port > 65535) return undefined;
  return { host, port, tls: scheme.toLowerCase() === "https" };
};

/** The kind of SERVER_URL's value. */
export const serverUrl: ValueKind<ServerUrl> = {
  form: "value",
  allowed:
    "https://host[:8443], http://host[:8443] (plaintext) or host[:8443] (TLS), the host a name or an address, IPv6 in brackets",
  parse: parseServerUrl,
};

// What looks like an IPv4 address but is none (10.0.0.256, 10.0.0) is a slip, not a name.
const isName = (host: string): boolean => hostName.test(host) && !/^[0-9.]+$/.test(host);
