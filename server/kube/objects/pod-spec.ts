import type { ContainerPort, PodSpec } from "../../analyzer/model/objects.js";
import type { Field } from "./field.js";
import { given, listOrNone } from "./given.js";
import { portNameFault, portNumber } from "./names.js";
import { transportProtocols } from "./network-policy.js";

/** Reads the part of a pod's spec, or of a template's, that says how it takes part in the network. */
export const podSpecOf = (spec: Field): PodSpec => {
  spec.record();
  const hostNetwork = spec.field("hostNetwork").boolean() ?? false;
  const dnsConfig = spec.field("dnsConfig");
  return {
    hostNetwork,
    ...given("nodeName", spec.field("nodeName").text()),
    serviceAccount:
      spec.field("serviceAccountName").text() ?? spec.field("serviceAccount").text() ?? "default",
    ports: listOrNone(containersOf(spec).flatMap((container) => portsOf(container, hostNetwork))),
    dnsPolicy: spec.field("dnsPolicy").text() ?? "ClusterFirst",
    dnsNameservers: listOrNone(dnsConfig.field("nameservers").strings()),
    dnsSearches: listOrNone(dnsConfig.field("searches").strings()),
    ...given("dnsNdots", ndotsOf(dnsConfig.field("options"))),
    ...given("hostname", spec.field("hostname").text()),
    ...given("subdomain", spec.field("subdomain").text()),
    readinessGates: listOrNone(
      spec
        .field("readinessGates")
        .items()
        .flatMap((gate) => gate.field("conditionType").text() ?? []),
    ),
  };
};

/** Containers that run with the pod: init containers end before, but for sidecars (restartPolicy Always). */
const containersOf = (spec: Field): readonly Field[] => [
  ...spec.field("containers").items(),
  ...spec
    .field("initContainers")
    .items()
    .filter((container) => container.field("restartPolicy").value === "Always"),
];

const portsOf = (container: Field, hostNetwork: boolean): readonly ContainerPort[] => {
  if (container.record() === undefined) return [];
  const ports = container.field("ports").items();
  if (ports.length === 0) return [];
  const name = container.field("name").text() ?? "";
  const names = new Set<string>();
  return ports.flatMap((port) => portOf(port, { container: name, hostNetwork, names }));
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
): readonly ContainerPort[] => {
  const field = entry.field("containerPort");
  const port = portNumber(field);
  if (!field.present) field.tolerate("is missing: the port is not read");
  const protocol = entry.field("protocol").word(transportProtocols) ?? "TCP";
  const name = portNameOf(entry.field("name"), names);
  const hostPort = entry.field("hostPort");
  if (port === undefined) return [];
  // On the host network every port is one of the host (core/v1 defaults).
  const onHost = hostPort.value === 0 || !hostPort.present ? undefined : portNumber(hostPort);
  return [
    {
      ...given("name", name),
      port,
      protocol,
      ...given("hostPort", onHost ?? (hostNetwork ? port : undefined)),
      container,
    },
  ];
};

const portNameOf = (field: Field, names: Set<string>): string | undefined => {
  const name = field.text();
  if (name === undefined) return undefined;
  const fault = portNameFault(name);
  if (fault !== undefined) field.error(fault);
  if (names.has(name)) field.error(`"${name}" is the name of another port of this container`);
  names.add(name);
  return name;
};

const ndotsOf = (options: Field): number | undefined => {
  for (const option of options.items()) {
    if (option.field("name").value !== "ndots") continue;
    const value = Number(option.field("value").text());
    return Number.isInteger(value) && value >= 0 ? value : undefined;
  }
  return undefined;
};
