import { describe, expect, it } from "vitest";
import { listExposure } from "../../../../server/analyzer/lists/list-exposure.js";
import type { ProfileName } from "../../../../server/analyzer/policy/profile.js";
import {
  clusterPolicyText,
  documents,
  namespaceText,
  podText,
  policyText,
} from "../../../support/lint-manifests.js";
import { manifestWorld } from "../../../support/manifest-world.js";

// Goal: no exposure is claimed that a tier denies. Method: manifests in which some of the pods that are let in, or some of
// the ports, are shut out by an ordered policy, and the rows of one workload.

const web = [
  namespaceText("shop", { team: "red" }),
  podText("shop/web", {
    ports: [{ name: "http", containerPort: 8080 }],
    status: { podIPs: [{ ip: "10.244.0.9" }] },
  }),
];
type Asked = { readonly direction?: "egress" | "ingress"; readonly profile?: ProfileName };

/** "peer : connections" of shop/web, addresses left out. */
const exposed = (
  manifests: readonly string[],
  { direction = "ingress", profile = "upstream" }: Asked = {},
): readonly string[] => {
  const world = manifestWorld(documents(...web, ...manifests), { profile });
  expect(world.view.problems).toEqual([]);
  return listExposure(world)
    .rows.filter((row) => row.workload === "shop/web[Pod]" && row.direction === direction)
    .filter(({ peer }) => !peer.endsWith("[External]"))
    .map(({ peer, connections }) => `${peer} : ${connections}`);
};

const tier = (rules: string, parts: { tier?: "Admin" | "Baseline"; direction?: string } = {}) =>
  clusterPolicyText(
    "tier",
    `tier: ${parts.tier ?? "Admin"}\npriority: 1\nsubject: {namespaces: {}}\n${parts.direction ?? "ingress"}: [${rules}]`,
  );
const from = (action: string, peer: string, protocols = "") =>
  `{action: ${action}, from: [${peer}]${protocols === "" ? "" : `, protocols: [${protocols}]`}}`;
const to = (action: string, peer: string, protocols = "") =>
  from(action, peer, protocols).replace("from:", "to:");
const prod = "{namespaces: {matchLabels: {env: prod}}}";
const everyPod = "{namespaces: {}}";
const http = "{destinationNamedPort: http}";
const tcp = (port: number) => `{tcp: {destinationPort: {number: ${port}}}}`;
const policy = (spec: string) => policyText("shop/np", `podSelector: {}\n${spec}`);

const prodRow = "[namespace with {env=prod}]/[all pods]";

describe("listExposure() where a tier shuts some pods out", () => {
  it("says that they get nothing beside any pod of the cluster", () => {
    const rows = [`${prodRow} : No Connections`, "entire-cluster : All Connections"];
    expect(exposed([tier(from("Deny", prod))])).toEqual(rows);
    expect(exposed([tier(from("Deny", prod), { tier: "Baseline" })])).toEqual(rows);
    expect(exposed([tier(from("Deny", prod))], { profile: "np-guard" })).toEqual(rows);
  });

  it("says it of pods that the model has too, since others like them may come", () => {
    const ghost = [namespaceText("lab", { env: "prod" }), podText("lab/ghost")];
    const deny = tier(
      from(
        "Deny",
        "{pods: {namespaceSelector: {matchLabels: {env: prod}}, podSelector: {matchLabels: {app: ghost}}}}",
      ),
    );
    expect(exposed([...ghost, deny])).toEqual([
      "[namespace with {env=prod}]/[pod with {app=ghost}] : No Connections",
      "entire-cluster : All Connections",
    ]);
    expect(exposed([...ghost, deny], { profile: "np-guard" })).toEqual([
      "entire-cluster : All Connections",
    ]);
  });

  it("says it where others get in that may be the same pods", () => {
    const open = policy(
      "ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: x}}}]}]",
    );
    const row = "[all namespaces]/[pod with {app=x}] : All Connections";
    expect(exposed([tier(from("Deny", prod)), open])).toEqual([row, `${prodRow} : No Connections`]);
    expect(exposed([tier(from("Deny", prod)), open], { profile: "np-guard" })).toEqual([row]);
    const elsewhere = policy(
      "ingress: [{from: [{namespaceSelector: {matchLabels: {env: test}}}]}]",
    );
    expect(exposed([tier(from("Deny", prod)), elsewhere])).toEqual([
      "[namespace with {env=test}]/[all pods] : All Connections",
    ]);
    expect(exposed([tier(from("Deny", prod)), policy("ingress: []")])).toEqual([]);
  });

  it("says nothing of pods that only lack a rule", () => {
    const open = policy(
      "ingress: [{from: [{namespaceSelector: {matchLabels: {env: prod}}}], ports: [{port: nope}]}, {from: [{podSelector: {matchLabels: {app: x}}}]}]",
    );
    expect(exposed([open])).toEqual(["shop/[pod with {app=x}] : All Connections"]);
  });

  it.each([
    [
      "one of several values",
      "{namespaces: {matchExpressions: [{key: env, operator: In, values: [prod, test]}]}}",
    ],
    ["any value", "{namespaces: {matchExpressions: [{key: env, operator: Exists}]}}"],
    [
      "no other value",
      "{namespaces: {matchExpressions: [{key: env, operator: NotIn, values: [dev]}]}}",
    ],
    ["one label of two", "{namespaces: {matchLabels: {zone: a}}}"],
  ])("applies a Deny for %s to pods that are let in by less", (_, peer) => {
    const open = policy(
      "ingress: [{from: [{namespaceSelector: {matchLabels: {env: prod, zone: a}}}]}]",
    );
    expect(exposed([tier(from("Deny", peer)), open])).toEqual([]);
  });

  it("applies a Deny for namespaces to one of the model by its labels", () => {
    const open = policy("ingress: [{from: [{podSelector: {matchLabels: {app: x}}}]}]");
    const red = tier(from("Deny", "{namespaces: {matchLabels: {team: red}}}"));
    const blue = tier(from("Deny", "{namespaces: {matchLabels: {team: blue}}}"));
    const row = "shop/[pod with {app=x}] : All Connections";
    expect(exposed([open])).toEqual([row]);
    expect(exposed([red, open])).toEqual([]);
    expect(exposed([blue, open])).toContain(row);
  });
});

