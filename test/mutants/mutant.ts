/** A change of one source file: `find` stands there exactly once. */
export type Edit = { readonly file: string; readonly find: string; readonly replace: string };

/** Which tests have to notice: those of the API's documentation alone, or those of the engine's fast ways as well. */
export type Suite = "documentation" | "engine";

/** One fault put into the sources. */
export type Mutant = {
  readonly id: string;
  readonly fault: string;
  readonly suite: Suite;
  readonly edits: readonly Edit[];
};

/** A source file with the fault in it. Throws, naming the mutant, when an edit of the file does not apply exactly once. */
export const withFault = ({ id, edits }: Mutant, file: string, source: string): string =>
  edits
    .filter((edit) => edit.file === file)
    .reduce((text, { find, replace }) => {
      const count = text.split(find).length - 1;
      if (count !== 1) {
        throw new Error(
          `mutant ${id} does not apply: its text stands in ${file} ${count} times, not once; bring it up to date with the code:\n${find}`,
        );
      }
      return text.replace(find, () => replace);
    }, source);

/** The tests of each suite, those that are likely to notice first in front. */
export const testsOf: Readonly<Record<Suite, readonly string[]>> = {
  documentation: ["isolation", "selectors", "ports", "addresses", "tiers", "unknown"].map(testFile),
  engine: [
    "engine",
    "engine-changes",
    "engine-address-changes",
    "reasons.property",
    "changes.property",
    "invariance.property",
    "brute-force.property",
  ].map(testFile),
};

function testFile(name: string): string {
  return `test/server/analyzer/policy/${name}.test.ts`;
}
