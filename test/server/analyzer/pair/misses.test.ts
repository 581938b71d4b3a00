import { describe, expect, it } from "vitest";
import type { MissView } from "../../../../server/analyzer/answers.js";
import { labelSelectorOf } from "../../../../server/analyzer/model/label-selector.js";
import type { ClusterObject } from "../../../../server/analyzer/model/objects.js";
import { evaluatePair } from "../../../../server/analyzer/pair/evaluate-pair.js";
import {
  missesMax,
  missRulesMax,
  walkthroughNamesMax,
} from "../../../../server/analyzer/pair/limits.js";
import { askPair } from "../../../support/ask-pair.js";
import { networkPolicyObject, podObject } from "../../../support/cluster-objects.js";
import {
  clusterPolicyText,
  namespaceText,
  podText,
  policyText,
  serviceText,
} from "../../../support/lint-manifests.js";
import { objectWorld } from "../../../support/manifest-world.js";
import { labelled, tcpPort } from "../../../support/policy-parts.js";

const web = podText("shop/web");
const db = podText("shop/db");

const ingressMisses = (manifests: readonly string[], port?: number): readonly MissView[] =>
  askPair(manifests, "shop/web => shop/db", port === undefined ? {} : { port }).paths[0]?.ingress
    .misses ?? [];

const dbPolicy = (ingress: string, name = "db") =>
  policyText(`shop/${name}`, `podSelector: {matchLabels: {app: db}}\ningress: ${ingress}`);

describe("misses", () => {
  it("are given only when an explanation is asked for, and only of what is denied", () => {
    const denied = [web, db, dbPolicy("[]")];
    expect(ingressMisses(denied, 80)).toHaveLength(1);
    const plain = askPair(denied, "shop/web => shop/db", { port: 80, explain: false });
    expect(plain.paths[0]?.ingress.misses).toEqual([]);
    expect(ingressMisses([web, db, dbPolicy("[{ports: [{port: 80}]}]")], 80)).toEqual([]);
  });

  it("come the nearest first: port name, protocol, port, peer by a slip, peer, no rules", () => {
    const from = "from: [{podSelector: {matchLabels: {app: web}}}]";
    const misses = ingressMisses(
      [
        web,
        db,
        dbPolicy("[]", "none"),
        dbPolicy("[{from: [{podSelector: {matchLabels: {role: x}}}]}]", "peer"),
        dbPolicy("[{from: [{podSelector: {matchLabels: {App: web}}}]}]", "slip"),
        dbPolicy(`[{${from}, ports: [{port: 81}]}]`, "port"),
        dbPolicy(`[{${from}, ports: [{port: 80, protocol: UDP}]}]`, "protocol"),
        dbPolicy(`[{${from}, ports: [{port: http}]}]`, "name"),
      ],
      80,
    );
    expect(misses.map(({ kind, policy }) => `${policy.name} ${kind}`)).toEqual([
      "name named-port-unresolved",
      "protocol protocol-mismatch",
      "port port-mismatch",
      "slip peer-mismatch",
      "peer peer-mismatch",
      "none no-rules",
    ]);
  });

  it("say of a peer what it does not meet, and of its ports that they would not do either", () => {
    const [miss] = ingressMisses(
      [
        web,
        db,
        dbPolicy("[{from: [{podSelector: {matchLabels: {role: x}}}], ports: [{port: 81}]}]"),
      ],
      80,
    );
    expect(miss).toMatchObject({
      unmet: ["pod role=x"],
      text: "NetworkPolicy 'shop/db' Ingress rule #1 does not select shop/web: it requires pod role=x; its ports, TCP 81, do not fit either",
      rule: { number: 1, direction: "ingress" },
    });
  });

  it("take the peer of a rule that comes nearest", () => {
    const [miss] = ingressMisses(
      [
        web,
        db,
        dbPolicy(
          "[{from: [{ipBlock: {cidr: 10.0.0.0/8}}, {podSelector: {matchLabels: {a: b, c: d}}}, {podSelector: {matchLabels: {app: web, tier: x}}}]}]",
        ),
      ],
      80,
    );
    expect(miss?.unmet).toEqual(["pod tier=x"]);
  });

  it("name rules that a tier overrides, and what decides before them", () => {
    const deny = clusterPolicyText(
      "seal",
      "tier: Admin\npriority: 1\nsubject: {namespaces: {}}\ningress: [{name: seal, action: Deny, from: [{namespaces: {}}]}]",
    );
    const misses = ingressMisses([web, db, namespaceText("shop"), deny, dbPolicy("[{}]")], 80);
    expect(misses.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
      "tier-denies: ClusterNetworkPolicy 'seal' Ingress rule seal denies it; NetworkPolicies can't change that",
      "overridden: NetworkPolicy 'shop/db' Ingress rule #1 would allow it, but ClusterNetworkPolicy 'seal' Ingress rule seal decides before",
    ]);
  });

  it("name admin rules that nearly accept", () => {
    const accept = clusterPolicyText(
      "open",
      "tier: Admin\npriority: 1\nsubject: {namespaces: {}}\ningress: [{name: open, action: Accept, from: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {role: web}}}}]}]",
    );
    const misses = ingressMisses([web, db, accept, dbPolicy("[]")], 80);
    expect(misses.map(({ kind, policy }) => `${policy.name} ${kind}`)).toEqual([
      "open peer-mismatch",
      "db no-rules",
    ]);
  });

  it("hint that policies see the target port where a rule has the Service's", () => {
    const service = serviceText("shop/db", {
      selector: { app: "db" },
      ports: [{ port: 80, targetPort: 5432 }],
    });
    const answer = askPair(
      [web, db, service, dbPolicy("[{ports: [{port: 80}]}]")],
      "shop/web => svc/shop/db",
      { port: 80 },
    );
    expect(answer.paths[0]?.ingress.misses[0]?.hint).toBe(
      "80 is the Service's port: policies see the target port, 5432",
    );
  });

  it("hint at the names that the pod gives its ports", () => {
    const server = podText("shop/db", { ports: [{ name: "postgres", containerPort: 5432 }] });
    const hint = (name: string) =>
      ingressMisses([web, server, dbPolicy(`[{ports: [{port: ${name}}]}]`)], 5432)[0]?.hint;
    expect(hint("postgers")).toBe("did you mean postgres?");
    expect(hint("db")).toBe("the pod's ports are called postgres (TCP 5432)");
  });

  it("hint at other spellings, at the own namespace, and at AND for OR", () => {
    const far = podText("front/web");
    const labels = namespaceText("front", { team: "front" });
    const hint = (from: string) =>
      askPair([far, labels, db, dbPolicy(`[{from: [${from}]}]`)], "front/web => shop/db", {
        port: 80,
      }).paths[0]?.ingress.misses[0]?.hint;
    expect(hint("{namespaceSelector: {matchLabels: {name: front}}}")).toBe(
      "did you mean kubernetes.io/metadata.name=front?",
    );
    expect(hint("{podSelector: {matchLabels: {app: web}}}")).toContain(
      "add a namespaceSelector to the same item, kubernetes.io/metadata.name=front",
    );
    expect(
      hint("{namespaceSelector: {matchLabels: {team: front}}, podSelector: {matchLabels: {a: b}}}"),
    ).toContain("one item with both selectors means AND");
    expect(hint("{podSelector: {matchLabels: {a: b}}}")).toBe("");
  });

  it("name a policy that would allow it and misses the pod by a slip", () => {
    const allow = policyText(
      "shop/allow",
      "podSelector: {matchLabels: {app: databse}}\ningress: [{from: [{podSelector: {}}]}]",
    );
    const server = podText("shop/db", { labels: { app: "database" } });
    const misses = ingressMisses(
      [web, server, policyText("shop/deny", "podSelector: {}"), allow],
      80,
    );
    expect(misses[0]).toMatchObject({
      kind: "subject-mismatch",
      unmet: ["pod app=databse"],
      hint: "did you mean app=database?",
    });
  });

  it("take label keys that are properties of every object for labels", () => {
    const odd = podText("shop/web", { labels: { app: "web", constructor: "x" } });
    const selector = (key: string, value: string) =>
      dbPolicy(`[{from: [{podSelector: {matchLabels: {${key}: ${value}}}}]}]`);
    expect(ingressMisses([odd, db, selector("constructor", "x")], 80)).toEqual([]);
    expect(ingressMisses([web, db, selector("toString", "x")], 80)[0]?.unmet).toEqual([
      "pod toString=x",
    ]);
  });
});

