import type { ConfigMapObject, ObjectMeta } from "../../analyzer/model/objects.js";
import type { Field } from "./field.js";

/** ConfigMaps that say how the network works, by name: distributions differ in the namespace. */
const networkConfigMaps: ReadonlySet<string> = new Set([
  "coredns",
  "coredns-custom",
  "rke2-coredns-rke2-coredns",
  "dns-default",
  "kube-dns",
  "node-local-dns",
  "kube-proxy",
  "kube-proxy-config",
  "kubeadm-config",
  "kubelet-config",
  "kube-flannel-cfg",
  "canal-config",
  "calico-config",
  "cilium-config",
  "antrea-config",
  "kube-router-cfg",
  "weave-net",
  "amazon-vpc-cni",
  "multus-cni-config",
]);

/** Reads a ConfigMap that says how the network works; nothing for any other. */
export const configMapOf = (object: Field, meta: ObjectMeta): readonly ConfigMapObject[] =>
  networkConfigMaps.has(meta.name)
    ? [{ kind: "ConfigMap", ...meta, data: object.field("data").stringMap() }]
    : [];
