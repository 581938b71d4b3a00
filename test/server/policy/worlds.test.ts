import { describe, expect, it } from "vitest";
import { profileNames } from "../../../server/analyzer/policy/profile.js";
import { parseManifests } from "../../../server/kube/manifests/parse-manifests.js";
import { policyWorldsMax } from "../../../server/policy/limits.js";
import { OwnWorlds, parseOwn } from "../../../server/policy/own-worlds.js";
import { WorldShelf } from "../../../server/policy/world-shelf.js";
import { podManifest, shopManifests } from "../../support/policy-manifests.js";

describe("WorldShelf", () => {
  it(`keeps the worlds of policyWorldsMax profiles, those that were asked for last`, () => {
    const shelf = new WorldShelf(parseManifests([{ file: "a", text: shopManifests }]), "r1");
    const [first, second, third] = profileNames;
    const world = shelf.world(first);
    shelf.world(second);
    expect(shelf.world(first)).toBe(world);
    // The second was not asked for since.
    shelf.world(third);
    expect(shelf.world(first)).toBe(world);
    expect(policyWorldsMax).toBe(2);
    shelf.world(second);
    shelf.world(third);
    expect(shelf.world(first)).not.toBe(world);
  });
});

describe("OwnWorlds", () => {
  const manifests = (text: string) => ({ field: "manifests", text });

  it("reads the same manifests once", () => {
    const worlds = new OwnWorlds();
    const [one] = worlds.shelves([manifests(shopManifests)]);
    const [same] = worlds.shelves([manifests(shopManifests)]);
    expect(same).toBe(one);
  });

  it("lets go of manifests that the next question does not have", () => {
    const worlds = new OwnWorlds();
    const [one] = worlds.shelves([manifests(shopManifests)]);
    const [other] = worlds.shelves([manifests(podManifest("api"))]);
    expect(other?.revision).not.toBe(one?.revision);
    expect(worlds.shelves([manifests(shopManifests)])[0]).not.toBe(one);
  });

  it("holds two models of a difference, equal texts as well", () => {
    const worlds = new OwnWorlds();
    const texts = ["before", "after"].map((field) => ({ field, text: shopManifests }));
    const [before, after] = worlds.shelves(texts);
    expect(before?.view()).toMatchObject({ pods: 2 });
    expect(after?.view()).toMatchObject({ pods: 2 });
    expect(worlds.shelves(texts)).toEqual([before, after]);
  });
});

describe("parseOwn()", () => {
  it.each([
    ["# nothing\n", "manifests hold no object that concerns the network"],
    ["kind: [", "manifests hold no object that concerns the network: line "],
    ["kind: Pod\n{{ include x }}", "helm template"],
    ["just words", "manifests hold no object that concerns the network"],
  ])("refuses %j, saying why", (text, message) => {
    expect(() => parseOwn({ field: "manifests", text })).toThrow(message);
  });
});
