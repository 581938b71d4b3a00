import { connlistLines } from "../../cli/render/connlist.js";
import { createWorld } from "../../server/analyzer/create-world.js";
import { listConnections } from "../../server/analyzer/lists/list-connections.js";
import { listExposure } from "../../server/analyzer/lists/list-exposure.js";
import { ClusterModel } from "../../server/analyzer/model/cluster-model.js";
import type { PolicyWorld } from "../../server/analyzer/policy-world.js";
import { readManifests } from "../../server/kube/manifests/read-manifests.js";
import type { StatedExposure, StatedLine } from "./expected-file.js";

/** The world of a folder of manifests under the conventions of the expectations. */
export const worldOfFolder = async (path: string): Promise<PolicyWorld> => {
  const { objects, problems, locate } = await readManifests([path]);
  return createWorld({ model: new ClusterModel(objects), locate, problems, profile: "np-guard" });
};

/** What our list says, and the rows that it can't tell, which no expectation has. */
export const ourList = (
  world: PolicyWorld,
): { readonly lines: readonly StatedLine[]; readonly doubts: readonly string[] } => {
  const lines: StatedLine[] = [];
  const doubts: string[] = [];
  for (const row of listConnections(world)) {
    const { source, destination, connections, undetermined, because } = row;
    if (connections !== "No Connections") lines.push({ source, destination, connections });
    if (undetermined === "") continue;
    doubts.push(`${source} => ${destination}: can't tell ${undetermined} (${because.join(", ")})`);
  }
  return { lines, doubts };
};

/** What `causeway policy list -o connlist` prints. */
export const ourListText = (world: PolicyWorld): string =>
  [...connlistLines(listConnections(world))].join("");

/** Our exposure in the shape of an expected one. */
export const ourExposure = (world: PolicyWorld): StatedExposure => {
  const { rows, unprotected } = listExposure(world);
  const linesOf = (direction: "egress" | "ingress"): readonly StatedLine[] =>
    rows
      .filter((row) => row.direction === direction)
      .map(({ workload, peer, connections }) =>
        direction === "egress"
          ? { source: workload, destination: peer, connections }
          : { source: peer, destination: workload, connections },
      );
  return {
    egress: linesOf("egress"),
    ingress: linesOf("ingress"),
    unprotected: unprotected.map(
      ({ workload, direction }) => `${workload} ${direction === "egress" ? "Egress" : "Ingress"}`,
    ),
  };
};
