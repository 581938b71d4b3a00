import type { DiagnosisAnswer } from "../../server/analyzer/answers.js";
import type { WorldOptions } from "../../server/analyzer/create-world.js";
import { type DiagnosisQuestion, diagnose } from "../../server/analyzer/diagnose/diagnose.js";
import type {
  ClusterObject,
  NetworkPolicyObject,
  PodObject,
  ServiceObject,
} from "../../server/analyzer/model/objects.js";
import {
  configMapObject,
  namespaceObject,
  networkPolicyObject,
  nodeObject,
  podObject,
  serviceObject,
  sliceObject,
} from "./cluster-objects.js";
import { objectWorld } from "./manifest-world.js";

// A small healthy cluster for diagnoses: two nodes, a network plugin, DNS, a pod shop/web that asks, a pod shop/api that
// answers on 8080 behind a Service on 80. Tests replace what is to be broken.

/** When diagnoses of tests are asked: 24 November 2025, 00:00 UTC. */
export const askedAtMs = 1_763_942_400_000;

/** The pod that asks, on node n1. */
export const webPod = (parts: Partial<PodObject> = {}): PodObject =>
  podObject("shop/web", { ips: ["10.244.1.10"], labels: { app: "web" }, ...parts });

/** The pod that answers on TCP 8080 (http), on node n2. */
export const apiPod = (parts: Partial<PodObject> = {}): PodObject =>
  podObject("shop/api", {
    ips: ["10.244.2.20"],
    labels: { app: "api" },
    nodeName: "n2",
    ports: [{ name: "http", port: 8080, protocol: "TCP", container: "api" }],
    ...parts,
  });

/** Its Service, port 80 to 8080. */
export const apiService = (parts: Partial<ServiceObject> = {}): ServiceObject =>
  serviceObject("shop/api", {
    selector: { app: "api" },
    clusterIps: ["10.96.0.20"],
    ports: [{ port: 80, protocol: "TCP", targetPort: 8080 }],
    ...parts,
  });

/** The slice of that Service as the cluster has it: the pod, ready. */
export const apiSlice = (): ClusterObject =>
  sliceObject("shop/api-1", {
    service: "api",
    endpoints: [
      {
        addresses: ["10.244.2.20"],
        ready: true,
        serving: true,
        terminating: false,
        nodeName: "n2",
        pod: "shop/api",
      },
    ],
    ports: [{ port: 8080, protocol: "TCP" }],
  });

/** The DNS Service as kubeadm makes it. */
export const dnsService = (parts: Partial<ServiceObject> = {}): ServiceObject =>
  serviceObject("kube-system/kube-dns", {
    labels: { "k8s-app": "kube-dns" },
    selector: { "k8s-app": "kube-dns" },
    clusterIps: ["10.96.0.10"],
    ports: [
      { name: "dns", port: 53, protocol: "UDP", targetPort: "dns" },
      { name: "dns-tcp", port: 53, protocol: "TCP", targetPort: "dns-tcp" },
    ],
    ...parts,
  });

/** A DNS server on a node, ready. */
export const dnsPod = (node: string, parts: Partial<PodObject> = {}): PodObject =>
  podObject(`kube-system/coredns-${node}`, {
    labels: { "k8s-app": "kube-dns" },
    ips: [`10.244.${node.slice(1)}.2`],
    nodeName: node,
    ports: [
      { name: "dns", port: 53, protocol: "UDP", container: "coredns" },
      { name: "dns-tcp", port: 53, protocol: "TCP", container: "coredns" },
    ],
    ...parts,
  });

/** The ConfigMap of CoreDNS. */
export const corefileMap = (
  corefile = ".:53 {\n  errors\n  kubernetes cluster.local in-addr.arpa ip6.arpa\n  forward . /etc/resolv.conf\n  loop\n}\n",
): ClusterObject => configMapObject("kube-system/coredns", { Corefile: corefile });

/** Calico's pod on a node. */
export const calicoPod = (node: string, parts: Partial<PodObject> = {}): PodObject =>
  podObject(`kube-system/calico-node-${node}`, {
    owner: { kind: "DaemonSet", name: "calico-node" },
    labels: { "k8s-app": "calico-node" },
    hostNetwork: true,
    nodeName: node,
    ips: [`192.168.0.${node.slice(1)}`],
    ...parts,
  });

/** Flannel's pod on a node. */
export const flannelPod = (node: string): PodObject =>
  podObject(`kube-flannel/kube-flannel-ds-${node}`, {
    owner: { kind: "DaemonSet", name: "kube-flannel-ds" },
    labels: { app: "flannel" },
    hostNetwork: true,
    nodeName: node,
    ips: [`192.168.0.${node.slice(1)}`],
  });

/** The Service that every cluster has. */
export const kubernetesService = (): ServiceObject =>
  serviceObject("default/kubernetes", {
    clusterIps: ["10.96.0.1"],
    ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: 6443 }],
  });

/** Both nodes, ready. */
export const bothNodes = (): readonly ClusterObject[] => [
  nodeObject("n1", { podCidrs: ["10.244.1.0/24"], ips: ["192.168.0.1"] }),
  nodeObject("n2", { podCidrs: ["10.244.2.0/24"], ips: ["192.168.0.2"] }),
];

/** A policy in shop that isolates the pods of an app and allows nothing unless said otherwise. */
export const isolating = (
  name: string,
  parts: Partial<NetworkPolicyObject> = {},
): NetworkPolicyObject => networkPolicyObject(`shop/${name}`, parts);

/** The whole cluster; objects of the same kind and name in `changed` take the place of its own. */
export const cluster = (...changed: readonly ClusterObject[]): readonly ClusterObject[] => {
  const all: readonly ClusterObject[] = [
    webPod(),
    apiPod(),
    apiService(),
    apiSlice(),
    kubernetesService(),
    ...["default", "kube-system", "shop"].map((name) => namespaceObject(name)),
    dnsService(),
    dnsPod("n1"),
    dnsPod("n2"),
    corefileMap(),
    calicoPod("n1"),
    calicoPod("n2"),
    ...bothNodes(),
  ];
  const keyOf = ({ kind, namespace, name }: ClusterObject): string =>
    `${kind}/${namespace}/${name}`;
  const byKey = new Map([...all, ...changed].map((object) => [keyOf(object), object]));
  return [...byKey.values()];
};

/** The cluster without some objects: "Service/shop/api". */
export const clusterWithout = (...keys: readonly string[]): readonly ClusterObject[] =>
  cluster().filter(({ kind, namespace, name }) => !keys.includes(`${kind}/${namespace}/${name}`));

/** What is asked unless said otherwise: the pod for the pod, without a port. */
export const webToApi: DiagnosisQuestion = { podA: "shop/web", podB: "shop/api" };

/** Asks of objects. */
export const diagnosed = (
  objects: readonly ClusterObject[],
  question: Partial<DiagnosisQuestion> = {},
  options: Omit<WorldOptions, "model"> = {},
): DiagnosisAnswer =>
  diagnose(
    objectWorld(objects, options),
    { ...webToApi, ...question },
    { analysisId: "test", startedAtMs: askedAtMs },
  );

/** Codes of the causes, the unknown one left out, and of what is latent. */
export const codesOf = (answer: DiagnosisAnswer): readonly string[] =>
  [...answer.causes, ...answer.latent]
    .map(({ code }) => code)
    .filter((code) => code !== "UNKNOWN_CAUSE");

/** The status by mode: "podIP connected". */
export const modesOf = (answer: DiagnosisAnswer): readonly string[] =>
  answer.verdicts.map(({ mode, status }) => `${mode} ${status}`);
