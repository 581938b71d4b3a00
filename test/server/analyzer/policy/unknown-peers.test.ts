import { describe, expect, it } from "vitest";
import { listExposure } from "../../../../server/analyzer/lists/list-exposure.js";
import { askPair } from "../../../support/ask-pair.js";
import {
  clusterPolicyText,
  documents,
  findingsOf,
  namespaceText,
  podText,
  policyText,
} from "../../../support/lint-manifests.js";
import { manifestWorld } from "../../../support/manifest-world.js";
import { reachOf } from "../../../support/reach-of.js";

// Goal: whoever judges a rule with a peer that this version does not know judges it alike. "Accept" then matches nothing,
// "Deny" and "Pass" deny everything (ClusterNetworkPolicyIngressPeer, "fail closed"; T46).
// Method: one table of rules; the engine, exposure, lint, explanations and the loader's warning are each asked.

const pods = [namespaceText("shop"), podText("shop/web"), podText("shop/db")];
const subject = "{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: db}}}}";
const port = "protocols: [{tcp: {destinationPort: {number: 80}}}]";

const policy = (name: string, rules: string, priority = 10): string =>
  clusterPolicyText(
    name,
    `tier: Admin\npriority: ${priority}\nsubject: ${subject}\ningress: [${rules}]`,
  );

const table = ["Accept", "Deny", "Pass"].flatMap((action) =>
  [
    ["alone", "{galaxies: {}}", ""],
    ["beside a peer that is known", "{galaxies: {}}, {namespaces: {}}", ""],
    ["with ports", "{namespaces: {}}, {galaxies: {}}", `, ${port}`],
  ].map(([where, peers, ports]) => ({
    action,
    where,
    denies: action !== "Accept",
    text: policy("odd", `{name: odd, action: ${action}, from: [${peers}]${ports}}`),
  })),
);

/** Isolates shop/db, so that a rule which accepts would be seen. */
const denyAll = policyText("shop/closed", "podSelector: {matchLabels: {app: db}}");

describe.each(table)("$action with an unknown peer $where", ({ text, denies }) => {
  it("T46 fails closed in the engine", () => {
    expect(reachOf([...pods, text], "shop/web => shop/db")).toBe(
      denies ? "No Connections" : "All Connections",
    );
    expect(reachOf([...pods, text, denyAll], "shop/web => shop/db")).toBe("No Connections");
  });

  it("T46 fails closed in exposure", () => {
    const peers = (...more: readonly string[]) =>
      listExposure(manifestWorld(documents(...pods, text, ...more)))
        .rows.filter(
          ({ workload, direction }) => workload === "shop/db[Pod]" && direction === "ingress",
        )
        .map(({ peer, connections }) => `${peer} ${connections}`);
    expect(peers()).toEqual(
      denies
        ? []
        : ["0.0.0.0-255.255.255.255[External] All Connections", "entire-cluster All Connections"],
    );
    expect(peers(denyAll)).toEqual([]);
  });

  it("T46 fails closed in lint: it covers every later rule, or none", () => {
    const later = policy("later", "{name: later, action: Accept, from: [{namespaces: {}}]}", 20);
    const [unreachable] = findingsOf("CW037", documents(...pods, text, later));
    expect(unreachable?.object).toBe(denies ? "ClusterNetworkPolicy later" : undefined);
    if (denies) expect(unreachable?.message).toMatch(/denies all of its connections/);
    const open = policyText("shop/open", "podSelector: {matchLabels: {app: db}}\ningress: [{}]");
    expect(findingsOf("CW038", documents(...pods, text, open))).toHaveLength(denies ? 1 : 0);
    const other = policy("other", "{name: other, action: Deny, from: [{namespaces: {}}]}");
    expect(findingsOf("CW040", documents(...pods, text, other))).toEqual([]);
    const first = policy("first", "{name: first, action: Deny, from: [{namespaces: {}}]}", 1);
    expect(findingsOf("CW037", documents(...pods, first, text))).toEqual([]);
    const [finding] = findingsOf("CW041", documents(...pods, text));
    expect(finding?.message).toMatch(
      denies
        ? /the whole rule denies the connections of everyone\.$/
        : /the whole rule accepts nothing\.$/,
    );
  });

  it("T46 fails closed in explanations", () => {
    const { ingress } = askPair([...pods, text, denyAll], "shop/web => shop/db", { port: 80 })
      .paths[0] ?? { ingress: undefined };
    const odd = ingress?.misses?.filter(({ policy: of }) => of?.name === "odd") ?? [];
    expect(odd.map(({ kind, unmet }) => `${kind} ${unmet.join()}`)).toEqual([
      denies ? "tier-denies " : "peer-mismatch a peer by galaxies",
    ]);
  });

  it("T46 is said by the loader", () => {
    const { problems } = manifestWorld(documents(...pods, text)).view;
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringContaining(
        "only galaxies: the whole rule fails closed, so that one that accepts matches nothing and any other denies everything",
      ),
    ]);
  });
});
