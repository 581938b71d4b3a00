import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { StatedFormat } from "./expected-file.js";
import { parseFocus, type StatedFocus } from "./focus.js";

/** What an expected file holds. */
export type StatedKind = "connlist" | "exposure" | "explain" | "explain_exposure";

/** One expected file. */
export type ExpectedFile = {
  readonly path: string;
  readonly kind: StatedKind;
  readonly format: StatedFormat;
  readonly focus: StatedFocus;
};

/** A folder of manifests with what is expected of it. */
export type ExpectedFolder = {
  readonly name: string;
  readonly path: string;
  readonly files: readonly ExpectedFile[];
};

/** The folders of a layout. */
export type Expectations = {
  readonly folders: readonly ExpectedFolder[];
  /** Names of files that are not compared: of no folder, of another kind, or of a format that is not read. */
  readonly passedOver: readonly string[];
};

const hasLayout = (root: string): boolean =>
  existsSync(join(root, "tests")) && existsSync(join(root, "test_outputs", "connlist"));

/** The root whose layout a path is of: the path itself, or two above where it is one folder `tests/NAME` of a root. */
const rootOf = (path: string): string | undefined => {
  if (hasLayout(path)) return path;
  const above = dirname(path);
  const root = dirname(above);
  return basename(above) === "tests" && hasLayout(root) && existsSync(path) ? root : undefined;
};

/**
 * The folders of a layout, each with its expected files: `tests/NAME/` and `test_outputs/connlist/NAME_KIND_output.FORMAT`.
 * The path is that of the whole, or of one `tests/NAME`. Undefined where there is no such layout.
 */
export const findExpectations = (path: string): Expectations | undefined => {
  const root = rootOf(path);
  if (root === undefined) return undefined;
  const tests = join(root, "tests");
  const names = readdirSync(tests)
    .filter((name) => statSync(join(tests, name)).isDirectory())
    .sort();
  const files = new Map<string, ExpectedFile[]>(names.map((name) => [name, []]));
  const passedOver: string[] = [];
  const outputs = join(root, "test_outputs", "connlist");
  for (const file of readdirSync(outputs).sort()) {
    const owner = ownerOf(file, names);
    const expected =
      owner && expectedFileOf(join(outputs, file), file.slice(owner.length + "_".length));
    if (owner && expected) files.get(owner)?.push(expected);
    else passedOver.push(file);
  }
  const isAsked = (name: string): boolean => root === path || name === basename(path);
  const folders = names
    .filter(isAsked)
    .map((name) => ({ name, path: join(tests, name), files: files.get(name) ?? [] }));
  return { folders, passedOver: root === path ? passedOver : [] };
};

/** One name may start another: the longest that an underscore follows is the file's. */
const ownerOf = (file: string, names: readonly string[]): string | undefined =>
  names
    .filter((name) => file.startsWith(`${name}_`))
    .sort((one, other) => other.length - one.length)[0];

const expectedFileOf = (path: string, rest: string): ExpectedFile | undefined => {
  const parts =
    /^(?:focus_workload_(.+?)_)?(connlist|exposure|explain_exposure|explain)_output\.(txt|json|csv)$/.exec(
      rest,
    );
  if (parts === null) return undefined;
  return {
    path,
    kind: parts[2] as StatedKind,
    format: parts[3] as StatedFormat,
    focus: parseFocus(parts[1] ?? ""),
  };
};
