import { describe, expect, it } from "vitest";
import { everything } from "../../../../server/analyzer/model/label-selector.js";
import type { ContainerPort } from "../../../../server/analyzer/model/objects.js";
import { networkPolicyObject } from "../../../support/cluster-objects.js";
import { blockPeer, labelled } from "../../../support/policy-parts.js";
import { all, letIn, none, shopPod, watchedEngine } from "../../../support/watched-engine.js";

/**
 * Goal: what the engine remembers of policies and pods is never out of date. Method: one change each that makes pods differ, or meet
 * again, of which the engine has said something before.
 */

describe("a policy that comes", () => {
  it("tells pods apart by a label that no policy named before", () => {
    const one = shopPod("one", "10.0.0.1", { labels: { app: "web", track: "new" } });
    const other = shopPod("other", "10.0.0.2", { labels: { app: "web", track: "old" } });
    const { put, reach } = watchedEngine([one, other]);
    put(networkPolicyObject("shop/new", { podSelector: labelled("track", "new") }));
    expect(reach(other, one)).toBe(none);
    expect(reach(one, other)).toBe(all);
  });

  it("tells pods apart by a label that only one of them has", () => {
    const [plain, tracked] = [shopPod("plain", "10.0.0.1"), shopPod("tracked", "10.0.0.2")];
    const labels = { app: "web", track: "new" };
    for (const [first, second] of [
      [plain, { ...tracked, labels }],
      [{ ...plain, labels }, tracked],
    ] as const) {
      const { put, reach } = watchedEngine([first, second]);
      put(networkPolicyObject("shop/new", { podSelector: labelled("track", "new") }));
      const isFirst = "track" in first.labels;
      expect(reach(first, second)).toBe(isFirst ? all : none);
      expect(reach(second, first)).toBe(isFirst ? none : all);
    }
  });

  it("tells pods apart by a block that holds the address of one", () => {
    const [one, other] = [shopPod("one", "10.0.0.1"), shopPod("other", "10.0.0.2")];
    const server = shopPod("server", "10.0.0.9", { labels: { app: "server" } });
    const { put, reach } = watchedEngine([one, other, server]);
    put({ ...letIn("block", [blockPeer("10.0.0.2/32")]), podSelector: labelled("app", "server") });
    expect([reach(one, server), reach(other, server)]).toEqual([none, all]);
  });

  it("tells pods apart by a block though a wider one has placed them already", () => {
    const pods = ["1", "2", "3"].map((last) => shopPod(`p${last}`, `10.0.0.${last}`));
    const server = shopPod("server", "10.1.0.9", { labels: { app: "server" } });
    const into = (name: string, cidr: string) => ({
      ...letIn(name, [blockPeer(cidr)]),
      podSelector: labelled("app", "server"),
    });
    const { put, remove, reach } = watchedEngine([...pods, server, into("wide", "10.0.0.0/24")]);
    put(into("narrow", "10.0.0.1/32"));
    remove(into("wide", "10.0.0.0/24"));
    const verdicts = pods.map((each) => reach(each, server));
    expect(verdicts).toEqual([all, none, none]);
  });

  it("tells pods apart by the number of a port that it names", () => {
    const port = (number: number): ContainerPort => ({
      name: "http",
      port: number,
      protocol: "TCP",
      container: "main",
    });
    const one = shopPod("one", "10.0.0.1", { ports: [port(80)] });
    const other = shopPod("other", "10.0.0.2", { ports: [port(8080)] });
    const named = [{ kind: "named", protocol: "TCP", name: "http" }] as const;
    const { put, reach } = watchedEngine([one, other]);
    put(networkPolicyObject("shop/named", { ingress: [{ ports: named }] }));
    expect(reach(one, other)).toBe("TCP 8080 ? No Connections");
    expect(reach(other, one)).toBe("TCP 80 ? No Connections");
  });

  it("is asked of a pod whose like, which stood for both, has gone", () => {
    const gone = shopPod("gone", "10.0.0.1", { labels: { app: "web", track: "old" } });
    const left = shopPod("left", "10.0.0.2", { labels: { app: "web", track: "new" } });
    const client = shopPod("client", "10.0.0.3", { labels: { app: "client" } });
    const ofClient = networkPolicyObject("shop/client", { podSelector: labelled("app", "client") });
    const { put, remove, reach } = watchedEngine([gone, left, client, ofClient]);
    remove(gone);
    put(networkPolicyObject("shop/new", { podSelector: labelled("track", "new") }));
    expect(reach(client, left)).toBe(none);
  });
});

describe("a pod that comes", () => {
  it("is not taken for one that was like it before a policy named another label", () => {
    const tracked = shopPod("tracked", "10.0.0.1", { labels: { app: "web", track: "new" } });
    const plain = shopPod("plain", "10.0.0.2");
    const { put, reach } = watchedEngine([tracked]);
    put(networkPolicyObject("shop/new", { podSelector: labelled("track", "new") }));
    put(plain);
    expect(reach(tracked, plain)).toBe(all);
    expect(reach(plain, tracked)).toBe(none);
  });

  it("is among the peers of rules that were asked about before", () => {
    const server = shopPod("server", "10.0.0.9", { labels: { app: "server" } });
    const [one, other] = [shopPod("one", "10.0.0.1"), shopPod("other", "10.0.0.2")];
    const open = letIn("open", [{ kind: "pods", namespaceSelector: everything }]);
    const { put, reach } = watchedEngine([server, one, open]);
    put(other);
    expect(reach(other, server)).toBe(all);
  });

  it("takes the place of one with its name", () => {
    const [web, db] = [
      shopPod("web", "10.0.0.1"),
      shopPod("db", "10.0.0.2", { labels: { app: "db" } }),
    ];
    const { put, reach } = watchedEngine([
      web,
      db,
      {
        ...letIn("db", [{ kind: "pods", podSelector: labelled("app", "web") }]),
        podSelector: labelled("app", "db"),
      },
    ]);
    expect(reach(web, db)).toBe(all);
    const relabelled = { ...web, labels: { app: "other" } };
    put(relabelled);
    expect(reach(relabelled, db)).toBe(none);
  });
});
