import { describe, expect, it } from "vitest";
import type {
  ClusterObject,
  Endpoint,
  PodObject,
  ServiceObject,
} from "../../../../server/analyzer/model/objects.js";
import type { PolicyEndpoint } from "../../../../server/analyzer/policy/decision.js";
import { servicePaths } from "../../../../server/analyzer/service/service-paths.js";
import type {
  ServiceQuestion,
  ServiceRoute,
} from "../../../../server/analyzer/service/service-route.js";
import { endpointName } from "../../../../server/analyzer/service/service-text.js";
import { parseIp } from "../../../../server/analyzer/sets/ip.js";
import {
  nodeObject,
  podObject,
  serviceObject,
  sliceObject,
} from "../../../support/cluster-objects.js";
import { objectWorld } from "../../../support/manifest-world.js";

const db = { labels: { app: "db" } };
const ready = { ready: true, serving: true, terminating: false };

const pod = (name: string, parts: Partial<PodObject> = {}): PodObject =>
  podObject(`shop/${name}`, { ...db, ...parts });

const service = (parts: Partial<ServiceObject> = {}): ServiceObject =>
  serviceObject("shop/db", {
    selector: { app: "db" },
    ports: [{ port: 80, protocol: "TCP", targetPort: 5432 }],
    ...parts,
  });

const endpoint = (address: string, parts: Partial<Endpoint> = {}): Endpoint => ({
  addresses: [address],
  ...ready,
  ...parts,
});

const client: PolicyEndpoint = { kind: "pod", pod: podObject("shop/web", { nodeName: "n1" }) };

const outside = (text: string): PolicyEndpoint => {
  const ip = parseIp(text);
  if (ip === undefined) throw new Error(text);
  return { kind: "addresses", range: { family: ip.family, first: ip.value, last: ip.value } };
};

/** The route of port 80/TCP by the cluster's address, unless said otherwise. */
const route = (
  objects: readonly ClusterObject[],
  parts: Partial<ServiceQuestion> & { readonly cluster?: boolean } = {},
): ServiceRoute => {
  const { cluster = false, ...question } = parts;
  const world = objectWorld(objects, { source: cluster ? "cluster" : "manifests" });
  const found = world.model.service("shop", "db");
  if (found === undefined) throw new Error("no Service");
  return servicePaths(world, {
    service: found,
    way: { kind: "cluster-ip", byName: true },
    source: client,
    port: 80,
    protocol: "TCP",
    ...question,
  });
};

/** "shop/db-0:5432 used". */
const legs = ({ legs: all }: ServiceRoute): readonly string[] =>
  all.map(
    ({ endpoint: one, targetPort, state }) => `${endpointName(one)}:${targetPort ?? "-"} ${state}`,
  );

const issues = ({ issues: all }: ServiceRoute): readonly string[] => all.map(({ kind }) => kind);

