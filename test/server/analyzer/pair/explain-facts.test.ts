import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { createWorld } from "../../../../server/analyzer/create-world.js";
import { ClusterModel } from "../../../../server/analyzer/model/cluster-model.js";
import { evaluatePair } from "../../../../server/analyzer/pair/evaluate-pair.js";
import type { PolicyWorld } from "../../../../server/analyzer/policy-world.js";
import { parseManifests } from "../../../../server/kube/manifests/parse-manifests.js";
import { answeredFacts, type PairFacts, statedFacts } from "../../../support/explain-facts.js";

// Goal: an explanation carries the facts that np-guard's explanations carry: policy, rule, reason. Method: texts of its
// form, our own and, where they are at hand, those of its tests, compared pair by pair; wording does not count.

const worldOf = (sources: readonly { readonly file: string; readonly text: string }[]) => {
  const { objects, problems, locate } = parseManifests(sources);
  return createWorld({ model: new ClusterModel(objects), locate, problems, profile: "np-guard" });
};

/** A range can't be asked for by name: its first address stands for it. */
const endName = (name: string): string => name.replace(/^([\d.]+)-.*$/, "$1");

const answered = (world: PolicyWorld, { source, destination }: PairFacts): readonly string[] =>
  answeredFacts(
    evaluatePair(world, {
      source: endName(source),
      destination: endName(destination),
      explain: true,
    }),
  );

const expectFacts = (world: PolicyWorld, text: string): void => {
  const pairs = statedFacts(text);
  expect(pairs.length).toBeGreaterThan(0);
  for (const pair of pairs) {
    const title = `${pair.source} => ${pair.destination}`;
    expect([title, answered(world, pair)]).toEqual([title, pair.facts]);
  }
};

const folder = fileURLToPath(new URL("../../../golden/explain-facts/", import.meta.url));

describe("explanations carry the facts of np-guard's", () => {
  const cases = readdirSync(folder)
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => name.replace(/\.yaml$/, ""));

  it.each(cases)("%s", (name) => {
    const text = readFileSync(join(folder, `${name}.yaml`), "utf8");
    const world = worldOf([{ file: `${name}.yaml`, text }]);
    expectFacts(world, readFileSync(join(folder, `${name}.txt`), "utf8"));
  });
});

const shared = fileURLToPath(new URL("../../../../../shared/oracle/netpol/", import.meta.url));
const isShared = existsSync(shared);
if (!isShared)
  console.warn(`skipped: explanations of np-guard's own tests, ${shared} is not there`);

describe.skipIf(!isShared)("explanations carry the facts of np-guard's own tests", () => {
  it.each([
    "anp_and_banp_using_networks_and_nodes_test",
    "anp_banp_test_with_named_port_unmatched",
    "ipblockstest",
    "netpol_named_port_test",
  ])("%s", (name) => {
    const files = readdirSync(join(shared, "tests", name), { recursive: true })
      .map(String)
      .filter((file) => /\.(ya?ml|json)$/.test(file));
    const world = worldOf(
      files.map((file) => ({
        file,
        text: readFileSync(join(shared, "tests", name, file), "utf8"),
      })),
    );
    const expected = join(shared, "test_outputs/connlist", `${name}_explain_output.txt`);
    expectFacts(world, readFileSync(expected, "utf8"));
  });
});
