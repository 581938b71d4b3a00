import { describe, expect, it } from "vitest";
import { listExposure } from "../../../../server/analyzer/lists/list-exposure.js";
import { everything, labelSelectorOf } from "../../../../server/analyzer/model/label-selector.js";
import type {
  ClusterObject,
  TieredPolicyObject,
  TieredRule,
} from "../../../../server/analyzer/model/objects.js";
import type { ProfileName } from "../../../../server/analyzer/policy/profile.js";
import {
  namespaceObject as namespace,
  podObject as pod,
  networkPolicyObject as policy,
  unmodelledPolicyObject,
} from "../../../support/cluster-objects.js";
import { objectWorld } from "../../../support/manifest-world.js";
import { blockPeer, labelled, tcpPort } from "../../../support/policy-parts.js";

/** "workload <= peer : connections", addresses left out. */
const exposed = (objects: readonly ClusterObject[], profile: ProfileName = "upstream") =>
  listExposure(objectWorld(objects, { profile }))
    .rows.filter(({ peer }) => !peer.endsWith("[External]"))
    .map(
      ({ workload, direction, peer, connections }) =>
        `${workload} ${direction === "egress" ? "=>" : "<="} ${peer} : ${connections}`,
    );

const addresses = (objects: readonly ClusterObject[], profile: ProfileName = "upstream") =>
  listExposure(objectWorld(objects, { profile }))
    .rows.filter(({ peer }) => peer.endsWith("[External]"))
    .map(({ direction, peer, connections }) => `${direction} ${peer} : ${connections}`);

const web = pod("shop/web", { labels: { app: "web" }, ips: ["10.0.0.1"] });
const inTeam = labelled("team", "blue");
const app = labelled("app", "ghost");

const closed = (parts: Parameters<typeof policy>[1] = {}) =>
  policy("shop/web", {
    podSelector: labelled("app", "web"),
    isolates: ["ingress", "egress"],
    ...parts,
  });

const tiered = (
  tier: TieredPolicyObject["tier"],
  ingress: readonly TieredRule[],
  name = "tier",
  priority = 10,
): TieredPolicyObject => ({
  kind: "ClusterNetworkPolicy",
  namespace: "",
  name,
  labels: {},
  annotations: {},
  tier,
  priority,
  subject: { kind: "namespaces", selector: everything },
  ingress,
  egress: [],
});

const rule = (action: TieredRule["action"], parts: Partial<TieredRule> = {}): TieredRule => ({
  name: action,
  action,
  peers: [{ kind: "namespaces", selector: everything }],
  ...parts,
});

