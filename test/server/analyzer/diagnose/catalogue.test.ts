import { describe, expect, it } from "vitest";
import { catalogue } from "../../../../server/analyzer/diagnose/catalogue/catalogue.js";
import { brokenMax } from "../../../../server/analyzer/diagnose/verdict/confidence-table.js";
import { allCases } from "../../../support/diagnosis-all-cases.js";
import { readSource } from "../../../support/source-files.js";

/** Goal: no code without a case and a row in the documents, and none there that does not exist. */

// One that stands for everything else, and one that objects can't tell from COREDNS_LOOP.
const neverFound = ["UNKNOWN_CAUSE", "COREDNS_NO_NAMESERVERS"];

describe("the catalogue", () => {
  it("has a case for every code", () => {
    const tested = new Set(allCases.map(({ code }) => code));
    const codes = Object.keys(catalogue).filter((code) => !neverFound.includes(code));
    expect(codes.filter((code) => !tested.has(code))).toEqual([]);
    expect([...tested].filter((code) => !Object.hasOwn(catalogue, code))).toEqual([]);
  });

  it("is what docs/diagnosis.md lists, with severity and certainty", () => {
    const rows = [
      ...readSource("docs/diagnosis.md").matchAll(
        /^\| `([A-Z_]+)` \| (\w+) \| ([\d.–]+) \| (.+) \|$/gm,
      ),
    ].map(([, code, severity, certainty, meaning]) => ({ code, severity, certainty, meaning }));
    const wanted = Object.entries(catalogue).map(([code, { severity, certainty, meaning }]) => ({
      code,
      severity,
      certainty: certainty === 0 ? "–" : certainty.toFixed(2),
      meaning,
    }));
    const byCode = (one: { code?: string | undefined }, other: { code?: string | undefined }) =>
      (one.code ?? "") < (other.code ?? "") ? -1 : 1;
    expect(rows.sort(byCode)).toEqual(wanted.sort(byCode));
  });

  it("is never surer than the cap for objects alone", () => {
    const over = Object.entries(catalogue).filter(([, { certainty }]) => certainty > brokenMax);
    expect(over).toEqual([]);
  });
});
