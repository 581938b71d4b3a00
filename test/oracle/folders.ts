import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { StatedFormat } from "./expected-file.js";

/** What an expected file holds. */
export type StatedKind = "connlist" | "exposure" | "explain" | "explain_exposure";

/** One expected file. */
export type ExpectedFile = {
  readonly path: string;
  readonly kind: StatedKind;
  readonly format: StatedFormat;
  /** Names of the workloads it is restricted to; none: it is whole. */
  readonly focus: readonly string[];
  /** The only direction it shows. */
  readonly direction: "ingress" | "egress" | undefined;
};

/** A folder of manifests with what is expected of it. */
export type ExpectedFolder = {
  readonly name: string;
  readonly path: string;
  readonly files: readonly ExpectedFile[];
};

/** Whether a folder has the layout: `tests/NAME/` and `test_outputs/connlist/NAME_KIND_output.FORMAT`. */
export const hasExpectations = (root: string): boolean =>
  existsSync(join(root, "tests")) && existsSync(join(root, "test_outputs", "connlist"));

/** The folders below a root of that layout, each with its expected files; files of no folder are an error. */
export const findFolders = (root: string): readonly ExpectedFolder[] => {
  const tests = join(root, "tests");
  const names = readdirSync(tests)
    .filter((name) => statSync(join(tests, name)).isDirectory())
    .sort();
  const files = new Map<string, ExpectedFile[]>(names.map((name) => [name, []]));
  for (const file of readdirSync(join(root, "test_outputs", "connlist")).sort()) {
    // One name may start another: the longest that an underscore follows is the folder's.
    const owner = names
      .filter((name) => file.startsWith(`${name}_`))
      .sort((one, other) => other.length - one.length)[0];
    if (owner === undefined) throw new Error(`${file} belongs to no folder of ${tests}`);
    const path = join(root, "test_outputs", "connlist", file);
    const expected = expectedFileOf(path, file.slice(owner.length + 1));
    if (expected !== undefined) files.get(owner)?.push(expected);
  }
  return names.map((name) => ({
    name,
    path: join(tests, name),
    files: files.get(name) ?? [],
  }));
};

const expectedFileOf = (path: string, rest: string): ExpectedFile | undefined => {
  const parts =
    /^(?:focus_workload_(.+?)_)?(connlist|exposure|explain_exposure|explain)_output\.(txt|json|csv)$/.exec(
      rest,
    );
  if (parts === null) return undefined;
  const focus = (parts[1] ?? "").split("_").filter((word) => word !== "");
  const direction = focus.find((word) => word === "ingress" || word === "egress");
  return {
    path,
    kind: parts[2] as StatedKind,
    format: parts[3] as StatedFormat,
    focus: focus.filter((word) => word !== direction),
    direction: direction as "ingress" | "egress" | undefined,
  };
};
