import type { DiffRowView } from "../answers.js";
import type { JudgedWay } from "../pair/judge-way.js";
import { opinionOf } from "../pair/opinion.js";
import type { Direction, PolicyEndpoint } from "../policy/decision.js";
import type { PolicyEngine, PolicyUnit, Reach } from "../policy/engine.js";
import type { PolicyWorld } from "../policy-world.js";
import {
  type ConnectionSet,
  isSubsetOfConnections,
  noConnections,
  sameConnections,
  subtractConnections,
  unionConnections,
} from "../sets/connections.js";
import { type IpRange, ipRangeText } from "../sets/ip.js";
import { type ChangedRow, changeWord, mergedRows, reachText, rowView } from "./changed-row.js";
import { FixRefusal } from "./fix-refusal.js";
import { fixPairsComparedMax } from "./limits.js";
import type { AddedPolicy } from "./manifest-yaml.js";

/** What added policies change besides what was asked for. */
export type BlastRadius = {
  readonly rows: readonly DiffRowView[];
  /** A pair that loses connections; undefined when none does. */
  readonly loss: DiffRowView | undefined;
};

/** Two worlds that differ in added policies, and what these are to change. */
export type Addition = {
  readonly before: PolicyWorld;
  readonly after: PolicyWorld;
  readonly policies: readonly AddedPolicy[];
  readonly wanted: readonly JudgedWay[];
};

/**
 * Everything that added policies change, what was asked for left out: only the pods that they select can be concerned, so
 * each of these is compared with every other end, in the policy's direction. Throws FixRefusal for more than `pairsMax`
 * pairs.
 */
export const blastRadiusOf = (
  addition: Addition,
  pairsMax: number = fixPairsComparedMax,
): BlastRadius => {
  const { after, policies } = addition;
  const units = after.engine.units();
  const others: readonly Other[] = [
    ...units.map((unit) => ({ name: unit.name, unit, end: endOf(unit) })),
    ...after.engine.externalRanges().map((range) => ({
      name: `${ipRangeText(range)}[External]`,
      range,
      end: { kind: "addresses", range } as const,
    })),
  ];
  const rows = new Map<string, ChangedRow>();
  let compared = 0;
  for (const { policy, direction } of policies.flatMap(directionsOf)) {
    for (const subject of subjectsOf(after.engine, policy, units)) {
      compared += others.length;
      if (compared > pairsMax) throw tooMany(pairsMax);
      for (const other of others) {
        const row = changeOf(addition, { direction, subject, other });
        if (row !== undefined) rows.set(`${row.source} ${row.destination}`, row);
      }
    }
  }
  const all = mergedRows([...rows.values()]);
  return {
    rows: all.map(rowView),
    loss: all.filter(({ isLoss }) => isLoss).map(rowView)[0],
  };
};

/** A policy with each direction in which it has a say. */
const directionsOf = (
  policy: AddedPolicy,
): readonly { readonly policy: AddedPolicy; readonly direction: Direction }[] => {
  const directions: readonly Direction[] =
    policy.kind === "NetworkPolicy"
      ? policy.isolates
      : (["ingress", "egress"] as const).filter((direction) => policy[direction].length > 0);
  return directions.map((direction) => ({ policy, direction }));
};

const tooMany = (pairsMax: number): FixRefusal =>
  new FixRefusal(
    `the change would concern more than ${pairsMax} pairs: what it does besides can't be told`,
  );

type Other = {
  readonly name: string;
  readonly end: PolicyEndpoint;
  readonly unit?: PolicyUnit;
  readonly range?: IpRange;
};

const endOf = ({ pods }: PolicyUnit): PolicyEndpoint => {
  const [pod] = pods;
  if (pod === undefined) throw new FixRefusal("a workload has no pods");
  return { kind: "pod", pod };
};

const subjectsOf = (
  engine: PolicyEngine,
  policy: AddedPolicy,
  units: readonly PolicyUnit[],
): readonly PolicyUnit[] => {
  const selected = new Set(engine.podsSelectedBy(policy));
  return units.filter(({ pods }) => pods.some((pod) => selected.has(pod)));
};

const changeOf = (
  { before, after, wanted }: Addition,
  {
    direction,
    subject,
    other,
  }: { readonly direction: Direction; readonly subject: PolicyUnit; readonly other: Other },
): ChangedRow | undefined => {
  if (other.unit === subject) return undefined;
  const own: Other = { name: subject.name, unit: subject, end: endOf(subject) };
  const [source, destination] = direction === "egress" ? [own, other] : [other, own];
  const was = before.engine.reach(source.end, destination.end);
  const is = after.engine.reach(source.end, destination.end);
  if (sameReach(was, is)) return undefined;
  const isLoss = !isSubsetOfConnections(opinionOf(was).certain, opinionOf(is).certain);
  const gained = subtractConnections(opinionOf(is).possible, opinionOf(was).certain);
  if (!isLoss && isSubsetOfConnections(gained, wantedOf(wanted, source, destination))) {
    return undefined;
  }
  return {
    change: changeWord(was, is),
    source: source.name,
    destination: destination.name,
    before: reachText(was),
    after: reachText(is),
    isLoss,
    range: other.range,
    direction,
  };
};

const sameReach = (one: Reach, other: Reach): boolean =>
  sameConnections(one.allowed, other.allowed) &&
  sameConnections(one.undetermined, other.undetermined);

/** What was asked for between two ends. */
const wantedOf = (wanted: readonly JudgedWay[], source: Other, destination: Other): ConnectionSet =>
  wanted
    .filter(({ way }) => holds(source, way.source.ends) && holds(destination, way.destination.ends))
    .reduce((all, { way }) => unionConnections(all, way.asked), noConnections);

const holds = ({ unit, range }: Other, ends: readonly PolicyEndpoint[]): boolean =>
  ends.some((end) => {
    if (end.kind === "addresses") {
      return (
        range !== undefined &&
        range.family === end.range.family &&
        end.range.first <= range.first &&
        range.last <= end.range.last
      );
    }
    return (
      end.kind === "pod" &&
      unit?.pods.some(
        ({ namespace, name }) => namespace === end.pod.namespace && name === end.pod.name,
      ) === true
    );
  });
