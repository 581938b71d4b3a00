/**
 * A set of ports: ascending, disjoint, not adjacent, inclusive intervals in one flat list (first, last, first, last …)
 * within 1-65535. Treat it as a value: no function here changes its arguments.
 */
export type PortSet = readonly number[];

/** Lowest port a rule can name (Kubernetes validation: 1-65535). */
export const portMin = 1;
/** Highest port. */
export const portMax = 65_535;

/** The set without ports. */
export const noPorts: PortSet = Object.freeze([]);
/** All 65,535 ports. */
export const allPorts: PortSet = Object.freeze([portMin, portMax]);

/** The ports from first to last, both included; empty when last is below first; cut to 1-65535. */
export const portRange = (first: number, last: number = first): PortSet => {
  const from = Math.max(portMin, first);
  const to = Math.min(portMax, last);
  return from > to ? noPorts : [from, to];
};

/** Ports in either set. */
export const unionPorts = (one: PortSet, other: PortSet): PortSet => {
  if (one.length === 0) return other;
  if (other.length === 0) return one;
  const union: number[] = [];
  let i = 0;
  let j = 0;
  while (i < one.length || j < other.length) {
    if (j >= other.length || (i < one.length && at(one, i) <= at(other, j))) {
      append(union, at(one, i), at(one, i + 1));
      i += 2;
    } else {
      append(union, at(other, j), at(other, j + 1));
      j += 2;
    }
  }
  return union;
};

/** Adds an interval that starts no earlier than the last one does. */
const append = (ports: number[], first: number, last: number): void => {
  const end = ports.length - 1;
  if (end > 0 && first <= at(ports, end) + 1) ports[end] = Math.max(at(ports, end), last);
  else ports.push(first, last);
};

/** Ports in both sets. */
export const intersectPorts = (one: PortSet, other: PortSet): PortSet => {
  const common: number[] = [];
  let i = 0;
  let j = 0;
  while (i < one.length && j < other.length) {
    const first = Math.max(at(one, i), at(other, j));
    const last = Math.min(at(one, i + 1), at(other, j + 1));
    if (first <= last) common.push(first, last);
    if (at(one, i + 1) < at(other, j + 1)) i += 2;
    else j += 2;
  }
  return common;
};

/** Ports of the first set that are not in the second. */
export const subtractPorts = (from: PortSet, ports: PortSet): PortSet =>
  intersectPorts(from, complementOf(ports));

/** Whether a port is in the set. */
export const containsPort = (ports: PortSet, port: number): boolean => {
  for (let i = 0; i < ports.length; i += 2) {
    if (port < at(ports, i)) return false;
    if (port <= at(ports, i + 1)) return true;
  }
  return false;
};

/** Whether two sets hold the same ports. */
export const samePorts = (one: PortSet, other: PortSet): boolean =>
  one === other || (one.length === other.length && one.every((bound, i) => bound === other[i]));

/** "80,443,8000-8010"; "" for the empty set. */
export const portsText = (ports: PortSet): string => {
  const parts: string[] = [];
  for (let i = 0; i < ports.length; i += 2) {
    const [first, last] = [at(ports, i), at(ports, i + 1)];
    parts.push(first === last ? `${first}` : `${first}-${last}`);
  }
  return parts.join(",");
};

const complementOf = (ports: PortSet): PortSet => {
  const gaps: number[] = [];
  let next = portMin;
  for (let i = 0; i < ports.length; i += 2) {
    if (at(ports, i) > next) gaps.push(next, at(ports, i) - 1);
    next = at(ports, i + 1) + 1;
  }
  if (next <= portMax) gaps.push(next, portMax);
  return gaps;
};

const at = (ports: readonly number[], index: number): number => ports[index] as number;
