import type { ClusterModel } from "../model/cluster-model.js";
import type { ConfigMapObject } from "../model/objects.js";

/** How packets are carried, and which object says so. */
export type PluginMode = { readonly text: string; readonly by: string };

const unknownMode: PluginMode = { text: "", by: "" };

/** How the plugins of these names carry packets between nodes, by their ConfigMaps, else by node annotations. */
export const pluginModeOf = (model: ClusterModel, names: readonly string[]): PluginMode => {
  for (const name of names) {
    const mode = modeReaders[name]?.(model) ?? unknownMode;
    if (mode.text !== "") return mode;
  }
  return unknownMode;
};

const flannelMode = (model: ClusterModel): PluginMode => {
  for (const [namespace, name] of [
    ["kube-flannel", "kube-flannel-cfg"],
    ["kube-system", "kube-flannel-cfg"],
    ["kube-system", "canal-config"],
  ] as const) {
    const map = model.configMap(namespace, name);
    // net-conf.json is JSON; its one "Type" is the backend's.
    const type = /"Type"\s*:\s*"([\w-]{1,40})"/.exec(map?.data["net-conf.json"] ?? "")?.[1];
    if (map !== undefined && type !== undefined) return said(map, type);
  }
  return byAnnotation(model, "flannel.alpha.coreos.com/backend-type");
};

const calicoMode = (model: ClusterModel): PluginMode => {
  const map = model.configMap("kube-system", "calico-config");
  const backend = map?.data["calico_backend"];
  if (map !== undefined && backend === "vxlan") return said(map, "vxlan");
  const tunnels = [
    ["projectcalico.org/IPv4VXLANTunnelAddr", "vxlan"],
    ["projectcalico.org/IPv4IPIPTunnelAddr", "ipip"],
  ] as const;
  for (const [key, text] of tunnels) {
    const mode = byAnnotation(model, key);
    if (mode.text !== "") return { ...mode, text };
  }
  return map !== undefined && backend === "bird" ? said(map, "bgp") : unknownMode;
};

const ciliumMode = (model: ClusterModel): PluginMode => {
  const map =
    model.configMap("kube-system", "cilium-config") ?? model.configMap("cilium", "cilium-config");
  if (map === undefined) return unknownMode;
  const { data } = map;
  const routing = data["routing-mode"] ?? (data["tunnel"] === "disabled" ? "native" : "tunnel");
  if (routing === "native") return said(map, "native");
  return said(map, data["tunnel-protocol"] ?? data["tunnel"] ?? "vxlan");
};

const modeReaders: Readonly<Record<string, (model: ClusterModel) => PluginMode>> = {
  flannel: flannelMode,
  canal: flannelMode,
  calico: calicoMode,
  cilium: ciliumMode,
};

const said = ({ namespace, name }: ConfigMapObject, text: string): PluginMode => ({
  text: text.slice(0, 40),
  by: `ConfigMap ${namespace}/${name}`,
});

const byAnnotation = (model: ClusterModel, key: string): PluginMode => {
  const nodes = [...model.nodes].filter(({ annotations }) => Object.hasOwn(annotations, key));
  const [node] = nodes.sort((one, other) => (one.name < other.name ? -1 : 1));
  return node === undefined
    ? unknownMode
    : { text: (node.annotations[key] ?? "").slice(0, 40), by: `annotation of node ${node.name}` };
};
