import { describe, expect, it } from "vitest";
import { documents, podText, policyText } from "../../../support/lint-manifests.js";
import { manifestWorld } from "../../../support/manifest-world.js";
import { rowTexts } from "../../../support/policy-rows.js";
import { reachesOf, reachOf } from "../../../support/reach-of.js";

// Goal: which pods NetworkPolicies isolate, in which direction, and what an absent or empty list means. Method: manifests as
// people write them; the names of the tests say which trap they hold.

const all = "All Connections";
const none = "No Connections";

const web = podText("shop/web");
const db = podText("shop/db");
const far = podText("far/db");
const pods = [web, db, far];

/** A policy for shop/db. */
const ofDb = (spec: string, name = "db"): string =>
  policyText(`shop/${name}`, `podSelector: {matchLabels: {app: db}}\n${spec}`);

const fromWeb = "{from: [{podSelector: {matchLabels: {app: web}}}]}";
const toWeb = "{to: [{podSelector: {matchLabels: {app: web}}}]}";

describe("isolation by NetworkPolicies", () => {
  it("T1 isolates a pod in each direction on its own", () => {
    const ingress = ofDb("policyTypes: [Ingress]");
    const egress = ofDb("policyTypes: [Egress]");
    const both = ["shop/web => shop/db", "shop/db => shop/web"];
    expect(reachesOf(pods, both)).toEqual([all, all]);
    expect(reachesOf([...pods, ingress], both)).toEqual([none, all]);
    expect(reachesOf([...pods, egress], both)).toEqual([all, none]);
  });

  it("T1 asks both the source's egress and the destination's ingress", () => {
    const letsIn = ofDb(`policyTypes: [Ingress]\ningress: [${fromWeb}]`);
    const closed = policyText(
      "shop/web",
      "podSelector: {matchLabels: {app: web}}\npolicyTypes: [Egress]",
    );
    const opens = policyText(
      "shop/web",
      "podSelector: {matchLabels: {app: web}}\npolicyTypes: [Egress]\negress: [{to: [{podSelector: {matchLabels: {app: db}}}]}]",
    );
    expect(reachOf([...pods, letsIn], "shop/web => shop/db")).toBe(all);
    expect(reachOf([...pods, letsIn, closed], "shop/web => shop/db")).toBe(none);
    expect(reachOf([...pods, letsIn, opens], "shop/web => shop/db")).toBe(all);
    expect(reachOf([...pods, ofDb("policyTypes: [Ingress]"), opens], "shop/web => shop/db")).toBe(
      none,
    );
  });

  // "Reply traffic for those allowed connections will also be implicitly allowed."
  it("T35 asks of a connection only who opens it: replies need no rule", () => {
    const silent = ofDb("policyTypes: [Egress]");
    expect(reachesOf([...pods, silent], ["shop/web => shop/db", "shop/db => shop/web"])).toEqual([
      all,
      none,
    ]);
  });

  it("T2 takes a policy without policyTypes for one of ingress", () => {
    const manifests = [...pods, ofDb(`ingress: [${fromWeb}]`)];
    const pairs = ["shop/web => shop/db", "far/db => shop/db", "shop/db => far/db"];
    expect(reachesOf(manifests, pairs)).toEqual([all, none, all]);
  });

  it("T2 isolates ingress too where there are egress rules only", () => {
    const manifests = [...pods, ofDb(`egress: [${toWeb}]`)];
    const pairs = ["shop/db => shop/web", "shop/db => far/db", "shop/web => shop/db"];
    expect(reachesOf(manifests, pairs)).toEqual([all, none, none]);
  });

  it("T2 does not isolate egress by an empty list of rules without policyTypes", () => {
    expect(reachOf([...pods, ofDb("egress: []")], "shop/db => shop/web")).toBe(all);
    expect(reachOf([...pods, ofDb("policyTypes: []\negress: []")], "shop/db => shop/web")).toBe(
      all,
    );
  });

  it("T3 lets policyTypes win over the sections", () => {
    const ingressOnly = ofDb(`policyTypes: [Ingress]\ningress: [${fromWeb}]\negress: [${toWeb}]`);
    expect(reachOf([...pods, ingressOnly], "shop/db => far/db")).toBe(all);
    const egressOnly = ofDb(`policyTypes: [Egress]\ningress: [${fromWeb}]\negress: [${toWeb}]`);
    expect(reachOf([...pods, egressOnly], "far/db => shop/db")).toBe(all);
    const withoutRules = ofDb(`policyTypes: [Ingress, Egress]\ningress: [${fromWeb}]`);
    expect(reachOf([...pods, withoutRules], "shop/db => shop/web")).toBe(none);
  });

  it("T4 allows nothing by an empty list of rules, and everything by an empty rule", () => {
    expect(reachOf([...pods, ofDb("ingress: []")], "shop/web => shop/db")).toBe(none);
    const open = [...pods, ofDb("ingress: [{}]")];
    expect(
      reachesOf(open, ["shop/web => shop/db", "far/db => shop/db", "203.0.113.1 => shop/db"]),
    ).toEqual([all, all, all]);
    const out = [...pods, ofDb("policyTypes: [Egress]\negress: [{}]")];
    expect(reachesOf(out, ["shop/db => far/db", "shop/db => 203.0.113.1"])).toEqual([all, all]);
  });

  it("T5 lets absent and empty peers and ports match everything", () => {
    for (const rule of ["{from: []}", "{from: [], ports: []}", "{ports: []}"]) {
      const manifests = [...pods, ofDb(`ingress: [${rule}]`)];
      expect(reachesOf(manifests, ["far/db => shop/db", "203.0.113.1 => shop/db"]), rule).toEqual([
        all,
        all,
      ]);
    }
  });

  it("T5 takes a podSelector of everything for the pods of the namespace, not for everyone", () => {
    const manifests = [...pods, ofDb("ingress: [{from: [{podSelector: {}}]}]")];
    const pairs = ["shop/web => shop/db", "far/db => shop/db", "203.0.113.1 => shop/db"];
    expect(reachesOf(manifests, pairs)).toEqual([all, none, none]);
  });

  it("T6 adds up what policies and rules allow, in any order", () => {
    const one = ofDb(`ingress: [{from: [{podSelector: {}}], ports: [{port: 80}]}]`, "a");
    const other = ofDb(
      `ingress: [{ports: [{port: 90}]}, {ports: [{port: 91, protocol: UDP}]}]`,
      "b",
    );
    const deny = ofDb("ingress: []", "c");
    for (const order of [
      [one, other, deny],
      [deny, other, one],
      [other, deny, one],
    ]) {
      expect(reachOf([...pods, ...order], "shop/web => shop/db")).toBe("TCP 80,90,UDP 91");
    }
  });

  it("T7 selects every pod of the namespace by an empty or absent podSelector", () => {
    for (const spec of ["podSelector: {}", "policyTypes: [Ingress]"]) {
      const manifests = [...pods, policyText("shop/all", spec)];
      expect(reachesOf(manifests, ["shop/web => shop/db", "shop/db => shop/web"]), spec).toEqual([
        none,
        none,
      ]);
    }
  });

  // networking validation: "must specify a peer"; a peer is a block or selectors, never both.
  it.each([
    ["an empty peer", "ingress: [{from: [{}]}]"],
    [
      "a peer of a block and a selector",
      "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}]}]",
    ],
    ["an endPort below its port", "ingress: [{ports: [{port: 90, endPort: 80}]}]"],
    [
      "an except outside of its block",
      "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/9]}}]}]",
    ],
  ])("T8 leaves out, and reports, what the API server would refuse: %s", (_, spec) => {
    const { engine, view } = manifestWorld(documents(...pods, ofDb(spec)));
    const errors = view.problems.filter(({ severity }) => severity === "error");
    expect(errors.map(({ object }) => object)).toEqual(["NetworkPolicy shop/db"]);
    expect([...engine.model.networkPolicies]).toEqual([]);
    expect(rowTexts(engine)).toContain(`far/db[Pod] => shop/db[Pod] : ${all} ? ${none}`);
  });

  it("acts in the namespace of the policy only", () => {
    const manifests = [...pods, ofDb("ingress: []")];
    expect(reachesOf(manifests, ["shop/web => far/db", "shop/web => shop/db"])).toEqual([
      all,
      none,
    ]);
  });

  it("T13 puts policies and pods without a namespace in default", () => {
    const policy = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny}
spec: {podSelector: {}}`;
    const manifests = [podText("default/db"), web, policy];
    expect(reachesOf(manifests, ["shop/web => default/db", "default/db => shop/web"])).toEqual([
      none,
      all,
    ]);
  });
});
