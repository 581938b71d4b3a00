import type { ClusterModel } from "../model/cluster-model.js";
import type { ConfigMapObject } from "../model/objects.js";
import { clusterNetworkOf } from "./cluster-network.js";
import { type Corefile, parseCorefile } from "./corefile.js";

/** The cluster's domain unless its DNS server or its kubelets say otherwise. */
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

/** What a Corefile answers for with the cluster's names. */
export type KubernetesZones = {
  /** Lower case, without the last dot, reverse zones left out; "." for every name. */
  readonly zones: readonly string[];
  /** Whether there may be others: the Corefile imports some, or has them from variables. */
  readonly isOpen: boolean;
};

/** Zones that the `kubernetes` plugin of a Corefile serves; without arguments those of its block (its README). */
export const kubernetesZonesOf = ({ blocks, isPartial }: Corefile): KubernetesZones => {
  const written = blocks
    .flatMap((block) =>
      block.plugins
        .filter(({ name }) => name === "kubernetes" || name === "kubernetai")
        .flatMap(({ args }) => (args.length > 0 ? args : block.zones)),
    )
    .map((zone) => zone.toLowerCase().replace(/(?<=.)\.$/, ""));
  const isVariable = (zone: string): boolean => /[{}]/.test(zone);
  const zones = written.filter(
    (zone) => !isVariable(zone) && !/(^|\.)(in-addr|ip6)\.arpa$/.test(zone) && !zone.includes("/"),
  );
  return { zones: [...new Set(zones)], isOpen: isPartial || written.some(isVariable) };
};

/** The domains under which Services are found: those that the DNS server serves, else the one that kubelets give to pods. */
export const clusterDomainsOf = (model: ClusterModel): readonly string[] => {
  const served = clusterCorefileOf(model);
  const zones = served === undefined ? [] : kubernetesZonesOf(served.corefile).zones;
  const domains = zones.filter((zone) => zone !== ".");
  return domains.length > 0 ? domains : [clusterNetworkOf(model).domain ?? clusterDomainDefault];
};
