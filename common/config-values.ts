import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import type { Fallback, Setting } from "./config.js";

/** How to read one kind of value: what is allowed in words, and the check itself. */
export type ValueKind<T> = Pick<Setting<T>, "allowed" | "parse" | "form">;

type Row = { readonly variable: string; readonly summary: string };

const setting = <T>(row: Row, kind: ValueKind<T>, fallback: Fallback): Setting<T> => ({
  variable: row.variable,
  summary: row.summary,
  ...kind,
  fallback,
  secret: false,
});

/** A setting with a default, given as the text that a user would write. */
export const defaulted = <T>(row: Row, kind: ValueKind<T>, text: string): Setting<T> =>
  setting(row, kind, { kind: "text", text });

/** A setting whose default follows from others; its value is undefined until it is worked out. */
export const derived = <T>(row: Row, kind: ValueKind<T>, words: string): Setting<T | undefined> =>
  setting<T | undefined>(row, kind, { kind: "derived", words });

/** A setting that must be given. */
export const required = <T>(row: Row, kind: ValueKind<T>): Setting<T> =>
  setting(row, kind, { kind: "required" });

/** Whole numbers from min to max, in decimal digits only. */
export const wholeNumber = (
  bounds: { readonly min: number; readonly max: number },
  unit = "",
): ValueKind<number> => ({
  form: "value",
  allowed: `a whole number${unit === "" ? "" : ` of ${unit}`} from ${bounds.min} to ${bounds.max}`,
  parse: (text) => {
    if (!/^[0-9]{1,15}$/.test(text)) return undefined;
    const value = Number(text);
    return value >= bounds.min && value <= bounds.max ? value : undefined;
  },
});

/** A TCP or UDP port. */
export const port: ValueKind<number> = wholeNumber({ min: 1, max: 65535 });

/** true or false (also 1, 0, yes, no, on, off, in any case). */
export const yesNo: ValueKind<boolean> = {
  form: "switch",
  allowed: "true or false",
  parse: (text) => {
    const word = text.toLowerCase();
    if (["true", "1", "yes", "on"].includes(word)) return true;
    return ["false", "0", "no", "off"].includes(word) ? false : undefined;
  },
};

/** One of some words. */
export const oneOf = <Word extends string>(words: readonly Word[]): ValueKind<Word> => ({
  form: "value",
  allowed: words.join(", "),
  parse: (text) => words.find((word) => word === text),
});

/** The path of a file that must be readable at start. */
export const filePath: ValueKind<string> = {
  form: "path",
  allowed: "the path of a readable file",
  parse: (text) => (text === "" || text.includes("\0") ? undefined : text),
};

/** The path of a file or folder that must be readable at start. */
export const treePath: ValueKind<string> = {
  ...filePath,
  form: "tree",
  allowed: "the path of a readable file or folder",
};

/** Text that matches a pattern. */
export const textLike = (pattern: RegExp, allowed: string): ValueKind<string> => ({
  form: "value",
  allowed,
  parse: (text) => (pattern.test(text) ? text : undefined),
});

/** Spells an address the canonical way (RFC 5952 for IPv6); undefined when it is none, or has a zone. */
export const parseAddress = (text: string): string | undefined => {
  if (isIP(text) === 0 || text.includes("%")) return undefined;
  return ipaddr.parse(text).toString();
};

const hostRanges = new Set(["unspecified", "multicast", "broadcast"]);

/** Address of a host: IPv4 or IPv6, neither unspecified nor multicast. */
export const hostAddress: ValueKind<string> = {
  form: "value",
  allowed: "an IPv4 or IPv6 address of one host, such as 10.0.0.1 or fd00::1",
  parse: (text) => {
    const address = parseAddress(text);
    return address === undefined || hostRanges.has(ipaddr.parse(address).range())
      ? undefined
      : address;
  },
};

/** Address to listen on: any IPv4 or IPv6 address, `0.0.0.0` and `::` included. */
export const listenAddress: ValueKind<string> = {
  form: "value",
  allowed: "an IPv4 or IPv6 address, such as 127.0.0.1, 0.0.0.0 or ::",
  parse: parseAddress,
};

/** A comma-separated list without repeats; spaces around entries do not count. */
export const listOf = <T>(
  item: ValueKind<T>,
  bounds: { readonly min: number; readonly max: number },
): ValueKind<readonly T[]> => ({
  form: "value",
  allowed: `${bounds.min} to ${bounds.max} entries separated by commas, each ${item.allowed}`,
  parse: (text) => {
    const texts = text.trim() === "" ? [] : text.split(",").map((entry) => entry.trim());
    if (texts.length < bounds.min || texts.length > bounds.max) return undefined;
    const values: T[] = [];
    for (const entry of texts) {
      const value = item.parse(entry);
      if (value === undefined) return undefined;
      if (!values.includes(value)) values.push(value);
    }
    return values;
  },
});

/** Whether an address or host name stays on this machine. */
export const isLoopbackHost = (host: string): boolean => {
  const name = host.toLowerCase().replace(/\.$/, "");
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  if (isIP(name) === 0) return false;
  return ipaddr.process(name).range() === "loopback";
};
