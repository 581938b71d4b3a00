import { describe, expect, it } from "vitest";
import { blastRadiusOf } from "../../../../server/analyzer/fix/blast-radius.js";
import { worldWith } from "../../../../server/analyzer/fix/fix-world.js";
import {
  fixNameCharsMax,
  fixNamesTriedMax,
  fixPairsComparedMax,
  fixPeersMax,
  fixPoliciesMax,
} from "../../../../server/analyzer/fix/limits.js";
import { suggestFix } from "../../../../server/analyzer/fix/suggest-fix.js";
import type { ClusterObject } from "../../../../server/analyzer/model/objects.js";
import { networkPolicyObject, podObject, serviceObject } from "../../../support/cluster-objects.js";
import { objectWorld } from "../../../support/manifest-world.js";
import { labelled } from "../../../support/policy-parts.js";

const pods = (name: string, count: number): readonly ClusterObject[] =>
  Array.from({ length: count }, (_, index) =>
    podObject(`shop/${name}-${index}`, {
      labels: { app: name, n: `${name}${index}` },
      owner: { kind: "Deployment", name },
    }),
  );

/** Policies that tell the pods of a workload apart and deny ingress. */
const apart = (name: string, count: number): readonly ClusterObject[] =>
  Array.from({ length: count }, (_, index) =>
    networkPolicyObject(`shop/${name}${index}`, {
      podSelector: labelled("n", `${name}${index}`),
      isolates: name === "db" ? ["ingress"] : [],
    }),
  );

const fix = (objects: readonly ClusterObject[], source = "shop/web", destination = "shop/db") =>
  suggestFix(objectWorld(objects), { source, destination, port: 80 });

describe("bounds of fixes", () => {
  it("are fixPoliciesMax policies", () => {
    const databases = (count: number) => [
      ...pods("web", 1),
      ...pods("db", count),
      ...apart("db", count),
    ];
    expect(fix(databases(fixPoliciesMax)).outcome).toBe("manifest");
    expect(fix(databases(fixPoliciesMax + 1)).reason).toBe(
      `it would take ${fixPoliciesMax + 1} policies, and a fix has ${fixPoliciesMax} at most: ask about fewer pods`,
    );
  });

  it("are fixPeersMax peers", () => {
    const deny = networkPolicyObject("shop/deny", { podSelector: labelled("app", "db") });
    const clients = (count: number) => [
      ...pods("web", count),
      ...apart("web", count),
      ...pods("db", 1),
      deny,
    ];
    expect(fix(clients(fixPeersMax)).outcome).toBe("manifest");
    expect(fix(clients(fixPeersMax + 1)).reason).toContain(
      `it would take ${fixPeersMax + 1} peers`,
    );
  });

  it("are fixNamesTriedMax names, none longer than fixNameCharsMax", () => {
    const deny = networkPolicyObject("shop/deny", { podSelector: labelled("app", "db") });
    const long = "w".repeat(100);
    const base = `allow-db-0-from-${long}`.slice(0, fixNameCharsMax);
    const objects = [
      podObject(`shop/${long}`, { labels: { app: "web" } }),
      podObject("shop/db-0", { labels: { app: "db" } }),
      deny,
    ];
    const names = [
      ...fix(objects, `shop/${long}`, "shop/db-0").manifest.matchAll(/ {2}name: (.*)/g),
    ];
    expect(names[0]?.[1]).toBe(base);
    const taken = Array.from({ length: fixNamesTriedMax }, (_, index) => {
      const suffix = index === 0 ? "" : `-${index + 1}`;
      const name = `${base.slice(0, fixNameCharsMax - suffix.length)}${suffix}`;
      return networkPolicyObject(`shop/${name}`, { podSelector: labelled("a", "b") });
    });
    expect(fix([...objects, ...taken], `shop/${long}`, "shop/db-0").reason).toContain(
      `${fixNamesTriedMax} policies are called`,
    );
    expect(fix([...objects, ...taken.slice(1)], `shop/${long}`, "shop/db-0").outcome).toBe(
      "manifest",
    );
  });

  it("are fixPairsComparedMax pairs that the blast radius compares", () => {
    const before = objectWorld([...pods("web", 3), ...pods("db", 1)]);
    const policy = networkPolicyObject("shop/new", { podSelector: labelled("app", "db") });
    const after = worldWith(before, [policy]);
    const addition = { before, after, policies: [policy], wanted: [] };
    expect(blastRadiusOf(addition).rows).toHaveLength(2);
    expect(() => blastRadiusOf(addition, 2)).toThrow("more than 2 pairs");
    expect(fixPairsComparedMax).toBeGreaterThan(1_000_000);
  });

  it("take a Service's endpoints apart only where policies do", () => {
    const service = serviceObject("shop/db", { selector: { app: "db" } });
    const deny = networkPolicyObject("shop/deny", { podSelector: labelled("app", "db") });
    const answer = fix(
      [...pods("web", 1), ...pods("db", 30), service, deny],
      "shop/web",
      "svc/shop/db",
    );
    expect(answer.manifest.match(/^kind: NetworkPolicy$/gm)).toHaveLength(1);
  });
});
