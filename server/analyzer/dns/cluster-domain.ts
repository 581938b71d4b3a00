import type { ClusterModel } from "../model/cluster-model.js";
import type { ConfigMapObject } from "../model/objects.js";
import { type Corefile, parseCorefile } from "./corefile.js";

/** The cluster's domain unless its DNS server says otherwise. */
export const clusterDomainDefault = "cluster.local";

/** Where distributions keep the Corefile of the cluster's DNS, and under which key. */
const corefilePlaces: readonly { readonly namespace: string; readonly name: string }[] = [
  { namespace: "kube-system", name: "coredns" },
  { namespace: "kube-system", name: "rke2-coredns-rke2-coredns" },
  { namespace: "openshift-dns", name: "dns-default" },
  { namespace: "kube-system", name: "kube-dns" },
];

/** The Corefile of the cluster's DNS. */
export type ClusterCorefile = {
  readonly configMap: ConfigMapObject;
  readonly key: string;
  readonly corefile: Corefile;
};

const parsed = new WeakMap<ConfigMapObject, ClusterCorefile | undefined>();

/** The Corefile of the cluster's DNS, where the model has its ConfigMap. */
export const clusterCorefileOf = (model: ClusterModel): ClusterCorefile | undefined => {
  for (const { namespace, name } of corefilePlaces) {
    const configMap = model.configMap(namespace, name);
    if (configMap === undefined) continue;
    const known = parsed.has(configMap) ? parsed.get(configMap) : readCorefile(configMap);
    parsed.set(configMap, known);
    if (known !== undefined) return known;
  }
  return undefined;
};

const readCorefile = (configMap: ConfigMapObject): ClusterCorefile | undefined => {
  const key = Object.keys(configMap.data).find((each) => /^Corefile$/i.test(each));
  if (key === undefined) return undefined;
  return { configMap, key, corefile: parseCorefile(configMap.data[key] ?? "") };
};

/** Zones that the `kubernetes` plugin of a Corefile serves, reverse zones left out. */
export const kubernetesZonesOf = (corefile: Corefile): readonly string[] => {
  const zones = corefile.blocks.flatMap((block) =>
    block.plugins
      .filter(({ name }) => name === "kubernetes")
      .flatMap(({ args }) => (args.length > 0 ? args : block.zones)),
  );
  const forward = zones
    .map((zone) => zone.toLowerCase().replace(/\.$/, ""))
    .filter(
      (zone) => zone !== "" && !/(^|\.)(in-addr|ip6)\.arpa$/.test(zone) && !zone.includes("/"),
    );
  return [...new Set(forward)];
};

/** The domains under which Services of the cluster are found. */
export const clusterDomainsOf = (model: ClusterModel): readonly string[] => {
  const served = clusterCorefileOf(model);
  const zones = served === undefined ? [] : kubernetesZonesOf(served.corefile);
  const domains = zones.filter((zone) => zone !== ".");
  return domains.length > 0 ? domains : [clusterDomainDefault];
};
