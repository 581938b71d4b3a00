import fc from "fast-check";
import {
  type ConnectionSet,
  type Protocol,
  protocols,
} from "../../server/analyzer/sets/connections.js";
import {
  allPorts,
  noPorts,
  type PortSet,
  portRange,
  unionPorts,
} from "../../server/analyzer/sets/port-set.js";

// Random sets of connections, and the points at which two of them can differ.

const ports = fc.oneof(
  fc.integer({ min: 1, max: 8 }),
  fc.integer({ min: 65_530, max: 65_535 }),
  fc.constantFrom(53, 80, 443),
);

const portSets: fc.Arbitrary<PortSet> = fc.oneof(
  fc.constantFrom(noPorts, allPorts),
  fc
    .array(fc.tuple(ports, ports), { maxLength: 3 })
    .map((ranges) =>
      ranges.map(([first, last]) => portRange(first, last)).reduce(unionPorts, noPorts),
    ),
);

/** Any set of connections. */
export const connectionSets: fc.Arbitrary<ConnectionSet> = fc.record({
  SCTP: portSets,
  TCP: portSets,
  UDP: portSets,
});

/** One connection. */
export type ConnectionPoint = { readonly protocol: Protocol; readonly port: number };

/** Connections on both sides of every bound of the sets. */
export const connectionPoints = (sets: readonly ConnectionSet[]): readonly ConnectionPoint[] =>
  protocols.flatMap((protocol) => {
    const bounds = sets.flatMap((set) => set[protocol]).flatMap((at) => [at - 1, at, at + 1]);
    return [...new Set([1, ...bounds, 65_535])]
      .filter((port) => port >= 1 && port <= 65_535)
      .map((port) => ({ protocol, port }));
  });
