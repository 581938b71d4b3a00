import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root folder. */
export const repositoryRoot = fileURLToPath(new URL("../..", import.meta.url));

/** All files below a folder of the repository, as paths from its root. */
export const filesBelow = (folder: string): string[] => {
  const found: string[] = [];
  const visit = (path: string): void => {
    for (const name of readdirSync(path)) {
      const child = join(path, name);
      if (statSync(child).isDirectory()) visit(child);
      else found.push(relative(repositoryRoot, child));
    }
  };
  visit(join(repositoryRoot, folder));
  return found.sort();
};

/** A file of the repository. */
export const readSource = (path: string): string =>
  readFileSync(join(repositoryRoot, path), "utf8");

/** Files that a module imports, forks or loads by a relative path. */
export const importsOf = (path: string): string[] => {
  const text = readSource(path);
  const found: string[] = [];
  const patterns = [
    /(?:from|import)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g,
    /new URL\(\s*["'](\.{1,2}\/[^"']+\.(?:ts|js))["']/g,
    /new URL\(\s*["']([\w-]+\.ts)["']/g,
  ];
  for (const pattern of patterns) {
    for (const match of text.matchAll(pattern)) {
      const target = normalize(join(dirname(path), match[1] ?? ""));
      found.push(target.replace(/\.js$/, ".ts"));
    }
  }
  return found;
};

/** Everything that is reached from the roots by imports. */
export const reachableFrom = (roots: readonly string[]): Set<string> => {
  const seen = new Set<string>();
  const queue = [...roots];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    try {
      queue.push(...importsOf(path));
    } catch {
      // Not a file of ours (a folder, or something generated later): nothing to follow.
    }
  }
  return seen;
};

/** Exports of a module with the line before each, for checks on their documentation. */
export const exportsOf = (path: string): { name: string; line: number; documented: boolean }[] => {
  const lines = readSource(path).split("\n");
  return lines.flatMap((text, index) => {
    const name =
      /^export (?:declare )?(?:abstract )?(?:async )?(?:const|function\*?|class|type|interface|let) (\w+)/.exec(
        text,
      )?.[1];
    if (name === undefined) return [];
    const before = lines[index - 1]?.trim() ?? "";
    return [{ name, line: index + 1, documented: before.endsWith("*/") }];
  });
};
