import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { evaluatePair } from "../../server/analyzer/pair/evaluate-pair.js";
import { manifestWorld } from "../support/manifest-world.js";
import { pairText } from "../support/pair-text.js";

// Each NAME.yaml is manifests with the questions on top; NAME.txt holds the explained answers. `npx vitest run -u` writes
// them anew: commit only differences that you understand.
const folder = fileURLToPath(new URL("./explain/", import.meta.url));
const names = readdirSync(folder).filter((name) => name.endsWith(".yaml"));

/** The words behind "# ask: " as the command line takes them: A B [--port P] [--protocol P]. */
const questionsIn = (text: string) =>
  [...text.matchAll(/^# ask: (.*)$/gm)].map(([, line = ""]) => {
    const [source = "", destination = "", ...flags] = line.split(" ");
    const flag = (name: string): string | undefined =>
      flags.includes(name) ? flags[flags.indexOf(name) + 1] : undefined;
    const port = flag("--port");
    const protocol = flag("--protocol");
    return {
      source,
      destination,
      explain: true,
      ...(port === undefined ? {} : { port: Number(port) }),
      ...(protocol === undefined ? {} : { protocol }),
    };
  });

describe("evaluatePair() explains", () => {
  it.each(names)("%s", async (name) => {
    const text = readFileSync(`${folder}${name}`, "utf8");
    const world = manifestWorld(text);
    expect(world.view.problems.filter(({ code }) => code !== "unsupported")).toEqual([]);
    const answers = questionsIn(text).map((question) => pairText(evaluatePair(world, question)));
    expect(answers.length).toBeGreaterThan(0);
    await expect(answers.join("\n")).toMatchFileSnapshot(
      `${folder}${name.replace(/yaml$/, "txt")}`,
    );
  });
});
