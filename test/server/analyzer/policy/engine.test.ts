import { describe, expect, it } from "vitest";
import { ClusterModel, type ModelChange } from "../../../../server/analyzer/model/cluster-model.js";
import { labelSelectorOf } from "../../../../server/analyzer/model/label-selector.js";
import type {
  ClusterObject,
  IpBlock,
  PodObject,
} from "../../../../server/analyzer/model/objects.js";
import type { PolicyEndpoint } from "../../../../server/analyzer/policy/decision.js";
import { PolicyEngine } from "../../../../server/analyzer/policy/engine.js";
import {
  type EngineBounds,
  engineBounds,
} from "../../../../server/analyzer/policy/engine-bounds.js";
import {
  connectionSetsMax,
  deadClassesMax,
  pairMemoMax,
  pairOutcomesMax,
  staleEntriesMax,
} from "../../../../server/analyzer/policy/limits.js";
import { type ProfileName, profiles } from "../../../../server/analyzer/policy/profile.js";
import {
  connectionsText,
  isEmptyConnections,
} from "../../../../server/analyzer/sets/connections.js";
import { ipRangeText, parseCidr } from "../../../../server/analyzer/sets/ip.js";
import {
  networkPolicyObject,
  nodeObject,
  podObject,
  unmodelledPolicyObject,
} from "../../../support/cluster-objects.js";

/** Goal: what the engine adds to single decisions: units, ranges, the whole list, changes and bounds. */

const labels = (text: string) =>
  labelSelectorOf(
    text.split(",").map((part) => {
      const [key = "", value = ""] = part.split("=");
      return { key, operator: "In", values: [value] };
    }),
  );

const block = (text: string, except: readonly string[] = []): IpBlock => ({
  text,
  range: parseCidr(text) as NonNullable<ReturnType<typeof parseCidr>>,
  except: except.map((hole) => parseCidr(hole) as NonNullable<ReturnType<typeof parseCidr>>),
  exceptTexts: except,
});

const engineOf = (
  objects: readonly ClusterObject[],
  profile: ProfileName = "upstream",
  bounds?: EngineBounds,
): { engine: PolicyEngine; apply: (change: ModelChange) => void } => {
  const model = new ClusterModel(objects);
  const engine = new PolicyEngine(model, profiles[profile], bounds);
  return {
    engine,
    apply: (change) => {
      model.apply(change);
      engine.apply(change);
    },
  };
};

const end = (pod: PodObject): PolicyEndpoint => ({ kind: "pod", pod });

const list = (engine: PolicyEngine): readonly string[] =>
  [...engine.rows()].map(({ source, destination, allowed, undetermined }) => {
    const name = (side: typeof source): string =>
      "family" in side ? ipRangeText(side) : side.name;
    const doubt = connectionsText(undetermined);
    const connections = `${connectionsText(allowed)}${doubt === "No Connections" ? "" : ` ? ${doubt}`}`;
    return `${name(source)} => ${name(destination)} : ${connections}`;
  });

const web = podObject("shop/web", { labels: { app: "web" }, ips: ["10.0.0.1"] });
const cart = podObject("shop/cart", { labels: { app: "cart" }, ips: ["10.0.0.2"] });
const everywhere = "0.0.0.0-255.255.255.255";

