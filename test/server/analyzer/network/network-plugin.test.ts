import { describe, expect, it } from "vitest";
import { ClusterModel } from "../../../../server/analyzer/model/cluster-model.js";
import type { ClusterObject } from "../../../../server/analyzer/model/objects.js";
import { kubeProxyModeOf } from "../../../../server/analyzer/network/kube-proxy.js";
import { networkPluginOf } from "../../../../server/analyzer/network/network-plugin.js";
import {
  configMapObject,
  nodeObject,
  podObject,
  workloadObject,
} from "../../../support/cluster-objects.js";

/** Goal: the network plugin is told by what it installs, wherever it is; and whether it enforces policies. */

const plugin = (...objects: readonly ClusterObject[]) => {
  const { name, mode, enforcesPolicy } = networkPluginOf(new ClusterModel(objects));
  return { name, mode, enforcesPolicy };
};

const daemonSet = (name: `${string}/${string}`): ClusterObject =>
  workloadObject(name, { kind: "DaemonSet" });

describe("networkPluginOf()", () => {
  it.each([
    ["kube-flannel/kube-flannel-ds", "flannel", false],
    ["calico-system/calico-node", "calico", true],
    ["kube-system/rke2-canal", "canal", true],
    ["kube-system/cilium", "cilium", true],
    ["kube-system/antrea-agent", "antrea", true],
    ["openshift-ovn-kubernetes/ovnkube-node", "ovn-kubernetes", true],
    ["kube-system/weave-net", "weave", true],
    ["kube-system/kube-router", "kube-router", true],
    ["kube-system/kindnet", "kindnet", undefined],
    ["kube-system/aws-node", "aws-vpc-cni", undefined],
  ] as const)("knows %s", (name, found, enforcesPolicy) => {
    expect(plugin(daemonSet(name))).toMatchObject({ name: found, enforcesPolicy });
  });

  it("knows it by pods and labels too, not by a Deployment of the name", () => {
    const pod = podObject("odd/x-1", {
      owner: { kind: "DaemonSet", name: "x" },
      labels: { "k8s-app": "calico-node" },
    });
    expect(plugin(pod).name).toBe("calico");
    expect(plugin(workloadObject("kube-system/cilium")).name).toBe("");
  });

  it("takes an engine beside a plugin that enforces nothing for enforcing", () => {
    expect(
      plugin(
        daemonSet("kube-flannel/kube-flannel-ds"),
        daemonSet("kube-system/kube-network-policies"),
      ),
    ).toMatchObject({
      name: "flannel, kube-network-policies",
      enforcesPolicy: true,
    });
  });

  it("leaves open what k3s does, which has flannel and a policy controller inside", () => {
    const node = nodeObject("n1", {
      labels: { "node.kubernetes.io/instance-type": "k3s" },
      annotations: { "flannel.alpha.coreos.com/backend-type": "vxlan" },
    });
    expect(plugin(node)).toEqual({ name: "flannel", mode: "vxlan", enforcesPolicy: undefined });
  });

  it("knows that Cilium can be told to enforce nothing, and AWS to enforce", () => {
    const never = configMapObject("kube-system/cilium-config", { "enable-policy": "never" });
    expect(plugin(never).enforcesPolicy).toBe(false);
    const aws = configMapObject("kube-system/amazon-vpc-cni", {
      "enable-network-policy-controller": "true",
    });
    expect(plugin(aws).enforcesPolicy).toBe(true);
  });

  it.each([
    [
      configMapObject("kube-flannel/kube-flannel-cfg", {
        "net-conf.json": '{"Backend":{"Type":"host-gw"}}',
      }),
      "host-gw",
    ],
    [configMapObject("kube-system/calico-config", { calico_backend: "vxlan" }), "vxlan"],
    [configMapObject("kube-system/calico-config", { calico_backend: "bird" }), "bgp"],
    [configMapObject("kube-system/cilium-config", { "routing-mode": "native" }), "native"],
    [configMapObject("kube-system/cilium-config", { "tunnel-protocol": "geneve" }), "geneve"],
    [
      nodeObject("n1", { annotations: { "projectcalico.org/IPv4IPIPTunnelAddr": "10.0.0.1" } }),
      "ipip",
    ],
  ])("reads how packets are carried: %#", (object, mode) => {
    expect(plugin(object).mode).toBe(mode);
  });

  it("looks again when the model has changed", () => {
    const model = new ClusterModel([]);
    expect(networkPluginOf(model).name).toBe("");
    model.apply({ kind: "upsert", object: daemonSet("kube-system/cilium") });
    expect(networkPluginOf(model).name).toBe("cilium");
  });
});

describe("kubeProxyModeOf()", () => {
  const mode = (data: Readonly<Record<string, string>>, name = "kube-proxy") =>
    kubeProxyModeOf(new ClusterModel([configMapObject(`kube-system/${name}`, data)]));

  it("reads the mode, of which an empty one is iptables", () => {
    expect(mode({ "config.conf": 'kind: KubeProxyConfiguration\nmode: "ipvs"\n' })).toBe("ipvs");
    expect(mode({ "config.conf": 'mode: ""\n' })).toBe("iptables");
    expect(mode({ config: "mode: nftables\n" }, "kube-proxy-config")).toBe("nftables");
  });

  it("is cilium where that takes its place, and unknown where nothing says so", () => {
    expect(mode({ "kube-proxy-replacement": "true" }, "cilium-config")).toBe("cilium");
    expect(mode({})).toBe("");
  });
});
