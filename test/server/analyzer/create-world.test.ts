import { describe, expect, it } from "vitest";
import { createWorld } from "../../../server/analyzer/create-world.js";
import { ClusterModel } from "../../../server/analyzer/model/cluster-model.js";
import type { ClusterObject } from "../../../server/analyzer/model/objects.js";
import { profileDefault } from "../../../server/analyzer/policy/profile.js";
import { noLocations } from "../../../server/analyzer/policy-world.js";

const namespace = (name: string): ClusterObject => ({
  kind: "Namespace",
  namespace: "",
  name,
  labels: {},
  annotations: {},
});

describe("createWorld()", () => {
  it("counts what the model holds", () => {
    const problem = {
      severity: "warning",
      code: "unknown-kind",
      message: "no such kind",
      file: "a.yaml",
      line: 3,
      column: 1,
      object: "",
    };
    const model = new ClusterModel([namespace("a"), namespace("b")]);
    const world = createWorld({ model, problems: [problem], ageS: 7 });
    expect(world.view).toEqual({
      source: "manifests",
      namespaces: 2,
      pods: 0,
      policies: 0,
      services: 0,
      problems: [problem],
      ageS: 7,
    });
    expect(world.engine.profile.name).toBe(profileDefault);
    expect(world.locate).toBe(noLocations);
  });

  it("compiles under the profile that is asked for", () => {
    const world = createWorld({ model: new ClusterModel(), profile: "cilium", source: "cluster" });
    expect(world.engine.profile.name).toBe("cilium");
    expect(world.view.source).toBe("cluster");
  });
});
