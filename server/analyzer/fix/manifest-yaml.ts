import { Document, isMap } from "yaml";
import { assertNever } from "../../../common/assert.js";
import type { LabelSelector } from "../model/label-selector.js";
import type {
  NetworkPolicyObject,
  NetworkPolicyPeer,
  NetworkPolicyRule,
  PortRule,
  TieredPeer,
  TieredPolicyObject,
  TieredRule,
} from "../model/objects.js";
import { portMax, portMin } from "../sets/port-set.js";

/** A policy that a fix adds. */
export type AddedPolicy = NetworkPolicyObject | TieredPolicyObject;

type Json = { readonly [key: string]: unknown };

/**
 * Policies as YAML documents with a comment on top of each. YAML 1.1 is written, as kubectl reads it: what that takes for a
 * number or a boolean is quoted.
 */
export const manifestYaml = (
  policies: readonly { readonly policy: AddedPolicy; readonly comment: string }[],
): string =>
  policies
    .map(({ policy, comment }) => {
      const document = new Document(objectOf(policy), { version: "1.1" });
      if (isMap(document.contents)) document.contents.commentBefore = ` ${oneLine(comment)}`;
      return document.toString({ lineWidth: 0, directives: false });
    })
    .join("---\n");

const oneLine = (text: string): string => text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, " ");

const objectOf = (policy: AddedPolicy): Json =>
  policy.kind === "NetworkPolicy" ? networkPolicyJson(policy) : orderedPolicyJson(policy);

const networkPolicyJson = (policy: NetworkPolicyObject): Json => {
  const direction = policy.isolates[0] ?? "ingress";
  const from = direction === "ingress" ? "from" : "to";
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: policy.kind,
    metadata: { name: policy.name, namespace: policy.namespace },
    spec: {
      podSelector: selectorJson(policy.podSelector),
      policyTypes: [direction === "ingress" ? "Ingress" : "Egress"],
      [direction]: policy[direction].map((rule) => ruleJson(rule, from)),
    },
  };
};

const ruleJson = ({ peers = [], ports }: NetworkPolicyRule, from: string): Json => ({
  [from]: peers.map(peerJson),
  ...(ports === undefined ? {} : { ports: ports.map(portJson) }),
});

const peerJson = (peer: NetworkPolicyPeer): Json =>
  peer.kind === "ipBlock"
    ? { ipBlock: { cidr: peer.block.text } }
    : {
        ...(peer.namespaceSelector === undefined
          ? {}
          : { namespaceSelector: selectorJson(peer.namespaceSelector) }),
        ...(peer.podSelector === undefined ? {} : { podSelector: selectorJson(peer.podSelector) }),
      };

/** Every port of a protocol has no number. */
const portJson = (rule: PortRule): Json => {
  if (rule.kind === "named") return { protocol: rule.protocol ?? "TCP", port: rule.name };
  const { protocol, first, last } = rule;
  if (first === portMin && last === portMax) return { protocol };
  return { protocol, port: first, ...(first === last ? {} : { endPort: last }) };
};

const selectorJson = ({ requirements }: LabelSelector): Json =>
  requirements.length === 0
    ? {}
    : {
        matchLabels: Object.fromEntries(requirements.map(({ key, values }) => [key, values[0]])),
      };

const orderedPolicyJson = (policy: TieredPolicyObject): Json => {
  const isNew = policy.kind === "ClusterNetworkPolicy";
  const direction = policy.ingress.length > 0 ? "ingress" : "egress";
  const { subject } = policy;
  return {
    apiVersion: `policy.networking.k8s.io/${isNew ? "v1alpha2" : "v1alpha1"}`,
    kind: policy.kind,
    metadata: { name: policy.name },
    spec: {
      ...(isNew ? { tier: policy.tier === "admin" ? "Admin" : "Baseline" } : {}),
      priority: policy.priority,
      subject: {
        pods: {
          namespaceSelector: selectorJson(
            subject.kind === "pods" ? subject.namespaceSelector : subject.selector,
          ),
          podSelector: selectorJson(
            subject.kind === "pods" ? subject.podSelector : { requirements: [], key: "" },
          ),
        },
      },
      [direction]: policy[direction].map((rule) => orderedRuleJson(rule, { direction, isNew })),
    },
  };
};

const orderedRuleJson = (
  { name, peers, ports }: TieredRule,
  { direction, isNew }: { readonly direction: string; readonly isNew: boolean },
): Json => ({
  name,
  action: isNew ? "Accept" : "Allow",
  [direction === "ingress" ? "from" : "to"]: peers.map(orderedPeerJson),
  ...(ports === undefined
    ? {}
    : isNew
      ? { protocols: ports.map(protocolJson) }
      : { ports: ports.map(numberedPortJson) }),
});

const orderedPeerJson = (peer: TieredPeer): Json => {
  switch (peer.kind) {
    case "pods":
      return {
        pods: {
          namespaceSelector: selectorJson(peer.namespaceSelector),
          podSelector: selectorJson(peer.podSelector),
        },
      };
    case "networks":
      return { networks: peer.blocks.map(({ text }) => text) };
    case "namespaces":
      return { namespaces: selectorJson(peer.selector) };
    case "nodes":
      return { nodes: selectorJson(peer.selector) };
    case "domainNames":
      return { domainNames: peer.names };
    case "unknown":
      return {};
    default:
      return assertNever(peer);
  }
};

/** v1alpha2: { tcp: { destinationPort: { number: 80 } } }. */
const protocolJson = (rule: PortRule): Json => {
  if (rule.kind === "named") return { destinationNamedPort: rule.name };
  const { protocol, first, last } = rule;
  const port = first === last ? { number: first } : { range: { start: first, end: last } };
  return { [protocol.toLowerCase()]: { destinationPort: port } };
};

/** v1alpha1: { portNumber: { protocol: TCP, port: 80 } }. */
const numberedPortJson = (rule: PortRule): Json => {
  if (rule.kind === "named") return { namedPort: rule.name };
  const { protocol, first, last } = rule;
  return first === last
    ? { portNumber: { protocol, port: first } }
    : { portRange: { protocol, start: first, end: last } };
};
