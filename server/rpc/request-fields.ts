import type { Plane } from "../../common/agent-stream.js";
import { isProbeKind, type ProbeKind, probeKinds } from "../../common/probe.js";
import { pageSizeMax, pageTokenCharsMax, windowDefaultS, windowMaxS } from "../limits.js";
import { RpcError } from "./errors.js";

/** A request's field is wrong: INVALID_ARGUMENT that names it and says what is allowed. */
export const wrongField = (field: string, allowed: string): RpcError =>
  new RpcError({
    code: "invalid_argument",
    message: `${field} ${allowed}`,
    details: [{ kind: "bad_field", field, description: allowed }],
  });

/** A kind of probe; empty is undefined. */
export const parseKind = (value: string): ProbeKind | undefined => {
  if (value === "") return undefined;
  if (isProbeKind(value)) return value;
  throw wrongField("kind", `must be one of ${probeKinds.join(", ")}, not ${quoted(value)}`);
};

/** A plane; empty is undefined. */
export const parsePlane = (value: string): Plane | undefined => {
  if (value === "") return undefined;
  if (value === "pod" || value === "host") return value;
  throw wrongField("plane", `must be pod or host, not ${quoted(value)}`);
};

/** A window in seconds; 0 is the default. */
export const parseWindowS = (value: number): number =>
  value === 0
    ? windowDefaultS
    : parseRange("window_s", value, { min: 1, max: windowMaxS, zeroMeans: `${windowDefaultS}` });

/** A page size; 0 is the default. */
export const parsePageSize = (value: number, fallback: number): number =>
  value === 0
    ? fallback
    : parseRange("page_size", value, { min: 1, max: pageSizeMax, zeroMeans: `${fallback}` });

/** A whole number of a range. */
export const parseRange = (
  field: string,
  value: number,
  {
    min,
    max,
    zeroMeans,
  }: { readonly min: number; readonly max: number; readonly zeroMeans: string },
): number => {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw wrongField(field, `must be from ${min} to ${max}, or 0 for ${zeroMeans}, not ${value}`);
};

/** A value of an enumeration; 0 is undefined. */
export const parseEnum = <T extends string>(
  field: string,
  value: number,
  names: Readonly<Record<number, T>>,
): T | undefined => {
  if (value === 0) return undefined;
  const name = names[value];
  if (name !== undefined) return name;
  throw wrongField(field, `must be one of ${Object.values(names).join(", ")}, not ${value}`);
};

/** A required name of something. */
export const parseName = (field: string, value: string): string => {
  if (value === "") throw wrongField(field, "must not be empty");
  if (value.length > nameCharsMax) {
    throw wrongField(field, `must have at most ${nameCharsMax} characters`);
  }
  return value;
};

/** Longest name of anything: namespace/name, or a prefix and a DNS name. */
const nameCharsMax = 320;

/** Characters of a wrong value that an error repeats. */
const quotedCharsMax = 64;

/** A value as an error repeats it. */
export const quoted = (value: string): string => JSON.stringify(value.slice(0, quotedCharsMax));

/**
 * Where a list goes on. Opaque to clients; bound to the call and its filters, so that it can't be used on another list.
 */
export const pageToken = {
  /** Writes one. */
  print: (filters: readonly unknown[], after: string | number): string =>
    Buffer.from(JSON.stringify([...filters, after])).toString("base64url"),

  /** Reads one; undefined for an empty token. Throws INVALID_ARGUMENT for what it did not write. */
  parse: (token: string, filters: readonly unknown[]): unknown => {
    if (token === "") return undefined;
    const parts = token.length > pageTokenCharsMax ? undefined : decoded(token);
    const same =
      Array.isArray(parts) &&
      parts.length === filters.length + 1 &&
      filters.every((filter, index) => filter === parts[index]);
    if (!same) {
      throw wrongField("page_token", "must be the next_page_token of an answer to the same query");
    }
    return parts.at(-1);
  },
};

const decoded = (token: string): unknown => {
  try {
    return JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
};