describe("PolicyEngine.rows()", () => {
  it("lists every ordered pair of units, and of units and addresses outside, units first", () => {
    const { engine } = engineOf([web, cart]);
    expect(list(engine)).toEqual([
      "shop/cart[Pod] => shop/web[Pod] : All Connections",
      `shop/cart[Pod] => ${everywhere} : All Connections`,
      "shop/web[Pod] => shop/cart[Pod] : All Connections",
      `shop/web[Pod] => ${everywhere} : All Connections`,
      `${everywhere} => shop/cart[Pod] : All Connections`,
      `${everywhere} => shop/web[Pod] : All Connections`,
    ]);
  });

  it("leaves out pairs without a connection", () => {
    const { engine } = engineOf([
      web,
      cart,
      networkPolicyObject("shop/deny", { podSelector: labels("app=cart") }),
    ]);
    expect(list(engine)).toEqual([
      "shop/cart[Pod] => shop/web[Pod] : All Connections",
      `shop/cart[Pod] => ${everywhere} : All Connections`,
      `shop/web[Pod] => ${everywhere} : All Connections`,
      `${everywhere} => shop/web[Pod] : All Connections`,
    ]);
  });

  it("keeps pairs of which something can't be told", () => {
    const nowhere = podObject("shop/new", { labels: { app: "new" } });
    const policy = networkPolicyObject("shop/from-net", {
      podSelector: labels("app=cart"),
      ingress: [{ peers: [{ kind: "ipBlock", block: block("10.0.0.0/24") }] }],
    });
    expect(list(engineOf([nowhere, cart, policy]).engine)).toContain(
      "shop/new[Pod] => shop/cart[Pod] : No Connections ? All Connections",
    );
  });

  it("lets a host's traffic to a pod of its own node pass, where all their pods are on one node", () => {
    const proxy = podObject("kube-system/proxy", {
      hostNetwork: true,
      nodeName: "n1",
      ips: ["192.168.0.1"],
    });
    const here = podObject("shop/here", { nodeName: "n1", ips: ["10.0.0.3"] });
    const there = podObject("shop/there", { nodeName: "n2", ips: ["10.0.1.3"] });
    const rows = list(engineOf([proxy, here, there, networkPolicyObject("shop/deny")]).engine);
    expect(rows).toContain("kube-system/proxy[Pod] => shop/here[Pod] : All Connections");
    expect(rows.join("\n")).not.toContain("kube-system/proxy[Pod] => shop/there[Pod]");
  });
});

describe("PolicyEngine.units()", () => {
  const replica = (name: string, app: string): PodObject =>
    podObject(name, { labels: { app }, owner: { kind: "Deployment", name: "web" } });

  it("groups the pods of a workload", () => {
    const { engine } = engineOf([replica("shop/web-2", "web"), replica("shop/web-1", "web")]);
    const [unit] = engine.units();
    expect(unit?.name).toBe("shop/web[Deployment]");
    expect(unit?.pods.map(({ name }) => name)).toEqual(["web-1", "web-2"]);
  });

  it("names each pod of a workload whose pods a policy tells apart, until the policy goes", () => {
    const policy = networkPolicyObject("shop/canary", { podSelector: labels("app=canary") });
    const pods = [replica("shop/web-1", "web"), replica("shop/web-2", "canary")];
    const { engine, apply } = engineOf([...pods, policy]);
    expect(engine.units().map(({ name }) => name)).toEqual(["shop/web-1[Pod]", "shop/web-2[Pod]"]);
    apply({ kind: "remove", object: policy });
    expect(engine.units().map(({ name }) => name)).toEqual(["shop/web[Deployment]"]);
  });

  it("does not tell pods apart by addresses as long as no policy names any", () => {
    const pods = [
      podObject("shop/web-1", { owner: { kind: "Deployment", name: "web" }, ips: ["10.0.0.1"] }),
      podObject("shop/web-2", { owner: { kind: "Deployment", name: "web" } }),
    ];
    expect(
      engineOf(pods)
        .engine.units()
        .map(({ name }) => name),
    ).toEqual(["shop/web[Deployment]"]);
  });

  it("leaves out pods that have ended, but for np-guard's profile", () => {
    const ended = podObject("shop/job", { phase: "Succeeded" });
    const npGuard = engineOf([web, ended], "np-guard")
      .engine.units()
      .map(({ name }) => name);
    expect(npGuard).toEqual(["shop/job[Pod]", "shop/web[Pod]"]);
    expect(
      engineOf([web, ended])
        .engine.units()
        .map(({ name }) => name),
    ).toEqual(["shop/web[Pod]"]);
  });
});

