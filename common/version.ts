import { existsSync, readFileSync } from "node:fs";

/** The version of this build, from package.json: the one place that has it. Throws when that is not where it belongs. */
export const readVersion = (): string => {
  // The sources lie one folder below the root, the build two.
  const candidates = ["../package.json", "../../package.json"];
  for (const candidate of candidates.map((path) => new URL(path, import.meta.url))) {
    if (!existsSync(candidate)) continue;
    const found: unknown = JSON.parse(readFileSync(candidate, "utf8"));
    if (isOwnPackage(found)) return found.version;
  }
  throw new Error("package.json of causeway is missing beside the program");
};

const isOwnPackage = (value: unknown): value is { readonly version: string } =>
  typeof value === "object" &&
  value !== null &&
  "name" in value &&
  value.name === "causeway" &&
  "version" in value &&
  typeof value.version === "string";