describe("listExposure() where a tier denies a named port", () => {
  it("is the port's number on the workload for ingress", () => {
    expect(exposed([tier(from("Deny", everyPod, http))])).toEqual([
      "entire-cluster : SCTP 1-65535,TCP 1-8079,8081-65535,UDP 1-65535",
    ]);
  });

  const egress = (rules: string, ...more: readonly string[]) =>
    exposed([tier(rules, { direction: "egress" }), ...more], { direction: "egress" });

  it("leaves the name out for egress, of whatever protocol it is", () => {
    expect(egress(to("Deny", everyPod, http))).toEqual([
      "entire-cluster : All Connections except http",
    ]);
    const open = (port: string) =>
      policy(`policyTypes: [Egress]\negress: [{to: [{namespaceSelector: {}}], ports: [${port}]}]`);
    const udp = "{port: http, protocol: UDP}, {port: 53, protocol: UDP}";
    expect(egress(to("Deny", everyPod, http), open(udp))).toEqual([
      "entire-cluster : UDP 53 except UDP http",
    ]);
    expect(egress(to("Deny", everyPod, http), open("{port: http}"))).toEqual([]);
  });

  it("keeps what an earlier rule lets through", () => {
    const accept = to("Accept", everyPod, http);
    const deny = to("Deny", everyPod);
    expect(egress(`${accept}, ${deny}`)).toEqual(["entire-cluster : http"]);
    expect(egress(`${to("Accept", everyPod)}, ${to("Deny", everyPod, http)}`)).toEqual([
      "entire-cluster : All Connections",
    ]);
    expect(egress(`${to("Accept", everyPod, `${http}, ${tcp(80)}`)}, ${deny}`)).toEqual([
      "entire-cluster : http,TCP 80",
    ]);
  });

  it("hands a name that is passed on to the next tier, whatever becomes of the rest", () => {
    const pass = `${to("Pass", everyPod, http)}, ${to("Deny", everyPod)}`;
    const open = (ports: string) =>
      policy(`policyTypes: [Egress]\negress: [{to: [{namespaceSelector: {}}]${ports}}]`);
    expect(egress(pass)).toEqual(["entire-cluster : http"]);
    expect(egress(pass, open(""))).toEqual(["entire-cluster : http"]);
    expect(egress(pass, open(", ports: [{port: http}]"))).toEqual(["entire-cluster : TCP http"]);
    expect(egress(pass, open(", ports: [{port: 53, protocol: UDP}]"))).toEqual([]);
  });
});

describe("listExposure() where a tier denies addresses", () => {
  const node = (cidr: string) =>
    JSON.stringify({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "n1" },
      spec: { podCIDR: cidr, podCIDRs: [cidr] },
    });
  const deny = (cidr: string) =>
    tier(to("Deny", `{networks: [${cidr}]}`, tcp(22)), { direction: "egress" });
  const egress = (cidr: string, profile: ProfileName = "upstream") =>
    exposed([node("10.244.0.0/24"), deny(cidr)], { direction: "egress", profile });
  const without = "SCTP 1-65535,TCP 1-21,23-65535,UDP 1-65535";

  it("takes it from every pod where all of their addresses are among them", () => {
    expect(egress("10.0.0.0/8")).toEqual([`entire-cluster : ${without}`]);
    expect(egress("0.0.0.0/0")).toEqual([`entire-cluster : ${without}`]);
    expect(egress("10.0.0.0/8", "cilium")).toEqual(["entire-cluster : All Connections"]);
  });

  it("asks for the families of the workload alone", () => {
    const dual = [
      node("10.244.0.0/24"),
      podText("lab/db", { status: { podIPs: [{ ip: "fd00::1" }] } }),
    ];
    expect(exposed([...dual, deny("0.0.0.0/0")], { direction: "egress" })).toEqual([
      `entire-cluster : ${without}`,
    ]);
  });

  it("can't tell where some of them are", () => {
    expect(egress("10.244.0.0/25")).toEqual([`entire-cluster : ${without} (undetermined: TCP 22)`]);
    expect(egress("192.168.0.0/16")).toEqual(["entire-cluster : All Connections"]);
  });
});