describe("PolicyEngine.externalRanges()", () => {
  it("cuts the addresses at every block and hole of a policy", () => {
    const policy = networkPolicyObject("shop/out", {
      ingress: [{ peers: [{ kind: "ipBlock", block: block("10.0.0.0/8", ["10.1.0.0/16"]) }] }],
    });
    expect(engineOf([web, policy]).engine.externalRanges().map(ipRangeText)).toEqual([
      "0.0.0.0-9.255.255.255",
      "10.0.0.0-10.0.255.255",
      "10.1.0.0-10.1.255.255",
      "10.2.0.0-10.255.255.255",
      "11.0.0.0-255.255.255.255",
    ]);
  });

  it("cuts for one direction at the blocks of its rules only", () => {
    const policy = networkPolicyObject("shop/both", {
      isolates: ["ingress", "egress"],
      ingress: [{ peers: [{ kind: "ipBlock", block: block("10.0.0.0/8") }] }],
      egress: [{ peers: [{ kind: "ipBlock", block: block("192.168.0.0/16") }] }],
    });
    const { engine } = engineOf([web, policy]);
    expect(engine.externalRanges(["egress"]).map(ipRangeText)).toEqual([
      "0.0.0.0-192.167.255.255",
      "192.168.0.0-192.168.255.255",
      "192.169.0.0-255.255.255.255",
    ]);
    const toOutside = list(engine).filter((row) => row.startsWith("shop/web[Pod] => "));
    expect(toOutside).toEqual(["shop/web[Pod] => 192.168.0.0-192.168.255.255 : All Connections"]);
    const fromOutside = list(engine).filter((row) => row.includes("=> shop/web[Pod]"));
    expect(fromOutside).toEqual(["10.0.0.0-10.255.255.255 => shop/web[Pod] : All Connections"]);
  });

  it("has IPv6 as soon as an address or a block shows it, and only where the profile does", () => {
    const six = podObject("shop/six", { ips: ["10.0.0.9", "fd00::9"] });
    const families = (engine: PolicyEngine) => engine.externalRanges().map(({ family }) => family);
    expect(families(engineOf([web]).engine)).toEqual([4]);
    expect(families(engineOf([web, six]).engine)).toEqual([4, 6]);
    expect(families(engineOf([web, six], "np-guard").engine)).toEqual([4]);
    const { engine, apply } = engineOf([web, six]);
    expect(engine.externalRanges()).toHaveLength(2);
    apply({ kind: "remove", object: six });
    expect(families(engine)).toEqual([4]);
  });
});

