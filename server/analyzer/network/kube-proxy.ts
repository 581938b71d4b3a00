import type { ClusterModel } from "../model/cluster-model.js";

/** Where distributions keep the configuration of kube-proxy. */
const places = [
  { namespace: "kube-system", name: "kube-proxy" },
  { namespace: "kube-system", name: "kube-proxy-config" },
] as const;

/**
 * How addresses of Services are translated: iptables, ipvs, nftables, or cilium where that takes kube-proxy's place; ""
 * when no object says. An empty mode in the configuration is the default, iptables.
 */
export const kubeProxyModeOf = (model: ClusterModel): string => {
  const replacement = model.configMap("kube-system", "cilium-config")?.data[
    "kube-proxy-replacement"
  ];
  if (replacement === "true" || replacement === "strict") return "cilium";
  for (const { namespace, name } of places) {
    const data = model.configMap(namespace, name)?.data;
    if (data === undefined) continue;
    const text = Object.keys(data)
      .sort()
      .map((key) => data[key])
      .join("\n");
    const mode = /^[ \t]*mode:[ \t]*["']?(\w*)["']?[ \t]*$/m.exec(text)?.[1];
    if (mode !== undefined) return mode === "" ? "iptables" : mode;
  }
  return "";
};
