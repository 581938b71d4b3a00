import { type Dirent, readdirSync, type Stats, statSync } from "node:fs";
import { manifestFilesMax, manifestFolderDepthMax } from "../limits.js";

/** Something that a walk found, in order of names. */
export type WalkStep =
  | { readonly kind: "file"; readonly path: string; readonly bytes: number }
  /** Something that is there and is not read. */
  | {
      readonly kind: "fault";
      readonly path: string;
      readonly code: "unreadable" | "too-large";
      readonly message: string;
    };

const manifestName = /\.(ya?ml|json)$/i;

/** Folders that were walked, by device and inode: a symbolic link can lead back to one. */
export type SeenFolders = Set<string>;

/**
 * Walks a folder for files named *.yaml, *.yml and *.json, folders inside included, in order of names. Names that begin
 * with a dot and node_modules are left out, and a folder is walked once, whatever links lead to it.
 */
export function* walkFolder(
  path: string,
  seen: SeenFolders,
  filesMax: number = manifestFilesMax,
): Iterable<WalkStep> {
  let files = 0;
  for (const step of walk(path, seen, 1)) {
    if (step.kind === "file" && ++files > filesMax) {
      const message = `has more than ${filesMax} files: the rest is not read`;
      yield { kind: "fault", path, code: "too-large", message };
      return;
    }
    yield step;
  }
}

function* walk(path: string, seen: SeenFolders, depth: number): Iterable<WalkStep> {
  if (depth > manifestFolderDepthMax) {
    const message = `is more than ${manifestFolderDepthMax} folders deep: it is not read`;
    yield { kind: "fault", path, code: "too-large", message };
    return;
  }
  const entries = attempt(() => readdirSync(path, { withFileTypes: true }));
  if (!Array.isArray(entries)) {
    yield { kind: "fault", path, code: "unreadable", message: entries.message };
    return;
  }
  for (const entry of entries.sort(byName)) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    yield* stepOf(
      entry,
      path.endsWith("/") ? `${path}${entry.name}` : `${path}/${entry.name}`,
      seen,
      depth,
    );
  }
}

const byName = (one: Dirent, other: Dirent): number =>
  one.name < other.name ? -1 : one.name > other.name ? 1 : 0;

function* stepOf(
  entry: Dirent,
  path: string,
  seen: SeenFolders,
  depth: number,
): Iterable<WalkStep> {
  const isManifest = manifestName.test(entry.name);
  if (!isManifest && !entry.isDirectory() && !entry.isSymbolicLink()) return;
  const info = attempt(() => statSync(path));
  if ("message" in info) {
    // A link to nowhere is a fault when it is named like a manifest.
    if (isManifest) yield { kind: "fault", path, code: "unreadable", message: info.message };
  } else if (info.isDirectory()) {
    const identity = identityOf(info);
    if (seen.has(identity)) return;
    seen.add(identity);
    yield* walk(path, seen, depth + 1);
  } else if (isManifest) {
    yield info.isFile()
      ? { kind: "file", path, bytes: info.size }
      : { kind: "fault", path, code: "unreadable", message: "is no regular file" };
  }
}

/** What tells a folder from others. */
export const identityOf = ({ dev, ino }: Stats): string => `${dev}:${ino}`;

/** Runs a call on files; what it fails with is put in words. */
export const attempt = <T>(call: () => T): T | { readonly message: string } => {
  try {
    return call();
  } catch (error) {
    return { message: fileFaultText(error) };
  }
};

const fileFaults: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  EACCES: "can't be read: permission denied",
  EPERM: "can't be read: permission denied",
  ELOOP: "can't be read: its symbolic links lead in a circle",
  ENOTDIR: "does not exist: a part of the path is no folder",
  ENAMETOOLONG: "has too long a name",
};

/** What is wrong with a file, after its name: "does not exist". */
export const fileFaultText = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return Object.hasOwn(fileFaults, code)
    ? (fileFaults[code] ?? "")
    : `can't be read: ${error instanceof Error ? error.message : String(error)}`;
};
