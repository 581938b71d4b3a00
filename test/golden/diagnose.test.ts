import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createWorld } from "../../server/analyzer/create-world.js";
import { diagnose } from "../../server/analyzer/diagnose/diagnose.js";
import { ClusterModel } from "../../server/analyzer/model/cluster-model.js";
import type { ClusterObject } from "../../server/analyzer/model/objects.js";
import { parseManifests } from "../../server/kube/manifests/parse-manifests.js";
import { askedAtMs } from "../support/diagnosis-cluster.js";

// Goal: whole diagnoses of whole clusters. Method: each file changes the healthy cluster, its answer stands beside it.
// "# ask: A => B PORT" is the question, "# without: KEY" takes an object away, "# alone" leaves the cluster out.

const folder = new URL("./diagnose/", import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, folder), "utf8");
const cases = readdirSync(folder)
  .filter((name) => name.endsWith(".yaml") && name !== "cluster.yaml")
  .sort();

const keyOf = ({ kind, namespace, name }: ClusterObject): string => `${kind}/${namespace}/${name}`;

const worldOf = (text: string) => {
  const load = (file: string, content: string) => parseManifests([{ file, text: content }]);
  const own = load("changes.yaml", text);
  const base = /^# alone$/m.test(text) ? [] : load("cluster.yaml", read("cluster.yaml")).objects;
  const without = [...text.matchAll(/^# without: (\S+)$/gm)].map(([, key]) => key);
  const objects = [...base.filter((object) => !without.includes(keyOf(object))), ...own.objects];
  const model = new ClusterModel(objects);
  return createWorld({ model, problems: own.problems, locate: own.locate });
};

describe("whole diagnoses", () => {
  it("are about ten situations or more", () => {
    expect(cases.length).toBeGreaterThanOrEqual(10);
  });

  it.each(cases)("%s", async (name) => {
    const text = read(name);
    const [, podA = "", podB = "", port] = /^# ask: (\S+) => (\S+)(?: (\d+))?$/m.exec(text) ?? [];
    const question = { podA, podB, ...(port === undefined ? {} : { port: Number(port) }) };
    const answer = diagnose(worldOf(text), question, {
      analysisId: "golden",
      startedAtMs: askedAtMs,
      durationMs: 1,
    });
    const json = `${JSON.stringify(answer, null, 2)}\n`;
    await expect(json).toMatchFileSnapshot(`./diagnose/${name.replace(/\.yaml$/, ".txt")}`);
  });
});
