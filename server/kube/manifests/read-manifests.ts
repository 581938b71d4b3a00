import { createReadStream, readFileSync, statSync } from "node:fs";
import { manifestFileBytesMax, manifestTotalBytesMax } from "../limits.js";
import { textOfBytes } from "./decode-bytes.js";
import { ManifestLoad } from "./manifest-load.js";
import type { LoadedManifests } from "./parse-manifests.js";
import { attempt, fileFaultText, identityOf, type SeenFolders, walkFolder } from "./walk-folder.js";

/** Where bytes come from that are no files. */
export type ReadOptions = {
  /** What "-" stands for; standard input when left out. */
  readonly stdin?: AsyncIterable<Uint8Array>;
  /** Bytes of all files together; `manifestTotalBytesMax` when left out. */
  readonly totalBytesMax?: number;
};

/**
 * Reads Kubernetes objects from folders, files and "-" (standard input), in the order given. What can't be read is told as
 * a problem; missing paths are, too. Files of folders are read in one go, without giving way in between: they are small,
 * and waiting for each takes longer than reading all.
 */
export const readManifests = async (
  paths: readonly string[],
  { stdin = process.stdin, totalBytesMax = manifestTotalBytesMax }: ReadOptions = {},
): Promise<LoadedManifests> => {
  const reading = new Reading(totalBytesMax);
  for (const path of paths) {
    if (path === "-") await reading.stream("-", stdin);
    else await reading.path(path);
  }
  return reading.load.finish();
};

class Reading {
  readonly load = new ManifestLoad();
  readonly #seen: SeenFolders = new Set();
  readonly #totalBytesMax: number;
  #bytes = 0;

  constructor(totalBytesMax: number) {
    this.#totalBytesMax = totalBytesMax;
  }

  async path(path: string): Promise<void> {
    const info = attempt(() => statSync(path));
    if ("message" in info) this.load.addUnreadable(path, "unreadable", info.message);
    else if (info.isDirectory()) this.#folder(path, identityOf(info));
    else if (info.isFile()) this.#file(path, info.size);
    // Pipes, as of <(helm template .) in a shell.
    else await this.stream(path, createReadStream(path));
  }

  async stream(name: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    try {
      for await (const chunk of bytes) {
        length += chunk.length;
        if (length > manifestFileBytesMax) {
          this.load.addUnreadable(name, "too-large", tooLarge);
          return;
        }
        chunks.push(chunk);
      }
    } catch (error) {
      this.load.addUnreadable(name, "unreadable", fileFaultText(error));
      return;
    }
    this.#bytesOf(name, Buffer.concat(chunks));
  }

  #folder(path: string, identity: string): void {
    if (this.#seen.has(identity)) return;
    this.#seen.add(identity);
    let isEmpty = true;
    for (const step of walkFolder(path, this.#seen)) {
      isEmpty = false;
      if (step.kind === "file") this.#file(step.path, step.bytes);
      else this.load.addUnreadable(step.path, step.code, step.message);
    }
    if (isEmpty) this.load.addWarning(path, "has no files named *.yaml, *.yml or *.json");
  }

  #file(path: string, size: number): void {
    if (size > manifestFileBytesMax) {
      this.load.addUnreadable(path, "too-large", tooLarge);
      return;
    }
    const bytes = attempt(() => readFileSync(path));
    if ("message" in bytes) this.load.addUnreadable(path, "unreadable", bytes.message);
    else this.#bytesOf(path, bytes);
  }

  #bytesOf(name: string, bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (this.#bytes > this.#totalBytesMax) {
      const message = `brings the files to more than ${this.#totalBytesMax} bytes: it is not read`;
      this.load.addUnreadable(name, "too-large", message);
      return;
    }
    const text = textOfBytes(bytes);
    if (text === undefined)
      this.load.addUnreadable(name, "unreadable", "is neither UTF-8 nor UTF-16");
    else this.load.add({ file: name, text });
  }
}

const tooLarge = `has more than ${manifestFileBytesMax} bytes: split it`;
