import {
  type ConnectionSet,
  connectionsOf,
  intersectConnections,
  noConnections,
  subtractConnections,
  unionConnections,
} from "../sets/connections.js";
import { portRange } from "../sets/port-set.js";
import type { JudgedWay } from "./judge-way.js";
import { opinionOf } from "./opinion.js";
import { type Verdict, verdictOfAll } from "./verdict.js";

/** What all ways of a question come to. */
export type RolledUp = {
  readonly verdict: Verdict;
  /** What every way allows; of a Service in its own ports. */
  readonly connections: ConnectionSet;
  /** What can't be told of any, and none denies. */
  readonly undetermined: ConnectionSet;
};

/**
 * Rolls up judged ways; only those count that connections take. Where the ways are possibilities (a name outside), they
 * must agree: what only some allow can't be told.
 */
export const rollUp = (judged: readonly JudgedWay[], isAnyAddress: boolean): RolledUp => {
  const counted = judged.filter(({ counts }) => counts);
  if (counted.length === 0) {
    return { verdict: "denied", connections: noConnections, undetermined: noConnections };
  }
  const verdict = verdictOfAll(counted.map((way) => way.verdict));
  const throughPorts = counted.some(({ way }) => way.through?.leg.servicePort !== undefined);
  const sets = throughPorts ? servicePorts(counted) : agreed(counted);
  if (!isAnyAddress || verdict !== "partial") return { verdict, ...sets };
  return { verdict: "unknown", ...sets, undetermined: anyAllowed(counted, sets.connections) };
};

type Sets = Pick<RolledUp, "connections" | "undetermined">;

const agreed = (counted: readonly JudgedWay[]): Sets => {
  const [first, ...others] = counted.map(opinionOf);
  if (first === undefined) return { connections: noConnections, undetermined: noConnections };
  let { certain, possible } = first;
  for (const other of others) {
    certain = intersectConnections(certain, other.certain);
    possible = intersectConnections(possible, other.possible);
  }
  return { connections: certain, undetermined: subtractConnections(possible, certain) };
};

const anyAllowed = (counted: readonly JudgedWay[], certain: ConnectionSet): ConnectionSet =>
  subtractConnections(
    counted
      .map(opinionOf)
      .reduce((all, { possible }) => unionConnections(all, possible), noConnections),
    certain,
  );

/** The Service's ports of which every way is allowed, and those of which some can't be told and none is denied. */
const servicePorts = (counted: readonly JudgedWay[]): Sets => {
  let connections = noConnections;
  let undetermined = noConnections;
  const byPort = new Map<string, { readonly set: ConnectionSet; readonly verdicts: Verdict[] }>();
  for (const { way, verdict } of counted) {
    const port = way.through?.leg.servicePort;
    if (port === undefined) continue;
    const key = `${port.protocol} ${port.port}`;
    const known = byPort.get(key);
    if (known !== undefined) known.verdicts.push(verdict);
    else {
      const set = connectionsOf(port.protocol, portRange(port.port));
      byPort.set(key, { set, verdicts: [verdict] });
    }
  }
  for (const { set, verdicts } of byPort.values()) {
    const all = verdictOfAll(verdicts);
    if (all === "allowed") connections = unionConnections(connections, set);
    else if (all === "unknown") undetermined = unionConnections(undetermined, set);
  }
  return { connections, undetermined };
};