describe("servicePaths() finds endpoints", () => {
  it("derives them from the selector where the model has no slices, and says so", () => {
    const found = route([service(), pod("db-0"), pod("db-1"), podObject("shop/other")]);
    expect(found.endpoints.from).toBe("selector");
    expect(legs(found)).toEqual(["shop/db-0:5432 used", "shop/db-1:5432 used"]);
    expect(issues(found)).toEqual([]);
  });

  it("takes those of slices where the model has them, whatever the selector selects", () => {
    const found = route([
      service(),
      pod("db-0", { ips: ["10.0.0.5"] }),
      pod("db-1", { ips: ["10.0.0.6"] }),
      sliceObject("shop/db-x", {
        service: "db",
        endpoints: [endpoint("10.0.0.5", { pod: "shop/db-0" })],
        ports: [{ port: 5432, protocol: "TCP" }],
      }),
    ]);
    expect(found.endpoints.from).toBe("slices");
    expect(legs(found)).toEqual(["shop/db-0:5432 used"]);
  });

  it("has none in a live cluster without slices, though the selector selects pods", () => {
    const found = route([service(), pod("db-0")], { cluster: true });
    expect([found.endpoints.from, legs(found), issues(found)]).toEqual([
      "slices",
      [],
      ["no-endpoints"],
    ]);
  });

  it("selects pods of the Service's own namespace only", () => {
    const found = route([service(), podObject("front/db-0", db)]);
    expect(issues(found)).toEqual(["no-endpoints"]);
  });

  it("leaves out finished pods and pods that wait for an address", () => {
    const found = route([
      service(),
      pod("done", { phase: "Succeeded", ips: ["10.0.0.1"] }),
      pod("late", { phase: "Pending" }),
    ]);
    expect(found.issues).toMatchObject([
      { kind: "no-endpoints", selected: [{ name: "done" }, { name: "late" }] },
    ]);
  });

  it("tells what stands behind slices made by hand: a pod, a node, the outside, nobody", () => {
    const manual = serviceObject("shop/db", {
      ports: [{ port: 80, protocol: "TCP", targetPort: 80 }],
    });
    const found = route([
      manual,
      pod("db-0", { ips: ["10.0.0.5"] }),
      nodeObject("n1", { ips: ["192.0.2.1"], podCidrs: ["10.0.0.0/16"] }),
      sliceObject("shop/by-hand", {
        service: "db",
        endpoints: ["10.0.0.5", "192.0.2.1", "203.0.113.9", "10.0.9.9"].map((ip) => endpoint(ip)),
      }),
    ]);
    expect(found.legs.map(({ endpoint: { holder } }) => holder.kind)).toEqual([
      "pod",
      "node",
      "outside",
      "stale",
    ]);
    expect(issues(found)).toEqual(["stale-endpoints"]);
  });

  it("says that a Service without selector and slices has nothing behind it", () => {
    const bare = serviceObject("shop/db", {
      ports: [{ port: 80, protocol: "TCP", targetPort: 80 }],
    });
    expect(issues(route([bare]))).toEqual(["no-selector"]);
  });

  it("knows slices whose pod is gone, has finished or has another address", () => {
    const found = route([
      service(),
      pod("moved", { ips: ["10.0.0.8"] }),
      pod("done", { phase: "Failed", ips: ["10.0.0.6"] }),
      sliceObject("shop/db-x", {
        service: "db",
        endpoints: [
          endpoint("10.0.0.5", { pod: "shop/gone" }),
          endpoint("10.0.0.6", { pod: "shop/done" }),
          endpoint("10.0.0.7", { pod: "shop/moved" }),
        ],
        ports: [{ port: 5432, protocol: "TCP" }],
      }),
    ]);
    expect(found.legs.map(({ state, endpoint: { holder } }) => [state, holder])).toMatchObject([
      ["stale", { why: "pod-missing" }],
      ["stale", { why: "pod-finished" }],
      ["stale", { why: "address-changed" }],
    ]);
  });
});

describe("servicePaths() chooses endpoints as kube-proxy does", () => {
  const unready = { conditions: [{ type: "Ready", status: "False" }] } as const;

  it("leaves out those that are not ready", () => {
    const found = route([service(), pod("a"), pod("b", unready)]);
    expect(legs(found)).toEqual(["shop/a:5432 used", "shop/b:5432 not-ready"]);
    expect(issues(found)).toEqual(["endpoints-not-ready"]);
  });

  it("uses none when none is ready", () => {
    const found = route([service(), pod("a", unready)]);
    expect([legs(found), issues(found)]).toEqual([
      ["shop/a:5432 not-ready"],
      ["no-ready-endpoints"],
    ]);
  });

  it("uses all of them where publishNotReadyAddresses is set", () => {
    const found = route([service({ publishNotReadyAddresses: true }), pod("a", unready)]);
    expect(legs(found)).toEqual(["shop/a:5432 used"]);
  });

  it("falls back to pods that serve while they terminate, where none is ready", () => {
    const going = { terminating: true };
    const found = route([service(), pod("a", going), pod("b", { ...going, ...unready })]);
    expect(legs(found)).toEqual(["shop/a:5432 used", "shop/b:5432 terminating"]);
    expect(issues(found)).toEqual(["only-terminating"]);
    const beside = route([service(), pod("a", going), pod("c")]);
    expect(legs(beside)).toEqual(["shop/a:5432 terminating", "shop/c:5432 used"]);
  });

  it("keeps to the client's node under internalTrafficPolicy Local", () => {
    const local = service({ internalTrafficPolicy: "Local" });
    const found = route([local, pod("a"), pod("b", { nodeName: "n2" })]);
    expect(legs(found)).toEqual(["shop/a:5432 used", "shop/b:5432 not-local"]);
    const none = route([local, pod("b", { nodeName: "n2" })]);
    expect(none.issues).toMatchObject([{ kind: "no-local-endpoints", node: "n1", elsewhere: 1 }]);
  });

  it("can't tell which endpoints are used when the client's node is not known", () => {
    const local = service({ internalTrafficPolicy: "Local" });
    const { nodeName: _, ...unplaced } = podObject("shop/web");
    const found = route([local, pod("a")], { source: { kind: "pod", pod: unplaced } });
    expect([legs(found), issues(found)]).toEqual([["shop/a:5432 used"], ["local-node-unknown"]]);
  });

  it("notes session affinity where there is a choice", () => {
    const sticky = service({ sessionAffinity: "ClientIP" });
    expect(issues(route([sticky, pod("a"), pod("b")]))).toEqual(["session-affinity"]);
    expect(issues(route([sticky, pod("a")]))).toEqual([]);
  });
});

