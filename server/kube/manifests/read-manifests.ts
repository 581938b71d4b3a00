import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { manifestFileBytesMax } from "../limits.js";
import { ManifestLoad } from "./manifest-load.js";
import type { LoadedManifests } from "./parse-manifests.js";

/** Reads Kubernetes objects from folders, files and "-" (standard input). */
export const readManifests = async (paths: readonly string[]): Promise<LoadedManifests> => {
  const load = new ManifestLoad();
  for (const path of paths) {
    if (path === "-") await readStandardInput(load);
    else await readPath(path, load);
  }
  return load.finish();
};

const readStandardInput = async (load: ManifestLoad): Promise<void> => {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  load.add({ file: "-", text: Buffer.concat(chunks).toString("utf8") });
};

const readPath = async (path: string, load: ManifestLoad): Promise<void> => {
  try {
    const info = await stat(path);
    if (info.isDirectory()) await readFolder(path, load);
    else if (info.size <= manifestFileBytesMax) {
      load.add({ file: path, text: await readFile(path, "utf8") });
    } else load.addUnreadable(path, "too-large", `has more than ${manifestFileBytesMax} bytes`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    load.addUnreadable(path, "unreadable", `can't be read: ${reason}`);
  }
};

const readFolder = async (path: string, load: ManifestLoad): Promise<void> => {
  for (const name of (await readdir(path)).sort()) {
    if (name.startsWith(".") || name === "node_modules") continue;
    const inner = join(path, name);
    const isFolder = (await stat(inner)).isDirectory();
    if (isFolder || /\.(ya?ml|json)$/.test(name)) await readPath(inner, load);
  }
};
