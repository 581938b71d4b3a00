import { canonicalConnections } from "./connections-text.js";
import type { StatedExposure, StatedLine } from "./expected-file.js";
import { parsePeer } from "./stated-peer.js";

/** One statement of an exposure: a workload in a direction, and a peer beyond the model; addresses are compared apart. */
const exposureKey = (line: StatedLine, direction: "egress" | "ingress"): string | undefined => {
  const [workload, other] =
    direction === "egress" ? [line.source, line.destination] : [line.destination, line.source];
  const peer = parsePeer(other);
  switch (peer.kind) {
    case "range":
      return undefined;
    case "cluster":
      return `${direction} of ${workload}, entire-cluster`;
    case "hypothetical":
      return `${direction} of ${workload}, namespaces {${peer.namespaces}} pods {${peer.pods}}`;
    default:
      throw new Error(`not a peer of an exposure: ${other}`);
  }
};

const entriesOf = (exposure: StatedExposure): Map<string, string> => {
  const entries = new Map<string, string>();
  for (const direction of ["egress", "ingress"] as const) {
    for (const line of exposure[direction]) {
      const key = exposureKey(line, direction);
      if (key === undefined) continue;
      if (entries.has(key)) throw new Error(`listed twice: ${key}`);
      entries.set(key, canonicalConnections(line.connections));
    }
  }
  return entries;
};

/** Compares two exposures by meaning: workload, direction, peer and connections, and which workloads are unprotected. */
export const compareExposure = (
  expected: StatedExposure,
  ours: StatedExposure,
): { readonly entries: number; readonly differences: readonly string[] } => {
  const [one, other] = [entriesOf(expected), entriesOf(ours)];
  const differences: string[] = [];
  for (const key of new Set([...one.keys(), ...other.keys()])) {
    const [stated, got] = [one.get(key) ?? "nothing", other.get(key) ?? "nothing"];
    if (stated !== got) differences.push(`${key}: expected ${stated}, got ${got}`);
  }
  if (expected.unprotected !== undefined) {
    const [listed, found] = [new Set(expected.unprotected), new Set(ours.unprotected)];
    for (const name of new Set([...listed, ...found])) {
      if (listed.has(name) === found.has(name)) continue;
      differences.push(`${name}: ${listed.has(name) ? "expected" : "not expected"} unprotected`);
    }
  }
  return { entries: one.size, differences };
};

/** The address lines of an exposure, to be compared as a list of connections. */
export const exposedRanges = (exposure: StatedExposure): readonly StatedLine[] =>
  (["egress", "ingress"] as const).flatMap((direction) =>
    exposure[direction].filter((line) => exposureKey(line, direction) === undefined),
  );
