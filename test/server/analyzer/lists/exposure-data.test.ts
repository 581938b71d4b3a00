import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ExposureAnswer } from "../../../../server/analyzer/answers.js";
import { createWorld } from "../../../../server/analyzer/create-world.js";
import { listConnections } from "../../../../server/analyzer/lists/list-connections.js";
import { listExposure } from "../../../../server/analyzer/lists/list-exposure.js";
import { ClusterModel } from "../../../../server/analyzer/model/cluster-model.js";
import { readManifests } from "../../../../server/kube/manifests/read-manifests.js";
import { addressBounds } from "../../../oracle/address-bounds.js";
import { compareExposure, exposedRanges } from "../../../oracle/compare-exposure.js";
import { compareLists } from "../../../oracle/compare-lists.js";
import {
  parseStatedFile,
  type StatedExposure,
  type StatedFile,
  type StatedLine,
} from "../../../oracle/expected-file.js";
import { type ExpectedFile, findFolders, hasExpectations } from "../../../oracle/folders.js";
import { repositoryRoot } from "../../../support/source-files.js";

// Goal: the same exposures as np-guard's, in meaning. Method: its folders and expected files, in every format.

const root = join(repositoryRoot, "../shared/oracle/netpol");
const isThere = existsSync(root) && hasExpectations(root);
if (!isThere) console.warn(`SKIPPED: ${root} is not there: exposures are not compared`);

const statedExposure = ({ rows, unprotected }: ExposureAnswer): StatedExposure => {
  const lines = (direction: string): StatedLine[] =>
    rows
      .filter((row) => row.direction === direction)
      .map(({ workload, peer, connections }) =>
        direction === "egress"
          ? { source: workload, destination: peer, connections }
          : { source: peer, destination: workload, connections },
      );
  return {
    egress: lines("egress"),
    ingress: lines("ingress"),
    unprotected: unprotected.map(
      ({ workload, direction }) => `${workload} ${direction === "egress" ? "Egress" : "Ingress"}`,
    ),
  };
};

/** What a file that is restricted to workloads, or to a direction, would show. */
const focused = (exposure: StatedExposure, { focus, direction }: ExpectedFile): StatedExposure => {
  const isFocus = (name: string): boolean => {
    const workload = /\/(.+)\[/.exec(name)?.[1] ?? "";
    return focus.length === 0 || focus.includes(workload);
  };
  return {
    egress: direction === "ingress" ? [] : exposure.egress.filter(({ source }) => isFocus(source)),
    ingress:
      direction === "egress"
        ? []
        : exposure.ingress.filter(({ destination }) => isFocus(destination)),
    unprotected: exposure.unprotected?.filter(
      (text) =>
        isFocus(text) && (direction === undefined || text.toLowerCase().endsWith(direction)),
    ),
  };
};

const exposurePart = (file: ExpectedFile): StatedFile => {
  const text = readFileSync(file.path, "utf8");
  const from = text.indexOf("Exposure Analysis Result:");
  return parseStatedFile(file.kind === "explain_exposure" ? text.slice(from) : text, file.format);
};

describe.skipIf(!isThere)("listExposure() on np-guard's data", () => {
  const folders = (isThere ? findFolders(root) : []).flatMap((folder) => {
    const files = folder.files.filter(({ kind }) => kind.endsWith("exposure"));
    return files.length === 0 ? [] : [{ ...folder, files }];
  });

  it("has all 18 folders", () => {
    expect(folders).toHaveLength(18);
  });

  it.each(folders)("agrees on $name", async ({ path, files }) => {
    const { objects } = await readManifests([path]);
    const world = createWorld({ model: new ClusterModel(objects), profile: "np-guard" });
    const ours = statedExposure(listExposure(world));
    const workloads = world.engine.units().map(({ name }) => name);
    for (const file of files) {
      const { lines, exposure } = exposurePart(file);
      if (exposure === undefined) throw new Error(`no exposure in ${file.path}`);
      const part = focused(ours, file);
      const { differences } = compareExposure(exposure, part);
      const ranges = compareLists({
        expected: exposedRanges(exposure),
        ours: exposedRanges(part),
        workloads,
        bounds: addressBounds(path),
      });
      expect({ file: file.path, differences: [...differences, ...ranges.differences] }).toEqual({
        file: file.path,
        differences: [],
      });
      if (file.kind === "exposure" && file.focus.length === 0) {
        const listed = compareLists({
          expected: lines,
          ours: [...listConnections(world)],
          workloads,
          bounds: addressBounds(path),
        });
        expect(listed.differences).toEqual([]);
      }
    }
  });
});
