import fc from "fast-check";
import { dump } from "js-yaml";
import { describe, expect, it } from "vitest";
import { blockOffsetOf } from "../../../../server/kube/manifests/block-position.js";
import { PositionedDocument } from "../../../../server/kube/manifests/positioned-document.js";
import { rawSamples } from "../../../support/raw-samples.js";

type Path = readonly (string | number)[];

/** The text from the found part to the end of its line. */
const foundIn = (text: string, path: Path): string | undefined => {
  const offset = blockOffsetOf(text, path);
  return offset === undefined ? undefined : text.slice(offset).split("\n")[0];
};

const text = `---
# comment
spec: # here
  "quoted/key": |
    spec:
      no: yes
  'single': >-
    no: yes
  list:
  - a: 1
    b: "2"

  # comment
  -
    c:
      - 3
      - x: 4
  - {d: 5}
  - &e {f: 6}
  last : end
other: {g: [7]}
`;

describe("blockOffsetOf()", () => {
  it.each<[Path, string | undefined]>([
    [[], "spec: # here"],
    [["spec"], "spec: # here"],
    [["spec", "quoted/key"], '"quoted/key": |'],
    [["spec", "single"], "'single': >-"],
    [["spec", "list"], "list:"],
    [["spec", "list", 0], "a: 1"],
    [["spec", "list", 0, "b"], 'b: "2"'],
    [["spec", "list", 0, "b", "deeper"], 'b: "2"'],
    [["spec", "list", 1], "c:"],
    [["spec", "list", 1, "c", 0], "3"],
    [["spec", "list", 1, "c", 1, "x"], "x: 4"],
    [["spec", "list", 1, "c", 9], "c:"],
    [["spec", "list", 2], "{d: 5}"],
    [["spec", "list", 9], "list:"],
    [["spec", "last"], "last : end"],
    [["spec", "missing", "deeper"], "spec: # here"],
    [["other"], "other: {g: [7]}"],
    [["missing"], "spec: # here"],
  ])("finds %j", (path, found) => {
    expect(foundIn(text, path)).toBe(found);
    expect(foundIn(text.replaceAll("\n", "\r\n"), path)?.trimEnd()).toBe(found);
  });

  it.each<[string, string, Path]>([
    ["flow collections", text, ["other", "g"]],
    ["flow collections in a list", text, ["spec", "list", 2, "d"]],
    ["anchors", text, ["spec", "list", 3]],
    ["a block scalar", text, ["spec", "quoted/key", "spec"]],
    ["a list where a map is asked for", text, ["spec", "list", "a"]],
    ["a map where a list is asked for", text, ["spec", 0]],
    ["explicit keys", "? a\n: b\n", ["a"]],
    ["JSON", '{"a": 1}', ["a"]],
    ["nothing", "# nothing\n", ["a"]],
  ])("leaves %s to a parser", (_, source, path) => {
    expect(foundIn(source, path)).toBeUndefined();
  });

  /** Paths of a value, and one from each that leads nowhere. */
  const pathsOf = (value: unknown, path: Path = []): readonly Path[] => {
    const inner =
      typeof value === "object" && value !== null
        ? Object.entries(value).flatMap(([key, part]) =>
            pathsOf(part, [...path, Array.isArray(value) ? Number(key) : key]),
          )
        : [];
    return [path, [...path, "no such key"], ...inner];
  };

  it("says the same as a parser, of every part of objects of every kind in every layout", () => {
    const style = fc.record({
      indent: fc.integer({ min: 1, max: 4 }),
      noArrayIndent: fc.boolean(),
      lineWidth: fc.constantFrom(-1, 8),
      flowLevel: fc.constantFrom(-1, 3, 5),
      forceQuotes: fc.boolean(),
    });
    let sure = 0;
    fc.assert(
      fc.property(fc.constantFrom(...rawSamples), style, (sample, options) => {
        const source = `# comment\n${dump(sample, { ...options, noRefs: true })}`;
        const parsed = new PositionedDocument(source);
        for (const path of pathsOf(sample)) {
          const offset = blockOffsetOf(source, path);
          if (offset === undefined) continue;
          sure++;
          expect([path, offset]).toEqual([path, parsed.offsetOf(path)]);
        }
      }),
      { numRuns: 150, seed: 4 },
    );
    expect(sure).toBeGreaterThan(3000);
  });
});