describe("listExposure() to any pod of the cluster", () => {
  it("is everything in a direction that no policy protects", () => {
    expect(exposed([web])).toEqual([
      "shop/web[Pod] => entire-cluster : All Connections",
      "shop/web[Pod] <= entire-cluster : All Connections",
    ]);
    expect(listExposure(objectWorld([web])).unprotected).toEqual([
      { workload: "shop/web[Pod]", direction: "egress" },
      { workload: "shop/web[Pod]", direction: "ingress" },
    ]);
  });

  it("is what rules without peers, or with all namespaces, allow", () => {
    expect(
      exposed([
        web,
        closed({
          ingress: [{ ports: [tcpPort(80)] }],
          egress: [
            { peers: [{ kind: "pods", namespaceSelector: everything }], ports: [tcpPort(53)] },
          ],
        }),
      ]),
    ).toEqual([
      "shop/web[Pod] => entire-cluster : TCP 53",
      "shop/web[Pod] <= entire-cluster : TCP 80",
    ]);
  });

  it("is nothing where a policy allows nothing, and the workload is protected", () => {
    const answer = listExposure(objectWorld([web, closed()]));
    expect(answer.rows).toEqual([]);
    expect(answer.unprotected).toEqual([]);
  });

  it("follows the tiers: admin, NetworkPolicy, baseline", () => {
    const deny80 = rule("deny", { ports: [tcpPort(80)] });
    const pass = rule("pass", { ports: [tcpPort(80)] });
    const all = "SCTP 1-65535,TCP 1-79,81-65535,UDP 1-65535";
    const ingress = (objects: readonly ClusterObject[]) => exposed([web, ...objects])[1];
    expect(ingress([tiered("admin", [deny80])])).toBe(`shop/web[Pod] <= entire-cluster : ${all}`);
    expect(ingress([tiered("admin", [pass, deny80])])).toMatch(/All Connections$/);
    expect(ingress([tiered("baseline", [deny80])])).toBe(
      `shop/web[Pod] <= entire-cluster : ${all}`,
    );
    const open = policy("shop/web", {
      podSelector: labelled("app", "web"),
      ingress: [{ ports: [tcpPort(80), tcpPort(81)] }],
    });
    expect(ingress([tiered("baseline", [deny80]), open])).toMatch(/: TCP 80-81$/);
    expect(ingress([tiered("admin", [deny80]), open])).toMatch(/: TCP 81$/);
    expect(
      ingress([
        tiered("admin", [rule("accept", { ports: [tcpPort(22)] })]),
        closed({ isolates: ["ingress"] }),
      ]),
    ).toMatch(/: TCP 22$/);
  });

  it("takes a rule with a peer of a newer version for closed", () => {
    const unknown = { peers: [{ kind: "unknown" as const, fields: ["serviceAccounts"] }] };
    const ingress = (action: TieredRule["action"]) =>
      exposed([web, tiered("admin", [rule(action, { ...unknown, ports: [tcpPort(22)] })])]).filter(
        (line) => line.includes("<="),
      );
    expect(ingress("accept")).toEqual(["shop/web[Pod] <= entire-cluster : All Connections"]);
    expect(ingress("deny")).toEqual([]);
    expect(ingress("pass")).toEqual([]);
  });

  it("takes the lowest priority first, and the name where they are equal", () => {
    const deny = tiered("admin", [rule("deny")], "b", 5);
    const accept = tiered("admin", [rule("accept")], "a", 5);
    const ingress = (objects: readonly ClusterObject[]) =>
      exposed([web, ...objects]).filter((line) => line.includes("<="));
    expect(ingress([deny, accept])).toHaveLength(1);
    expect(ingress([{ ...deny, priority: 1 }, accept])).toEqual([]);
  });

  it("can't be told where a policy that is not evaluated selects the workload", () => {
    const cilium = unmodelledPolicyObject("shop/l7");
    expect(exposed([web, cilium])).toEqual([
      "shop/web[Pod] => entire-cluster : All Connections",
      "shop/web[Pod] <= entire-cluster : No Connections (undetermined: All Connections)",
    ]);
    expect(listExposure(objectWorld([web, cilium])).unprotected).toEqual([
      { workload: "shop/web[Pod]", direction: "egress" },
    ]);
  });
});

