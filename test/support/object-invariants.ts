import { type LabelSelector, labelSelectorOf } from "../../server/analyzer/model/label-selector.js";
import type {
  ClusterObject,
  ContainerPort,
  IpBlock,
  NetworkPolicyObject,
  PortRule,
  ServiceObject,
  TieredPeer,
  TieredPolicyObject,
} from "../../server/analyzer/model/objects.js";
import { lastAddress, parseIp } from "../../server/analyzer/sets/ip.js";

/** What an object of the model must never be, whatever the input was; empty when all is well. */
export const brokenInvariants = (object: ClusterObject): readonly string[] => [
  ...brokenMeta(object),
  ...brokenKind(object),
];

const clusterScoped: ReadonlySet<string> = new Set([
  "Namespace",
  "Node",
  "ClusterNetworkPolicy",
  "AdminNetworkPolicy",
  "BaselineAdminNetworkPolicy",
]);

const brokenMeta = (object: ClusterObject): readonly string[] => [
  ...claim(object.name !== "", "has no name"),
  ...claim(
    object.kind === "UnmodelledPolicy" ||
      (object.namespace === "") === clusterScoped.has(object.kind),
    `has the namespace "${object.namespace}"`,
  ),
  ...[object.labels, object.annotations].flatMap((map) =>
    Object.values(map).flatMap((value) =>
      claim(typeof value === "string", "has a label that is no text"),
    ),
  ),
];

const brokenKind = (object: ClusterObject): readonly string[] => {
  switch (object.kind) {
    case "NetworkPolicy":
      return brokenNetworkPolicy(object);
    case "ClusterNetworkPolicy":
    case "AdminNetworkPolicy":
    case "BaselineAdminNetworkPolicy":
      return brokenTieredPolicy(object);
    case "UnmodelledPolicy":
      return [
        ...claim(object.directions.length > 0, "has no direction"),
        ...[object.podSelector, object.namespaceSelector].flatMap(brokenSelector),
      ];
    case "Pod":
      return [
        ...object.ports.flatMap(brokenPort),
        ...object.ips.flatMap((ip) => claim(parseIp(ip) !== undefined, `has the address ${ip}`)),
      ];
    case "Service":
      return brokenService(object);
    case "EndpointSlice":
      return object.endpoints.flatMap(({ addresses }) =>
        claim(addresses.length > 0, "has an endpoint without address"),
      );
    case "Namespace":
    case "Node":
    case "ConfigMap":
    case "Event":
      return [];
    default:
      return [
        ...claim(object.replicas === undefined || object.replicas >= 0, "wants less than no pods"),
        ...object.template.ports.flatMap(brokenPort),
      ];
  }
};

const brokenNetworkPolicy = (policy: NetworkPolicyObject): readonly string[] => [
  ...claim(policy.isolates.length > 0, "isolates nothing"),
  ...claim(new Set(policy.isolates).size === policy.isolates.length, "isolates twice"),
  ...brokenSelector(policy.podSelector),
  ...[...policy.ingress, ...policy.egress].flatMap(({ peers, ports }) => [
    ...claim(peers === undefined || peers.length > 0, "has an empty list of peers"),
    ...claim(ports === undefined || ports.length > 0, "has an empty list of ports"),
    ...(ports ?? []).flatMap(brokenPortRule),
    ...(peers ?? []).flatMap((peer) =>
      peer.kind === "ipBlock"
        ? brokenBlock(peer.block)
        : [
            ...claim(
              peer.podSelector !== undefined || peer.namespaceSelector !== undefined,
              "has an empty peer",
            ),
            ...brokenSelector(peer.podSelector),
            ...brokenSelector(peer.namespaceSelector),
          ],
    ),
  ]),
];

const brokenTieredPolicy = (policy: TieredPolicyObject): readonly string[] => [
  ...claim(policy.priority >= 0 && policy.priority <= 1000, `has priority ${policy.priority}`),
  ...claim(
    policy.ingress.every(({ peers }) => peers.every(({ kind }) => !outside.has(kind))),
    "has addresses as sources",
  ),
  ...[...policy.ingress, ...policy.egress].flatMap(({ peers, ports, action }) => [
    ...claim(peers.length > 0, "has a rule without peers"),
    ...claim(ports === undefined || ports.length > 0, "has an empty list of ports"),
    ...claim(
      action === "accept" || peers.every(({ kind }) => kind !== "domainNames"),
      "denies by name",
    ),
    ...(ports ?? []).flatMap(brokenPortRule),
    ...peers.flatMap(brokenTieredPeer),
  ]),
];

const outside: ReadonlySet<string> = new Set(["networks", "nodes", "domainNames"]);

const brokenTieredPeer = (peer: TieredPeer): readonly string[] => {
  switch (peer.kind) {
    case "networks":
      return [
        ...claim(peer.blocks.length > 0, "has no networks"),
        ...peer.blocks.flatMap(brokenBlock),
      ];
    case "pods":
      return [...brokenSelector(peer.namespaceSelector), ...brokenSelector(peer.podSelector)];
    case "namespaces":
    case "nodes":
      return brokenSelector(peer.selector);
    case "domainNames":
      return claim(peer.names.length > 0, "has no domain names");
    case "unknown":
      return claim(peer.fields.length > 0, "has an unknown peer without fields");
  }
};

const brokenSelector = (selector: LabelSelector | undefined): readonly string[] => {
  if (selector === undefined) return [];
  const { requirements, key } = selector;
  return [
    ...claim(labelSelectorOf(requirements).key === key, "has a selector whose key is another's"),
    ...requirements.flatMap(({ operator, values }) =>
      claim(
        (operator === "In" || operator === "NotIn") === values.length > 0,
        `has ${operator} with ${values.length} values`,
      ),
    ),
  ];
};

const brokenPortRule = (rule: PortRule): readonly string[] =>
  rule.kind === "numbers"
    ? claim(
        isPort(rule.first) && isPort(rule.last) && rule.first <= rule.last,
        `has ports ${rule.first}-${rule.last}`,
      )
    : [];

const brokenBlock = ({ range, except, exceptTexts }: IpBlock): readonly string[] => [
  ...claim(except.length === exceptTexts.length, "has exceptions without texts"),
  ...claim(
    range.first >= 0n && range.first <= range.last && range.last <= lastAddress(range.family),
    "has a range that is none",
  ),
  ...except.flatMap((hole) =>
    claim(
      hole.family === range.family && hole.first >= range.first && hole.last <= range.last,
      "has an exception outside",
    ),
  ),
];

const brokenPort = ({ port, hostPort }: ContainerPort): readonly string[] =>
  claim(isPort(port) && (hostPort === undefined || isPort(hostPort)), `has port ${port}`);

const brokenService = ({ ports, clusterIps }: ServiceObject): readonly string[] => [
  ...ports.flatMap(({ port, targetPort, nodePort }) =>
    claim(
      isPort(port) &&
        (typeof targetPort === "string" ? targetPort !== "" : isPort(targetPort)) &&
        (nodePort === undefined || isPort(nodePort)),
      `has port ${port} to ${targetPort}`,
    ),
  ),
  ...clusterIps.flatMap((ip) =>
    claim(ip === "None" || parseIp(ip) !== undefined, `has the address ${ip}`),
  ),
];

const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65_535;

const claim = (holds: boolean, otherwise: string): readonly string[] => (holds ? [] : [otherwise]);