describe("servicePaths() translates ports", () => {
  const named = service({ ports: [{ port: 80, protocol: "TCP", targetPort: "pg" }] });
  const port = (number: number, protocol: "TCP" | "UDP" = "TCP") => ({
    ports: [{ name: "pg", port: number, protocol, container: "c" }],
  });

  it("resolves a named target port on each pod", () => {
    const found = route([named, pod("a", port(5432)), pod("b", port(6432))]);
    expect(legs(found)).toEqual(["shop/a:5432 used", "shop/b:6432 used"]);
  });

  it("has no way to a pod without a port of the name and protocol", () => {
    const found = route([named, pod("a", port(5432)), pod("b"), pod("c", port(5432, "UDP"))]);
    expect(legs(found)).toEqual([
      "shop/a:5432 used",
      "shop/b:- port-unresolved",
      "shop/c:- port-unresolved",
    ]);
    expect(issues(found)).toEqual(["port-unresolved"]);
  });

  it("matches ports of slices by name", () => {
    const many = service({
      ports: [
        { name: "pg", port: 80, protocol: "TCP", targetPort: "pg" },
        { name: "metrics", port: 90, protocol: "TCP", targetPort: 9187 },
      ],
    });
    const slice = sliceObject("shop/db-x", {
      service: "db",
      endpoints: [endpoint("10.0.0.5", { pod: "shop/a" })],
      ports: [{ name: "pg", port: 5432, protocol: "TCP" }],
    });
    const objects = [many, pod("a", { ips: ["10.0.0.5"] }), slice];
    expect(legs(route(objects))).toEqual(["shop/a:5432 used"]);
    const other = route(objects, { port: 90 });
    expect(legs(other)).toEqual(["shop/a:- port-unresolved"]);
    expect(other.issues).toMatchObject([{ kind: "port-unresolved", bySlice: true }]);
  });

  it("names the ports there are for one that is not defined, and whose target it is", () => {
    const found = route([service(), pod("a")], { port: 5432 });
    expect(found.issues).toMatchObject([
      { kind: "port-not-defined", port: 5432, targetOf: { port: 80 }, defined: [{ port: 80 }] },
    ]);
    expect(found.legs).toEqual([]);
  });

  it("tells another protocol from another port", () => {
    const found = route([service(), pod("a")], { protocol: "UDP" });
    expect(found.issues).toMatchObject([{ kind: "protocol-mismatch", protocol: "UDP" }]);
  });

  it("takes every port of the protocol when none is asked", () => {
    const two = service({
      ports: [
        { name: "a", port: 80, protocol: "TCP", targetPort: 8080 },
        { name: "b", port: 53, protocol: "UDP", targetPort: 53 },
      ],
    });
    expect(route([two, pod("a")], { port: 0, protocol: undefined }).legs).toHaveLength(2);
    expect(legs(route([two, pod("a")], { port: 0, protocol: "UDP" }))).toEqual(["shop/a:53 used"]);
  });
});

describe("servicePaths() of a headless Service", () => {
  const headless = service({ clusterIps: ["None"] });

  it("leads to the pods' own addresses on the port as it was asked", () => {
    const found = route([headless, pod("a")], { port: 5432 });
    expect([found.kind, legs(found), issues(found)]).toEqual([
      "headless",
      ["shop/a:5432 used"],
      [],
    ]);
  });

  it("says that its ports are not translated", () => {
    const found = route([headless, pod("a")]);
    expect(found.issues).toMatchObject([
      { kind: "headless-port", servicePort: { targetPort: 5432 } },
    ]);
    expect(legs(found)).toEqual(["shop/a:80 used"]);
  });

  it("takes a target port by name for the number that it stands for on the pods", () => {
    const ports = [{ name: "pg", port: 5432, protocol: "TCP", container: "c" } as const];
    const named = (port: number) =>
      service({
        clusterIps: ["None"],
        ports: [{ name: "pg", port, protocol: "TCP", targetPort: "pg" }],
      });
    expect(route([named(5432), pod("a", { ports })], { port: 5432 }).issues).toEqual([]);
    expect(route([named(80), pod("a", { ports })], { port: 80 }).issues).toMatchObject([
      { kind: "headless-port" },
    ]);
  });

  it("publishes ready endpoints only", () => {
    const unready = { conditions: [{ type: "Ready", status: "False" }] } as const;
    const found = route([headless, pod("a", unready)], { port: 5432 });
    expect([legs(found), issues(found)]).toEqual([
      ["shop/a:5432 not-ready"],
      ["no-ready-endpoints"],
    ]);
  });
});

