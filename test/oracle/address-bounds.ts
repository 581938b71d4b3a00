import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import { type IpRange, parseCidr } from "../../server/analyzer/sets/ip.js";

/**
 * Every IPv4 range that a `cidr`, `except` or `networks` entry below a folder names, read without the analyzer: where
 * its addresses have to be cut.
 */
export const addressBounds = (folder: string): readonly IpRange[] => {
  const ranges: IpRange[] = [];
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!/\.(ya?ml|json)$/.test(file)) continue;
    try {
      loadAll(readFileSync(join(folder, file), "utf8"), (document) => collect(document, ranges));
    } catch {
      // What can't be read is the loader's to report; it names no address then.
    }
  }
  return ranges.filter((range) => range.family === 4);
};

const collect = (value: unknown, ranges: IpRange[]): void => {
  if (typeof value !== "object" || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    if (key === "cidr" || key === "except" || key === "networks") {
      for (const text of [part].flat()) {
        const range = typeof text === "string" ? parseCidr(text) : undefined;
        if (range !== undefined) ranges.push(range);
      }
    }
    collect(part, ranges);
  }
};