describe("PolicyEngine.decide()", () => {
  const deny = networkPolicyObject("shop/deny", { isolates: ["ingress", "egress"] });
  const verdict = (profile: ProfileName, viaService: boolean): string => {
    const { engine } = engineOf([web, deny], profile);
    const { allowed, undetermined } = engine.decide(end(web), end(web), { viaService });
    return `${connectionsText(allowed)} ? ${connectionsText(undetermined)}`;
  };

  it("never denies a pod its own address", () => {
    expect(verdict("upstream", false)).toBe("All Connections ? No Connections");
  });

  it("judges a pod's way to itself through its Service by the profile", () => {
    expect(verdict("upstream", true)).toBe("No Connections ? All Connections");
    expect(verdict("calico", true)).toBe("No Connections ? No Connections");
    expect(verdict("cilium", true)).toBe("All Connections ? No Connections");
  });

  it("lets a pod reach its own node where the profile says so", () => {
    const node = nodeObject("n1", { ips: ["192.168.0.1"] });
    const toNode = (profile: ProfileName): string => {
      const { engine } = engineOf([web, deny, node], profile);
      return connectionsText(engine.decide(end(web), { kind: "node", node }).allowed);
    };
    expect(toNode("upstream")).toBe("All Connections");
    expect(toNode("calico")).toBe("No Connections");
  });

  it("judges each family of addresses by itself", () => {
    const six = (text: string) => ({ peers: [{ kind: "ipBlock", block: block(text) }] }) as const;
    const one = podObject("shop/one", { labels: { app: "one" }, ips: ["10.0.0.4", "fd00::4"] });
    const other = podObject("shop/other", { labels: { app: "two" }, ips: ["10.0.0.5", "fd00::5"] });
    const from = (...texts: readonly string[]) =>
      networkPolicyObject("shop/net", {
        podSelector: labels("app=two"),
        ingress: texts.map(six),
      });
    const verdict = (...texts: readonly string[]): string => {
      const { engine } = engineOf([one, other, from(...texts)]);
      const reach = engine.reach(end(one), end(other));
      expect(reach).toEqual({
        allowed: engine.decide(end(one), end(other)).allowed,
        undetermined: engine.decide(end(one), end(other)).undetermined,
      });
      return `${connectionsText(reach.allowed)} ? ${connectionsText(reach.undetermined)}`;
    };
    expect(verdict("0.0.0.0/0", "::/0")).toBe("All Connections ? No Connections");
    expect(verdict("0.0.0.0/0")).toBe("No Connections ? All Connections");
  });

  it("does not take the addresses of known nodes for those of a node without any", () => {
    const known = nodeObject("n1", { ips: ["192.168.0.1"] });
    const bare = nodeObject("n2");
    const out = networkPolicyObject("shop/out", {
      isolates: ["egress"],
      egress: [{ peers: [{ kind: "ipBlock", block: block("192.168.0.1/32") }] }],
    });
    const { engine } = engineOf([web, known, bare, out], "calico");
    const { allowed, undetermined } = engine.decide(end(web), { kind: "node", node: bare });
    expect(connectionsText(allowed)).toBe("No Connections");
    expect(connectionsText(undetermined)).toBe("All Connections");
  });

  it("does not believe pod CIDRs of nodes that known pods do not keep to", () => {
    const node = nodeObject("n1", { podCidrs: ["10.244.0.0/24"] });
    const elsewhere = podObject("shop/old", { ips: ["192.168.7.5"] });
    const fresh = podObject("shop/new");
    const keeping = { ...cart, ips: ["10.244.0.9"] };
    const policy = networkPolicyObject("shop/net", {
      podSelector: labels("app=cart"),
      ingress: [{ peers: [{ kind: "ipBlock", block: block("192.168.0.0/16") }] }],
    });
    const doubt = (objects: readonly ClusterObject[]): string =>
      connectionsText(engineOf(objects).engine.decide(end(fresh), end(keeping)).undetermined);
    expect(doubt([fresh, keeping, node, policy])).toBe("No Connections");
    expect(doubt([fresh, keeping, node, policy, elsewhere])).toBe("All Connections");
  });

  it("can't tell what policies deny between a host and a pod whose node is not known", () => {
    const { nodeName: _, ...unplaced } = podObject("shop/unplaced", { ips: ["10.0.0.9"] });
    const node = nodeObject("n1", { ips: ["192.168.0.1"] });
    const { engine } = engineOf([unplaced, node, networkPolicyObject("shop/deny")]);
    const decision = engine.decide({ kind: "node", node }, end(unplaced));
    expect(connectionsText(decision.undetermined)).toBe("All Connections");
    expect(decision.ingress.doubts).toMatchObject([{ reason: "model-incomplete" }]);
  });

  it("compares addresses of the families that both ends have", () => {
    const both = podObject("shop/both", { labels: { app: "both" }, ips: ["10.0.0.4", "fd00::4"] });
    const policy = networkPolicyObject("shop/net", {
      podSelector: labels("app=cart"),
      ingress: [{ peers: [{ kind: "ipBlock", block: block("10.0.0.0/8") }] }],
    });
    const { engine } = engineOf([both, cart, policy]);
    for (const answer of [
      engine.decide(end(both), end(cart)),
      engine.reach(end(both), end(cart)),
    ]) {
      expect(connectionsText(answer.allowed)).toBe("All Connections");
      expect(connectionsText(answer.undetermined)).toBe("No Connections");
    }
  });
});

describe("PolicyEngine.reach()", () => {
  it("answers for a pod that the model lacks as decide does", () => {
    const { engine } = engineOf([cart, networkPolicyObject("shop/deny")]);
    const guest = podObject("shop/guest");
    expect(connectionsText(engine.reach(end(guest), end(cart)).allowed)).toBe("No Connections");
    expect(connectionsText(engine.reach(end(cart), end(guest)).allowed)).toBe("No Connections");
  });
});

