import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { lintRuleInfos } from "../../../../server/analyzer/lint/lint.js";
import { findingsOf } from "../../../support/lint-manifests.js";
import { readSource } from "../../../support/source-files.js";

/** Goal: the pages say what the rules do. Method: the examples of every page are linted. */

const pages = readdirSync("docs/lint").filter((name) => /^CW\d{3}\.md$/.test(name));
const idOf = (page: string): string => page.slice(0, 5);

/** The YAML blocks below headings of a name. */
const examplesOf = (page: string, heading: "Found" | "Not found"): string[] => {
  const text = readSource(`docs/lint/${page}`);
  const pattern = new RegExp(`^### ${heading}\\n\\n\`\`\`yaml\\n([\\s\\S]*?)\n\`\`\`$`, "gm");
  return [...text.matchAll(pattern)].map((match) => match[1] ?? "");
};

describe("pages of lint rules", () => {
  it("are there for every rule, and no others", () => {
    expect(pages.map(idOf).sort()).toEqual(lintRuleInfos.map(({ id }) => id));
  });

  it("have unique ids and titles, in order", () => {
    const ids = lintRuleInfos.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(lintRuleInfos.map(({ title }) => title)).size).toBe(ids.length);
    expect(ids).toEqual([...ids].sort());
  });

  it("are listed in the index as the rules describe themselves", () => {
    const index = readSource("docs/lint/README.md");
    const rows = lintRuleInfos.map(
      ({ id, title, severity, summary }) =>
        `| [${id}](${id}.md) | ${title} | ${severity} | ${summary} |`,
    );
    expect(rows.filter((row) => !index.includes(row))).toEqual([]);
  });
});

describe.each(lintRuleInfos.map((rule) => ({ ...rule, page: `${rule.id}.md` })))(
  "page $id $title",
  ({ id, title, severity, page }) => {
    const text = readSource(`docs/lint/${page}`);

    it("has the rule's name, severity, and every part of a page", () => {
      expect(text.startsWith(`# ${id} ${title}\n\n**Severity:** ${severity}`)).toBe(true);
      const parts = ["## Why", "## Example", "## Fix", "## Suppress", "## Reference"];
      expect(parts.filter((part) => !text.includes(`\n${part}\n`))).toEqual([]);
    });

    it("shows what is found", () => {
      const examples = examplesOf(page, "Found");
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) {
        const [finding] = findingsOf(id, example);
        expect(finding, example).toBeDefined();
        expect(finding?.location).toMatchObject({ file: "in.yaml" });
        expect(finding?.location.line).toBeGreaterThan(0);
      }
    });

    it("shows what is not found", () => {
      const examples = examplesOf(page, "Not found");
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) expect(findingsOf(id, example), example).toEqual([]);
    });
  },
);
