import type { ObjectMeta, PortRule, TieredPolicyObject } from "../../analyzer/model/objects.js";
import type { Field } from "./field.js";
import { portNameFault, portNumber } from "./names.js";
import { transportProtocols } from "./network-policy.js";
import { priorityOf, subjectOf, type TieredDialect, tieredRulesOf } from "./tiered-policy.js";
import { warnUnknownFields } from "./unknown-fields.js";

/** Reads a policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy. Faults as its custom resource definition finds them. */
export const clusterNetworkPolicyOf = (object: Field, meta: ObjectMeta): TieredPolicyObject => {
  const spec = specOf(object, ["tier", "priority", "subject", "ingress", "egress"]);
  const tier = spec.field("tier");
  if (!tier.present) tier.error("is required: Admin or Baseline");
  return {
    kind: "ClusterNetworkPolicy",
    ...meta,
    tier: tier.word(["Admin", "Baseline"]) === "Baseline" ? "baseline" : "admin",
    priority: priorityOf(spec),
    ...rulesOf(spec, clusterNetworkPolicy),
  };
};

/** Reads a policy.networking.k8s.io/v1alpha1 AdminNetworkPolicy, also in the shapes that it had before 0.1.7. */
export const adminNetworkPolicyOf = (object: Field, meta: ObjectMeta): TieredPolicyObject => {
  const spec = specOf(object, ["priority", "subject", "ingress", "egress"]);
  return {
    kind: "AdminNetworkPolicy",
    ...meta,
    tier: "admin",
    priority: priorityOf(spec),
    ...rulesOf(spec, adminNetworkPolicy),
  };
};

/** Reads a policy.networking.k8s.io/v1alpha1 BaselineAdminNetworkPolicy; there is one, named default. */
export const baselineAdminNetworkPolicyOf = (
  object: Field,
  meta: ObjectMeta,
): TieredPolicyObject => {
  const spec = specOf(object, ["subject", "ingress", "egress"]);
  if (meta.name !== "default") {
    object.field("metadata").field("name").error("must be default: there is one such policy");
  }
  return {
    kind: "BaselineAdminNetworkPolicy",
    ...meta,
    tier: "baseline",
    priority: 0,
    ...rulesOf(spec, baselineAdminNetworkPolicy),
  };
};

const specOf = (object: Field, known: readonly string[]): Field => {
  warnUnknownFields(object, ["apiVersion", "kind", "metadata", "spec", "status"]);
  const spec = object.field("spec");
  if (spec.record() === undefined && !spec.present) spec.error("is required");
  if (spec.record() !== undefined) warnUnknownFields(spec, known);
  return spec;
};

const rulesOf = (
  spec: Field,
  dialect: TieredDialect,
): Pick<TieredPolicyObject, "subject" | "ingress" | "egress"> => ({
  subject: subjectOf(spec),
  ingress: tieredRulesOf(spec.field("ingress"), { side: "from", dialect }),
  egress: tieredRulesOf(spec.field("egress"), { side: "to", dialect }),
});

/** v1alpha1: portNumber, portRange or namedPort. */
const portOfList = (entry: Field): readonly PortRule[] => {
  const key = onlyKeyOf(entry, ["portNumber", "portRange", "namedPort"]);
  if (key === undefined) return [];
  const field = entry.field(key);
  if (key === "namedPort") return namedPortOf(field);
  const isRange = key === "portRange";
  if (field.record() !== undefined) {
    warnUnknownFields(field, isRange ? ["protocol", "start", "end"] : ["protocol", "port"]);
  }
  const protocol = field.field("protocol").word(transportProtocols) ?? "TCP";
  return isRange ? rangeOf(field, protocol) : numberOf(field.field("port"), protocol);
};

/** v1alpha2: tcp, udp or sctp with a destinationPort, or destinationNamedPort of any protocol. */
const portOfProtocols = (entry: Field): readonly PortRule[] => {
  const key = onlyKeyOf(entry, ["tcp", "udp", "sctp", "destinationNamedPort"]);
  if (key === undefined) return [];
  const field = entry.field(key);
  if (key === "destinationNamedPort") return namedPortOf(field);
  const protocol = transportProtocols.find((word) => word.toLowerCase() === key) ?? "TCP";
  if (field.record() !== undefined) warnUnknownFields(field, ["destinationPort"]);
  const port = field.field("destinationPort");
  if (!port.present) {
    field.error("must have destinationPort; for all ports write range: {start: 1, end: 65535}");
    return [];
  }
  const part = onlyKeyOf(port, ["number", "range"]);
  if (part === undefined) return [];
  return part === "number"
    ? numberOf(port.field("number"), protocol)
    : rangeOf(port.field("range"), protocol);
};

const onlyKeyOf = <T extends string>(entry: Field, known: readonly T[]): T | undefined => {
  if (entry.record() === undefined && entry.present) return undefined;
  const given = known.filter((key) => entry.field(key).present);
  if (entry.present) warnUnknownFields(entry, known);
  if (given.length !== 1) entry.error(`must have exactly one of ${known.join(", ")}`);
  return given[0];
};

const namedPortOf = (field: Field): readonly PortRule[] => {
  const name = field.string();
  if (name !== undefined && portNameFault(name) !== undefined) {
    field.warning(`no container port can have the name "${name.slice(0, 20)}"`);
  }
  return name === undefined ? [] : [{ kind: "named", name }];
};

const numberOf = (field: Field, protocol: "TCP" | "UDP" | "SCTP"): readonly PortRule[] => {
  if (!field.present) field.error("is required");
  const port = portNumber(field);
  return port === undefined ? [] : [{ kind: "numbers", protocol, first: port, last: port }];
};

const rangeOf = (range: Field, protocol: "TCP" | "UDP" | "SCTP"): readonly PortRule[] => {
  const start = range.field("start");
  const end = range.field("end");
  for (const field of [start, end]) if (!field.present) field.error("is required");
  const first = portNumber(start);
  const last = portNumber(end);
  if (first === undefined || last === undefined) return [];
  if (first >= last) {
    range.error(`start ${first} must be less than end ${last}: for one port write its number`);
    return [];
  }
  return [{ kind: "numbers", protocol, first, last }];
};

const insidePeers = ["namespaces", "pods"] as const;

const clusterNetworkPolicy: TieredDialect = {
  actions: { Accept: "accept", Deny: "deny", Pass: "pass" },
  rulesMax: 25,
  peersMax: 25,
  portsMax: 25,
  portsKey: "protocols",
  portOf: portOfProtocols,
  peers: { from: insidePeers, to: [...insidePeers, "nodes", "networks", "domainNames"] },
  oldPeers: false,
};

const adminNetworkPolicy: TieredDialect = {
  actions: { Allow: "accept", Deny: "deny", Pass: "pass" },
  rulesMax: 100,
  peersMax: 100,
  portsMax: 100,
  portsKey: "ports",
  portOf: portOfList,
  peers: { from: insidePeers, to: [...insidePeers, "nodes", "networks", "domainNames"] },
  oldPeers: true,
};

const baselineAdminNetworkPolicy: TieredDialect = {
  ...adminNetworkPolicy,
  actions: { Allow: "accept", Deny: "deny" },
  peers: { from: insidePeers, to: [...insidePeers, "nodes", "networks"] },
};