describe("servicePaths() from and to the outside", () => {
  const lb = service({ type: "LoadBalancer", loadBalancerIps: ["198.51.100.7"] });
  const byLb = { kind: "load-balancer", address: "198.51.100.7" } as const;

  it("may translate the client's address unless externalTrafficPolicy is Local", () => {
    const source = outside("203.0.113.9");
    expect(route([lb, pod("a")], { way: byLb, source }).sourceNat).toBe(true);
    const local = service({ ...lb, externalTrafficPolicy: "Local" });
    expect(route([local, pod("a")], { way: byLb, source }).sourceNat).toBe(false);
  });

  it("keeps a node port under externalTrafficPolicy Local to endpoints of that node", () => {
    const ports = [{ port: 80, protocol: "TCP", targetPort: 5432, nodePort: 30080 }] as const;
    const local = service({ type: "NodePort", ports, externalTrafficPolicy: "Local" });
    const node = nodeObject("n2", { ips: ["192.0.2.2"] });
    const asked = {
      way: { kind: "node-port", node } as const,
      source: outside("203.0.113.9"),
      port: 30080,
    };
    const found = route([local, pod("a"), node], asked);
    expect(legs(found)).toEqual(["shop/a:5432 not-local"]);
    expect(found.issues).toMatchObject([
      { kind: "no-local-endpoints", policy: "externalTrafficPolicy", node: "n2" },
    ]);
    expect(legs(route([local, pod("b", { nodeName: "n2" }), node], asked))).toEqual([
      "shop/b:5432 used",
    ]);
  });

  it("lets pods to every endpoint of an outside address, whatever externalTrafficPolicy says", () => {
    const local = service({ ...lb, externalTrafficPolicy: "Local" });
    const found = route([local, pod("b", { nodeName: "n2" })], { way: byLb });
    expect(legs(found)).toEqual(["shop/b:5432 used"]);
  });

  it("refuses clients that loadBalancerSourceRanges leaves out", () => {
    const limited = service({ ...lb, loadBalancerSourceRanges: ["203.0.113.0/24"] });
    const from = (text: string) => route([limited, pod("a")], { way: byLb, source: outside(text) });
    expect(legs(from("203.0.113.9"))).toEqual(["shop/a:5432 used"]);
    expect(legs(from("192.0.2.99"))).toEqual(["shop/a:5432 source-range"]);
    expect(issues(from("192.0.2.99"))).toEqual(["source-range"]);
  });

  it("says that a ClusterIP is for clients inside", () => {
    expect(issues(route([service(), pod("a")], { source: outside("203.0.113.9") }))).toEqual([
      "inside-only",
    ]);
  });
});

describe("servicePaths() in two families", () => {
  const v4 = pod("a", { ips: ["10.0.0.5"] });
  const both = pod("b", { ips: ["10.0.0.6", "fd00::6"] });

  it("uses endpoints of the families that client and Service share", () => {
    const six = service({ clusterIps: ["fd00:1::1"] });
    const found = route([six, v4, both]);
    expect(legs(found)).toEqual([
      "shop/a:5432 other-family",
      "shop/b:5432 other-family",
      "shop/b:5432 used",
    ]);
  });

  it("says when they share none", () => {
    const four = service({ clusterIps: ["10.96.0.1"] });
    const six: PolicyEndpoint = { kind: "pod", pod: podObject("shop/web", { ips: ["fd00::9"] }) };
    const found = route([four, v4], { source: six });
    expect(found.issues).toMatchObject([{ kind: "family-mismatch", client: [6], service: [4] }]);
    expect(legs(found)).toEqual(["shop/a:5432 other-family"]);
  });
});
