import { transformSync } from "esbuild";
import { describe, expect, it } from "vitest";
import { allMutants } from "../../../mutants/all-mutants.js";
import { type Mutant, testsOf, withFault } from "../../../mutants/mutant.js";
import { filesBelow, readSource } from "../../../support/source-files.js";

// Goal: the mutants are kept up with the code, so that `npm run test:mutants` means what it says. Method: each is applied to the
// sources as they are; nothing is run.

const filesOf = ({ edits }: Mutant): readonly string[] => [
  ...new Set(edits.map(({ file }) => file)),
];

describe("mutants", () => {
  it("apply to the sources exactly once each, and leave them readable", () => {
    for (const mutant of allMutants) {
      for (const file of filesOf(mutant)) {
        const source = readSource(file);
        const faulty = withFault(mutant, file, source);
        expect(faulty, mutant.id).not.toBe(source);
        expect(() => transformSync(faulty, { loader: "ts" }), mutant.id).not.toThrow();
      }
    }
  });

  it("are the 39 faults of the list, and more in the engine's fast ways", () => {
    const ids = allMutants.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const numbered = Array.from({ length: 39 }, (_, at) => `${at + 1}`);
    expect(ids.slice(0, 39)).toEqual(numbered);
    expect(ids.length).toBeGreaterThanOrEqual(39 + 20);
  });

  it("are noticed by tests that are there", () => {
    const there = filesBelow("test/server/analyzer/policy");
    for (const file of Object.values(testsOf).flat()) expect(there).toContain(file);
  });

  it("name themselves when the code has moved on", () => {
    const [mutant] = allMutants;
    const [edit] = mutant?.edits ?? [];
    if (mutant === undefined || edit === undefined) throw new Error("there is no mutant");
    expect(() => withFault(mutant, edit.file, "")).toThrow(/mutant 1 does not apply.*0 times/);
    expect(() => withFault(mutant, edit.file, edit.find.repeat(2))).toThrow(/2 times/);
    expect(withFault(mutant, "another.ts", "text")).toBe("text");
  });
});