describe("listExposure() to pods that are not there", () => {
  const from = (namespaces = inTeam, pods = app) =>
    closed({
      isolates: ["ingress"],
      ingress: [{ peers: [{ kind: "pods", namespaceSelector: namespaces, podSelector: pods }] }],
    });
  const ingress = (objects: readonly ClusterObject[]) =>
    exposed([web, ...objects]).filter((line) => line.includes("<="));

  it("names the pods that a rule would select", () => {
    expect(ingress([from()])).toEqual([
      "shop/web[Pod] <= [namespace with {team=blue}]/[pod with {app=ghost}] : All Connections",
    ]);
    expect(ingress([from(everything)])).toEqual([
      "shop/web[Pod] <= [all namespaces]/[pod with {app=ghost}] : All Connections",
    ]);
    expect(ingress([from(labelled("kubernetes.io/metadata.name", "lab"), everything)])).toEqual([
      "shop/web[Pod] <= lab/[all pods] : All Connections",
    ]);
  });

  it("leaves out pods of plain labels that a pod of the model answers to", () => {
    const ghost = pod("lab/ghost", { labels: { app: "ghost" } });
    const toWeb = (objects: readonly ClusterObject[]) =>
      ingress(objects).filter((line) => line.startsWith("shop/web"));
    expect(toWeb([from(), ghost, namespace("lab", { team: "blue" })])).toEqual([]);
    expect(toWeb([from(), ghost])).toHaveLength(1);
  });

  it("keeps pods of expressions though a pod of the model answers to them", () => {
    const notWeb = labelSelectorOf([{ key: "app", operator: "NotIn", values: ["web"] }]);
    const ghost = pod("shop/ghost", { labels: { app: "ghost" } });
    expect(ingress([from(everything, notWeb), ghost])).toContain(
      "shop/web[Pod] <= [all namespaces]/[pod with {{Key:app,Operator:NotIn,Values:[web],}}] : All Connections",
    );
  });

  it("leaves out pods of which no more is allowed than of any", () => {
    expect(ingress([policy("shop/open", { ingress: [{}] }), from()])).toEqual([
      "shop/web[Pod] <= entire-cluster : All Connections",
    ]);
  });

  it("says what is denied to some of what any pod may do", () => {
    const deny = tiered("admin", [
      rule("deny", {
        peers: [{ kind: "pods", namespaceSelector: inTeam, podSelector: app }],
        ports: [tcpPort(22)],
      }),
    ]);
    expect(ingress([deny])).toEqual([
      "shop/web[Pod] <= [namespace with {team=blue}]/[pod with {app=ghost}] : SCTP 1-65535,TCP 1-21,23-65535,UDP 1-65535",
      "shop/web[Pod] <= entire-cluster : All Connections",
    ]);
  });

  it("resolves named ports on the workload for ingress, and keeps their names for egress", () => {
    const http = { kind: "named", protocol: "TCP", name: "http" } as const;
    const named = pod("shop/web", {
      labels: { app: "web" },
      ports: [{ name: "http", port: 8080, protocol: "TCP", container: "main" }],
    });
    const both = closed({ ingress: [{ ports: [http] }], egress: [{ ports: [http, tcpPort(53)] }] });
    expect(exposed([named, both])).toEqual([
      "shop/web[Pod] => entire-cluster : TCP 53,http",
      "shop/web[Pod] <= entire-cluster : TCP 8080",
    ]);
  });

  it("takes label keys that are names of JavaScript for what they are", () => {
    const odd = labelSelectorOf([{ key: "__proto__", operator: "In", values: ["constructor"] }]);
    expect(ingress([from(odd, odd)])).toEqual([
      "shop/web[Pod] <= [namespace with {__proto__=constructor}]/[pod with {__proto__=constructor}] : All Connections",
    ]);
  });
});

describe("listExposure() to addresses", () => {
  const out = (...cidrs: readonly string[]) =>
    policy("shop/out", {
      isolates: ["egress"],
      egress: [{ peers: cidrs.map((cidr) => blockPeer(cidr)), ports: [tcpPort(443)] }],
    });

  it("joins neighbours that are alike", () => {
    expect(addresses([web, out("10.0.0.0/9", "10.128.0.0/9")])).toEqual([
      "egress 10.0.0.0-10.255.255.255[External] : TCP 443",
      "ingress 0.0.0.0-255.255.255.255[External] : All Connections",
    ]);
  });

  it("takes a block of all addresses for every pod where blocks match pods", () => {
    expect(exposed([web, out("0.0.0.0/0")], "calico")[0]).toBe(
      "shop/web[Pod] => entire-cluster : TCP 443",
    );
    expect(exposed([web, out("0.0.0.0/0")], "cilium")).toEqual([
      "shop/web[Pod] <= entire-cluster : All Connections",
    ]);
  });

  it("takes blocks of both families for every pod of a cluster with both", () => {
    const dual = pod("shop/web", { labels: { app: "web" }, ips: ["10.0.0.1", "fd00::1"] });
    const egress = (objects: readonly ClusterObject[]) =>
      exposed(objects).filter((line) => line.includes("=>"));
    expect(egress([dual, out("0.0.0.0/0")])).toEqual([]);
    expect(egress([dual, out("0.0.0.0/0", "::/0")])).toHaveLength(1);
  });

  it("leaves out a workload that is open to addresses alone where np-guard does", () => {
    const objects = [web, closed(), out("203.0.113.0/24")];
    expect(addresses(objects)).toHaveLength(1);
    expect(addresses(objects, "np-guard")).toEqual([]);
  });
});
