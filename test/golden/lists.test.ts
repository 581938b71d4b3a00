import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { checkRules } from "../../server/analyzer/check/check-rules.js";
import { parseRules } from "../../server/analyzer/check/parse-rules.js";
import { connectionGraph } from "../../server/analyzer/lists/connection-graph.js";
import { listConnections } from "../../server/analyzer/lists/list-connections.js";
import { listExposure } from "../../server/analyzer/lists/list-exposure.js";
import { whatIf } from "../../server/analyzer/lists/what-if.js";
import { parseManifests } from "../../server/kube/manifests/parse-manifests.js";
import { manifestWorld } from "../support/manifest-world.js";

// shop.yaml with everything that is asked of a whole model, as data. `npx vitest run -u` writes the answers anew: commit only
// differences that you understand.
const folder = fileURLToPath(new URL("./lists/", import.meta.url));
const read = (name: string): string => readFileSync(`${folder}${name}`, "utf8");
const shop = manifestWorld(read("shop.yaml"));

/** One line an entry. */
const text = (entries: Iterable<object>): string =>
  [...entries].map((entry) => `${JSON.stringify(entry)}\n`).join("");

describe("answers about the shop", () => {
  it("loads every object", () => {
    expect(shop.view.problems.filter(({ code }) => code !== "unsupported")).toEqual([]);
  });

  it("lists connections", async () => {
    await expect(text(listConnections(shop))).toMatchFileSnapshot(`${folder}shop.list.txt`);
  });

  it("lists exposures", async () => {
    const { rows, unprotected } = listExposure(shop);
    await expect(text([...rows, ...unprotected])).toMatchFileSnapshot(`${folder}shop.exposure.txt`);
  });

  it("draws the graph", async () => {
    const { clusters, nodes, edges } = connectionGraph(shop);
    await expect(text([...clusters, ...nodes, ...edges])).toMatchFileSnapshot(
      `${folder}shop.graph.txt`,
    );
  });

  it("tells what changes would do", async () => {
    const source = { file: "shop-after.yaml", text: read("shop-after.yaml") };
    const { rows, before, after, ...counts } = whatIf(shop, parseManifests([source]).objects).diff;
    await expect(text([...rows, counts, before, after])).toMatchFileSnapshot(
      `${folder}shop.diff.txt`,
    );
  });

  it("checks rules", async () => {
    const rules = parseRules(read("shop-rules.yaml"), "shop-rules.yaml");
    const { results, model, ...counts } = checkRules(shop, rules);
    await expect(text([...results, counts])).toMatchFileSnapshot(`${folder}shop.check.txt`);
  });
});
