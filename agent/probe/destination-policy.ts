import ipaddr from "ipaddr.js";
import type { ProbeSpec } from "../../common/probe.js";
import { type ProbeAllowance, parseProbeAllowance } from "../../common/probe-allow.js";

/** Which destinations an on-demand probe may reach: planned ones, and what CAUSEWAY_PROBE_ALLOW adds. */
export type DestinationPolicy = {
  /** The plan that runs from now on. */
  readonly replacePlanned: (specs: Iterable<ProbeSpec>) => void;
  /** Why a destination is refused; undefined when it is allowed. */
  readonly refusal: (spec: ProbeSpec) => string | undefined;
};

/** Allowed entries are those of CAUSEWAY_PROBE_ALLOW; one that is malformed throws, naming it. */
export const createDestinationPolicy = (allowed: readonly string[]): DestinationPolicy => {
  const allowances = allowed.map((text) => {
    const allowance = parseProbeAllowance(text);
    if (allowance === undefined) throw new Error(`not an address, CIDR or port range: ${text}`);
    return allowance;
  });
  let planned = new Set<string>();
  return {
    replacePlanned: (specs) => {
      planned = new Set();
      for (const spec of specs) for (const name of namesOf(spec)) planned.add(name);
    },
    refusal: (spec) => {
      if (planned.has(destinationOf(spec))) return undefined;
      if (spec.address !== "" && allowances.some((allowance) => isWithin(spec, allowance)))
        return undefined;
      return spec.address === ""
        ? `destination ${destinationOf(spec)} is not planned; CAUSEWAY_PROBE_ALLOW has no names, give an address`
        : `destination ${destinationOf(spec)} is not planned and not in CAUSEWAY_PROBE_ALLOW`;
    },
  };
};

/** What a planned probe opens: its own destination, and its address for ICMP too. */
const namesOf = (spec: ProbeSpec): string[] =>
  spec.address === ""
    ? [destinationOf(spec)]
    : [destinationOf(spec), destinationOf({ ...spec, kind: "icmp", port: 0 })];

/** One name a destination, the same for every spelling of an address: IPv4-mapped IPv6 is its IPv4 address. */
const destinationOf = (spec: ProbeSpec): string => {
  if (spec.address === "") {
    const name = spec.hostName.toLowerCase().replace(/\.$/, "");
    return spec.kind === "dns" ? `dns/${name}` : `${name}:${spec.port}`;
  }
  // Specs are validated; what slipped through is a name that no other destination has.
  if (!ipaddr.isValid(spec.address)) return spec.address;
  const address = ipaddr.process(spec.address);
  const shown = address.kind() === "ipv6" ? `[${address.toString()}]` : address.toString();
  return spec.kind === "icmp" ? address.toString() : `${shown}:${portOf(spec)}`;
};

const portOf = (spec: ProbeSpec): number => (spec.kind === "dns" ? spec.port || 53 : spec.port);

const isWithin = (spec: ProbeSpec, allowance: ProbeAllowance): boolean => {
  if (!ipaddr.isValid(spec.address)) return false;
  const address = ipaddr.process(spec.address);
  const block = ipaddr.parse(allowance.address);
  if (address.kind() !== block.kind() || !address.match(block, allowance.prefixLength))
    return false;
  const { ports } = allowance;
  if (ports === undefined) return true;
  // ICMP has no port: only an entry for every port allows it.
  return spec.kind !== "icmp" && portOf(spec) >= ports.from && portOf(spec) <= ports.to;
};
