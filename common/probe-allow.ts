import ipaddr from "ipaddr.js";
import type { ValueKind } from "./config-values.js";

/** Destinations that on-demand probes may reach beside the planned ones. */
export type ProbeAllowance = {
  /** First address of the block, canonical. */
  readonly address: string;
  /** 0-32 or 0-128. */
  readonly prefixLength: number;
  /** First and last port; undefined allows every port, and ICMP. */
  readonly ports: { readonly from: number; readonly to: number } | undefined;
};

/**
 * Reads `10.0.0.0/8`, `192.0.2.1:443`, `10.0.0.0/8:8000-8099` or, for IPv6, `2001:db8::/32` and `[2001:db8::/32]:443`.
 * Undefined when it is none of these, or when bits beyond the prefix are set.
 */
export const parseProbeAllowance = (text: string): ProbeAllowance | undefined => {
  const { block, ports } = splitPorts(text);
  const [addressText = "", prefixText, extra] = block.split("/");
  if (extra !== undefined || !ipaddr.isValid(addressText) || addressText.includes("%"))
    return undefined;
  const address = ipaddr.parse(addressText);
  if (address.kind() === "ipv4" && !ipaddr.IPv4.isValidFourPartDecimal(addressText))
    return undefined;
  const bits = address.kind() === "ipv4" ? 32 : 128;
  if (prefixText !== undefined && !/^[0-9]{1,3}$/.test(prefixText)) return undefined;
  const prefixLength = prefixText === undefined ? bits : Number(prefixText);
  if (prefixLength > bits || hasHostBits(address.toByteArray(), prefixLength)) return undefined;
  const range = ports === undefined ? undefined : parsePorts(ports);
  if (ports !== undefined && range === undefined) return undefined;
  return { address: address.toString(), prefixLength, ports: range };
};

/** One entry of CAUSEWAY_PROBE_ALLOW, kept as its text. */
export const probeAllowance: ValueKind<string> = {
  form: "value",
  allowed:
    "an address or CIDR, with a port or ports behind it when only those are meant: 10.0.0.0/8, 192.0.2.1:443, 10.0.0.0/8:8000-8099 or [2001:db8::/32]:443",
  parse: (text) => (parseProbeAllowance(text) === undefined ? undefined : text),
};

const splitPorts = (text: string): { block: string; ports: string | undefined } => {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed !== null) return { block: bracketed[1] ?? "", ports: bracketed[2] };
  const colons = text.split(":");
  return colons.length === 2
    ? { block: colons[0] ?? "", ports: colons[1] }
    : { block: text, ports: undefined };
};

const parsePorts = (text: string): { from: number; to: number } | undefined => {
  const match = /^([0-9]{1,5})(?:-([0-9]{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const from = Number(match[1]);
  const to = Number(match[2] ?? match[1]);
  return from >= 1 && from <= to && to <= 65535 ? { from, to } : undefined;
};

const hasHostBits = (bytes: readonly number[], prefixLength: number): boolean =>
  bytes.some((byte, index) => {
    const kept = Math.min(Math.max(prefixLength - index * 8, 0), 8);
    return (byte & (0xff >> kept)) !== 0;
  });
