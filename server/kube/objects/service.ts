import type { ObjectMeta, ServiceObject, ServicePort } from "../../analyzer/model/objects.js";
import type { Field } from "./field.js";
import { given, listOrNone } from "./given.js";
import { dnsLabelFault, dnsSubdomainFault, labelsOf, portNameFault, portNumber } from "./names.js";
import { transportProtocols } from "./network-policy.js";
import { addressOf } from "./pod.js";

const sourceRangesAnnotation = "service.beta.kubernetes.io/load-balancer-source-ranges";

/** Reads a core/v1 Service: defaults as core/v1 sets them, faults as core validation finds them. */
export const serviceOf = (object: Field, meta: ObjectMeta): ServiceObject => {
  const spec = object.field("spec");
  spec.record();
  const type =
    spec.field("type").word(["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]) ??
    "ClusterIP";
  const clusterIps = clusterIpsOf(spec);
  const ports = portsOf(spec.field("ports"));
  if (ports.length === 0 && type !== "ExternalName" && clusterIps[0] !== "None") {
    const field = spec.field("ports");
    if (!field.present || (Array.isArray(field.value) && field.value.length === 0)) {
      field.error("is required: only a headless or ExternalName Service has no ports");
    }
  }
  const selector = spec.field("selector");
  return {
    kind: "Service",
    ...meta,
    type,
    ...given("selector", selector.present ? labelsOf(selector) : undefined),
    clusterIps: listOrNone(clusterIps),
    externalIps: listOrNone(addressesOf(spec.field("externalIPs"))),
    loadBalancerIps: listOrNone(loadBalancerIpsOf(object)),
    loadBalancerSourceRanges: listOrNone(sourceRangesOf(spec, meta)),
    ...given("externalName", type === "ExternalName" ? externalNameOf(spec) : undefined),
    ports: listOrNone(ports),
    ipFamilies: listOrNone(
      spec.itemsAt("ipFamilies").flatMap((item) => item.word(["IPv4", "IPv6"] as const) ?? []),
    ),
    internalTrafficPolicy:
      spec.field("internalTrafficPolicy").word(["Cluster", "Local"]) ?? "Cluster",
    externalTrafficPolicy:
      spec.field("externalTrafficPolicy").word(["Cluster", "Local"]) ?? "Cluster",
    sessionAffinity: spec.field("sessionAffinity").word(["None", "ClientIP"]) ?? "None",
    publishNotReadyAddresses: spec.field("publishNotReadyAddresses").boolean() ?? false,
  };
};

const addressesOf = (list: Field): readonly string[] =>
  list.items().flatMap((item) => addressOf(item) ?? []);

const clusterIpsOf = (spec: Field): readonly string[] => {
  const list = spec.itemsAt("clusterIPs");
  const fields = list.length > 0 ? list : [spec.field("clusterIP")];
  return fields.flatMap((field) => (field.value === "None" ? "None" : (addressOf(field) ?? [])));
};

const loadBalancerIpsOf = (object: Field): readonly string[] => {
  const ingress = object.field("status").field("loadBalancer").field("ingress");
  const assigned = ingress.items().flatMap((item) => addressOf(item.field("ip")) ?? []);
  return assigned.length > 0
    ? assigned
    : [addressOf(object.field("spec").field("loadBalancerIP")) ?? []].flat();
};

const sourceRangesOf = (spec: Field, { annotations }: ObjectMeta): readonly string[] => {
  const ranges = spec.field("loadBalancerSourceRanges").strings();
  const annotated = Object.hasOwn(annotations, sourceRangesAnnotation)
    ? annotations[sourceRangesAnnotation]
    : undefined;
  return ranges.length > 0 || annotated === undefined
    ? ranges
    : annotated.split(",").map((range) => range.trim());
};

const externalNameOf = (spec: Field): string | undefined => {
  const field = spec.field("externalName");
  const name = field.text();
  if (name === undefined) field.error("is required: an ExternalName Service stands for a DNS name");
  const fault =
    name === undefined ? undefined : dnsSubdomainFault(name.toLowerCase().replace(/\.$/, ""));
  if (fault !== undefined) field.error(fault);
  return name;
};

const portsOf = (list: Field): readonly ServicePort[] => {
  const items = list.items();
  const names = new Set<string>();
  const numbers = new Set<string>();
  return items.flatMap((entry) => {
    const port = portOf(entry);
    const name = entry.field("name");
    if (items.length > 1 && (!name.present || name.value === "")) {
      name.error("is required where a Service has more than one port");
    }
    if (port === undefined) return [];
    if (port.name !== undefined && names.has(port.name)) {
      name.error(`"${port.name}" is the name of another port of this Service`);
    }
    names.add(port.name ?? "");
    const number = `${port.port}/${port.protocol}`;
    if (numbers.has(number)) entry.field("port").error(`${number} is there twice`);
    numbers.add(number);
    return [port];
  });
};

const portOf = (entry: Field): ServicePort | undefined => {
  const nameField = entry.field("name");
  const name = nameField.text();
  const fault = name === undefined ? undefined : dnsLabelFault(name);
  if (fault !== undefined) nameField.error(fault);
  const portField = entry.field("port");
  if (!portField.present) portField.error("is required");
  const port = portNumber(portField);
  const protocol = entry.field("protocol").word(transportProtocols) ?? "TCP";
  const nodePort = entry.field("nodePort");
  const nodePortNumber = nodePort.value === 0 ? undefined : portNumber(nodePort);
  if (port === undefined) return undefined;
  return {
    ...given("name", name),
    port,
    protocol,
    targetPort: targetPortOf(entry.field("targetPort")) ?? port,
    ...given("nodePort", nodePortNumber),
    ...given("appProtocol", entry.textAt("appProtocol")),
  };
};

const targetPortOf = (field: Field): number | string | undefined => {
  if (field.value === 0 || field.value === "") return undefined;
  if (typeof field.value !== "string") return portNumber(field);
  const fault = portNameFault(field.value);
  if (fault !== undefined) field.error(fault);
  return field.value;
};
