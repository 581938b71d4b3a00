import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compareFolder } from "../../../oracle/compare-folder.js";
import { findExpectations } from "../../../oracle/folders.js";
import { repositoryRoot } from "../../../support/source-files.js";

// Goal: the same exposures as np-guard's, in meaning. Method: its folders and expected files, in every format.

const root = join(repositoryRoot, "../shared/oracle/netpol");
const expectations = findExpectations(root);
if (expectations === undefined) {
  console.warn(`SKIPPED: ${root} is not there: exposures are not compared`);
}

describe.skipIf(expectations === undefined)("listExposure() on np-guard's data", () => {
  const folders = (expectations?.folders ?? []).flatMap((folder) => {
    const files = folder.files.filter(({ kind }) => kind.endsWith("exposure"));
    return files.length === 0 ? [] : [{ ...folder, files }];
  });

  it("has all 18 folders", () => {
    expect(folders).toHaveLength(18);
  });

  it.each(folders)("agrees on $name", async (folder) => {
    const { differences, files, passedOver } = await compareFolder(folder);
    expect(differences).toEqual([]);
    expect(files + passedOver.length).toBe(folder.files.length);
    expect(passedOver).toEqual([]);
  });
});
