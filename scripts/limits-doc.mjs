// Writes docs/limits.md from the limits.ts files: one row a constant, with its value and the reason that its comment gives.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Rows of one file: constant, value, reason. */
const rowsOf = (path) => {
  const text = readFileSync(join(root, path), "utf8");
  const pattern = /\/\*\*((?:[^*]|\*(?!\/))*)\*\/\s*export const (\w+)(?::[^=]+)? =\s*([^;]+);/g;
  return [...text.matchAll(pattern)].map(([, comment, name, value]) => {
    const reason = comment
      .replace(/\s*\n\s*\*\s?/g, " ")
      .trim()
      .replaceAll("|", "\\|");
    return `| \`${name}\` | ${value.replace(/\s+/g, " ").trim()} | ${reason} |`;
  });
};

const files = ["common", "server", "agent", "cli"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith("limits.ts"))
    .map((name) => `${folder}/${name}`),
);

const sections = files.map((path) => {
  const rows = rowsOf(path);
  return rows.length === 0
    ? ""
    : `## ${path}\n\n| limit | value | reason |\n|---|---|---|\n${rows.join("\n")}\n`;
});

const intro = `# Limits

Every queue, map, message, retry, history and list has a named bound. This page is written from the sources by
\`npm run generate\`; each bound is reached by a test.
`;
writeFileSync(join(root, "docs/limits.md"), [intro, ...sections.filter(Boolean)].join("\n"));