describe("bounds of explanations", () => {
  const sealed = (index: number) =>
    networkPolicyObject(`shop/p${String(index).padStart(5, "0")}`, {
      ingress: [{ peers: [{ kind: "pods", podSelector: labelled("n", `${index}`) }] }],
    });
  const ask = (policies: readonly ClusterObject[]) =>
    evaluatePair(objectWorld([podObject("shop/web"), podObject("shop/db"), ...policies]), {
      source: "shop/web",
      destination: "shop/db",
      port: 80,
      explain: true,
    }).paths[0]?.ingress;

  it("give missesMax misses, and name walkthroughNamesMax policies", () => {
    const view = ask(Array.from({ length: missesMax + 5 }, (_, index) => sealed(index)));
    expect(view?.misses).toHaveLength(missesMax);
    expect(view?.walkthrough).toContain(
      `p0000${walkthroughNamesMax - 1} and ${missesMax + 5 - walkthroughNamesMax} more`,
    );
  });

  it("compare missRulesMax rules: a nearer one behind them is not found", () => {
    const many = networkPolicyObject("shop/a", {
      ingress: Array.from({ length: missRulesMax }, (_, index) => ({
        peers: [{ kind: "pods", podSelector: labelled("n", `${index}`) } as const],
      })),
    });
    const near = (name: string) =>
      networkPolicyObject(name, {
        podSelector: labelSelectorOf([]),
        ingress: [{ ports: [tcpPort(81)] }],
      });
    expect(ask([many, near("shop/b")])?.misses[0]?.kind).toBe("peer-mismatch");
    expect(ask([many, near("shop/0")])?.misses[0]?.kind).toBe("port-mismatch");
  });
});
