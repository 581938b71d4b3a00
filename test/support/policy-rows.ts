import type { ClusterModel } from "../../server/analyzer/model/cluster-model.js";
import type { ClusterObject } from "../../server/analyzer/model/objects.js";
import type { ConnectionRow, PolicyEngine } from "../../server/analyzer/policy/engine.js";
import { type Profile, profileNames, profiles } from "../../server/analyzer/policy/profile.js";
import { connectionsText } from "../../server/analyzer/sets/connections.js";
import { ipRangeText } from "../../server/analyzer/sets/ip.js";
import { RandomCluster } from "./random-cluster.js";

// What property tests of the engine share. CAUSEWAY_POLICY_CHANGES sets how many clusters they try, CAUSEWAY_POLICY_SEED
// where to start.

const clusters = Number(process.env["CAUSEWAY_POLICY_CHANGES"] ?? 120);
const firstSeed = Number(process.env["CAUSEWAY_POLICY_SEED"] ?? 1);

/** An end of a row. */
export type RowEnd = ConnectionRow["source"];

/** "ns/name[Kind]", or the range. */
export const rowEndText = (end: RowEnd): string => ("family" in end ? ipRangeText(end) : end.name);

/** What is allowed and what can't be told, as one text. */
export const reachText = ({ allowed, undetermined }: ReturnType<PolicyEngine["reach"]>): string =>
  `${connectionsText(allowed)} ? ${connectionsText(undetermined)}`;

/** Every row of an engine as text. */
export const rowTexts = (engine: PolicyEngine): readonly string[] =>
  [...engine.rows()].map(
    (row) => `${rowEndText(row.source)} => ${rowEndText(row.destination)} : ${reachText(row)}`,
  );

/** Runs a check for each seed. */
export const forEverySeed = (check: (seed: number) => void): void => {
  for (let seed = firstSeed; seed < firstSeed + clusters; seed++) check(seed);
};

/** The profile that a seed is tried under. */
export const profileOfSeed = (seed: number): Profile =>
  profiles[profileNames[seed % profileNames.length] ?? "upstream"];

/** A random cluster with everything that can be unknown. */
export const openCluster = (seed: number): RandomCluster =>
  new RandomCluster(seed, { unknownAddresses: true, unmodelled: true });

/** The objects of a model. */
export const objectsOf = (model: ClusterModel): readonly ClusterObject[] => [...model.objects()];
