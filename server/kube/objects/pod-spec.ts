import type { ContainerPort, PodSpec } from "../../analyzer/model/objects.js";
import type { Field } from "./field.js";
import { type Draft, listOrNone, none } from "./given.js";
import { portNameFault, portNumber } from "./names.js";
import { transportProtocols } from "./network-policy.js";

/** Reads the part of a pod's spec, or of a template's, that says how it takes part in the network. */
export const podSpecOf = (spec: Field): PodSpec => {
  spec.record();
  const hostNetwork =
    spec.valueAt("hostNetwork") !== undefined && isTrue(spec.field("hostNetwork"));
  const made: Draft<PodSpec> = {
    hostNetwork,
    serviceAccount: spec.textAt("serviceAccountName") ?? spec.textAt("serviceAccount") ?? "default",
    ports: portsOf(spec, hostNetwork),
    dnsPolicy: spec.textAt("dnsPolicy") ?? "ClusterFirst",
    dnsNameservers: none,
    dnsSearches: none,
    readinessGates: gatesOf(spec),
  };
  const nodeName = spec.textAt("nodeName");
  if (nodeName !== undefined) made.nodeName = nodeName;
  const hostname = spec.textAt("hostname");
  if (hostname !== undefined) made.hostname = hostname;
  const subdomain = spec.textAt("subdomain");
  if (subdomain !== undefined) made.subdomain = subdomain;
  if (spec.valueAt("dnsConfig") !== undefined) addDnsConfig(made, spec.field("dnsConfig"));
  return made;
};

const isTrue = (field: Field): boolean => field.boolean() ?? false;

const addDnsConfig = (made: Draft<PodSpec>, config: Field): void => {
  config.record();
  made.dnsNameservers = listOrNone(config.field("nameservers").strings());
  made.dnsSearches = listOrNone(config.field("searches").strings());
  const ndots = ndotsOf(config);
  if (ndots !== undefined) made.dnsNdots = ndots;
};

const gatesOf = (spec: Field): readonly string[] =>
  listOrNone(spec.itemsAt("readinessGates").flatMap((gate) => gate.textAt("conditionType") ?? []));

/** Ports of the containers that run with the pod: init containers end before, but for sidecars (restartPolicy Always). */
const portsOf = (spec: Field, hostNetwork: boolean): readonly ContainerPort[] => {
  const ports: ContainerPort[] = [];
  for (const container of spec.itemsAt("containers")) addPorts(ports, container, hostNetwork);
  for (const container of spec.itemsAt("initContainers")) {
    if (container.valueAt("restartPolicy") === "Always") addPorts(ports, container, hostNetwork);
  }
  return listOrNone(ports);
};

const addPorts = (ports: ContainerPort[], container: Field, hostNetwork: boolean): void => {
  if (container.record() === undefined) return;
  const items = container.itemsAt("ports");
  if (items.length === 0) return;
  const name = container.textAt("name") ?? "";
  const names = new Set<string>();
  for (const item of items) {
    const port = portOf(item, { container: name, hostNetwork, names });
    if (port !== undefined) ports.push(port);
  }
};

type PortContext = {
  readonly container: string;
  readonly hostNetwork: boolean;
  /** Names of the container's ports so far. */
  readonly names: Set<string>;
};

const portOf = (
  entry: Field,
  { container, hostNetwork, names }: PortContext,
): ContainerPort | undefined => {
  const field = entry.field("containerPort");
  const port = portNumber(field);
  if (!field.present) field.tolerate("is missing: the port is not read");
  const protocol =
    entry.valueAt("protocol") === "TCP" ? "TCP" : entry.field("protocol").word(transportProtocols);
  const name = portNameOf(entry, names);
  const hostPort = entry.valueAt("hostPort");
  // On the host network every port is one of the host (core/v1 defaults).
  const onHost =
    (hostPort === undefined || hostPort === 0 ? undefined : portNumber(entry.field("hostPort"))) ??
    (hostNetwork ? port : undefined);
  if (port === undefined) return undefined;
  const made: Draft<ContainerPort> = { port, protocol: protocol ?? "TCP", container };
  if (name !== undefined) made.name = name;
  if (onHost !== undefined) made.hostPort = onHost;
  return made;
};

const portNameOf = (entry: Field, names: Set<string>): string | undefined => {
  const name = entry.textAt("name");
  if (name === undefined) return undefined;
  const fault = portNameFault(name);
  if (fault !== undefined) entry.field("name").error(fault);
  if (names.has(name)) {
    entry.field("name").error(`"${name}" is the name of another port of this container`);
  }
  names.add(name);
  return name;
};

const ndotsOf = (config: Field): number | undefined => {
  for (const option of config.itemsAt("options")) {
    if (option.valueAt("name") !== "ndots") continue;
    const value = Number(option.textAt("value"));
    return Number.isInteger(value) && value >= 0 ? value : undefined;
  }
  return undefined;
};