describe("PolicyEngine.matrixSummary()", () => {
  it("counts the pairs of classes that may connect, each class to itself among them", () => {
    const twin = podObject("shop/web-2", { labels: { app: "web" }, ips: ["10.0.0.7"] });
    const policy = networkPolicyObject("shop/deny", { podSelector: labels("app=cart") });
    expect(engineOf([web, twin, cart, policy]).engine.matrixSummary()).toEqual({
      classes: 2,
      ranges: 2,
      pairs: 4,
      connected: 2,
      undetermined: 0,
    });
  });

  it("counts what single questions say, whatever egress and ingress usually are", () => {
    const apps = ["a", "b", "c", "d", "e", "f"];
    // Two pods of each, so that a class to itself is no pod to itself.
    const pods = apps.flatMap((app, at) =>
      [1, 2].map((copy) =>
        podObject(`shop/${app}-${copy}`, { labels: { app }, ips: [`10.0.${at}.${copy}`] }),
      ),
    );
    const to = (app: string) => ({
      peers: [{ kind: "pods", podSelector: labels(`app=${app}`) }] as const,
    });
    const ofApp = (app: string, parts: Parameters<typeof networkPolicyObject>[1]) =>
      networkPolicyObject(`shop/of-${app}`, { podSelector: labels(`app=${app}`), ...parts });
    const objects = [
      ...pods,
      ofApp("a", { isolates: ["egress"], egress: [to("b"), to("c")] }),
      ofApp("b", { ingress: [to("a"), to("b")] }),
      ofApp("c", { ingress: [to("d")] }),
      ofApp("d", { isolates: ["egress", "ingress"], egress: [{}] }),
      unmodelledPolicyObject("shop/unknown", { podSelector: labels("app=e") }),
    ];
    const { engine } = engineOf(objects);
    const counts = { connected: 0, undetermined: 0 };
    for (const source of pods.filter(({ name }) => name.endsWith("-1"))) {
      for (const destination of pods.filter(({ name }) => name.endsWith("-2"))) {
        const { allowed, undetermined } = engine.reach(end(source), end(destination));
        if (!isEmptyConnections(allowed)) counts.connected++;
        if (!isEmptyConnections(undetermined)) counts.undetermined++;
      }
    }
    expect(engine.matrixSummary()).toMatchObject({ classes: apps.length, pairs: 36, ...counts });
    expect(counts.undetermined).toBeGreaterThan(0);
  });
});

describe("bounds of the engine", () => {
  const tiny: EngineBounds = {
    pairMemoMax: 1,
    pairOutcomesMax: 1,
    connectionSetsMax: 2,
    deadClassesMax: 0,
    staleEntriesMax: 0,
  };
  const pods = ["a", "b", "c", "d"].map((app) => podObject(`shop/${app}`, { labels: { app } }));
  const allow = (app: string, from: string) =>
    networkPolicyObject(`shop/${app}-${from}`, {
      podSelector: labels(`app=${app}`),
      ingress: [{ peers: [{ kind: "pods", podSelector: labels(`app=${from}`) }] }],
    });

  it("are large enough for a large cluster and small enough for a small server", () => {
    expect(engineBounds).toEqual({
      pairMemoMax,
      pairOutcomesMax,
      connectionSetsMax,
      deadClassesMax,
      staleEntriesMax,
    });
  });

  it("change no answer when more pairs are asked about than are remembered", () => {
    const ports = [{ kind: "numbers", protocol: "TCP", first: 80, last: 90 }] as const;
    const part = networkPolicyObject("shop/part", { ingress: [{ ports }], egress: [{ ports }] });
    const objects = [...pods, allow("a", "b"), part];
    const [small, large] = [engineOf(objects, "upstream", tiny), engineOf(objects)];
    for (const source of pods) {
      for (const destination of pods) {
        const asked = [end(source), end(destination)] as const;
        expect(small.engine.reach(...asked)).toEqual(large.engine.reach(...asked));
      }
    }
    expect(list(small.engine)).toEqual(list(large.engine));
  });

  it("make a new index when changes have left much behind, with the same answers", () => {
    const { engine, apply } = engineOf([...pods, allow("a", "b")], "upstream", tiny);
    const objects = new Map(pods.map((pod) => [pod.name, pod]));
    for (let round = 0; round < 40; round++) {
      const moved = podObject("shop/d", { labels: { app: `d${round}` } });
      objects.set("d", moved);
      const policy = allow("b", `d${round}`);
      for (const object of [moved, policy]) apply({ kind: "upsert", object });
      const fresh = engineOf([...objects.values(), allow("a", "b"), policy]).engine;
      expect(list(engine)).toEqual(list(fresh));
      apply({ kind: "remove", object: policy });
    }
  });
});
