import type { PodObject, ServiceObject, ServicePort } from "../../model/objects.js";
import type { ServiceIssue, ServiceRoute } from "../../service/service-route.js";
import { serviceIssueText, servicePortText } from "../../service/service-text.js";
import { kubectl } from "../findings/shell-words.js";
import { describeService, jsonPatchService, listSlices } from "./service-commands.js";
import type { ServiceFault } from "./service-faults.js";

type Hits = ServiceFault["hits"];
type IssueOf<K extends ServiceIssue["kind"]> = Extract<ServiceIssue, { readonly kind: K }>;

/** A port, or a protocol of it, that the Service does not have. */
export const portFault = (
  route: ServiceRoute,
  issue: IssueOf<"port-not-defined"> | IssueOf<"protocol-mismatch">,
  hits: Hits,
): ServiceFault => {
  const { service } = route;
  const defined = issue.defined.map(servicePortText).join(", ");
  const mismatch = issue.kind === "protocol-mismatch";
  return {
    code: mismatch ? "SERVICE_PROTOCOL_MISMATCH" : "SERVICE_PORT_NOT_DEFINED",
    effect: "blocks",
    hits,
    issue: serviceIssueText(route, issue),
    solution: mismatch
      ? `Use the protocol that the Service has, or add a port of ${issue.protocol} to it`
      : `Use a port that the Service has${defined === "" ? "" : ` (${defined})`}, or add port ${issue.port} to it`,
    why: "Only the ports of a Service are translated; connections to others reach nobody.",
    steps: [
      describeService(service),
      kubectl(service.namespace, "get", "service", service.name, "-o", "yaml"),
    ],
    data: { port: String(issue.port), defined },
    prevention: "Let clients take the port from the Service's definition or its SRV record.",
  };
};

/** A target port by a name that pods, or the slices, don't have. */
export const unresolvedFault = (
  route: ServiceRoute,
  issue: IssueOf<"port-unresolved">,
  hits: Hits,
): ServiceFault => {
  const { service, legs } = route;
  const { servicePort } = issue;
  const used = legs.some(({ state, servicePort: own }) => state === "used" && own === servicePort);
  const declared = declaredText(
    issue.endpoints.flatMap(({ holder }) => (holder.kind === "pod" ? [holder.pod] : [])),
  );
  return {
    code: "SERVICE_NAMED_PORT_UNRESOLVED",
    effect: used ? "risk" : "blocks",
    hits,
    issue: serviceIssueText(route, issue),
    solution: `Name the container's port "${servicePort.targetPort}", or give the Service's targetPort as a number`,
    why: "A target port by name stands for the port of that name on each pod; a pod without it is no endpoint of the port.",
    steps: [describeService(service), listSlices(service)],
    data: { target_port: String(servicePort.targetPort), declared },
    risk: "none",
    prevention: "Keep port names of containers and Services in one place.",
  };
};

/** A headless Service asked on a port that only a Service with an address would translate. */
export const headlessFault = (
  route: ServiceRoute,
  issue: IssueOf<"headless-port">,
  hits: Hits,
): ServiceFault => {
  const { service } = route;
  const { servicePort } = issue;
  return {
    code: "SERVICE_HEADLESS_EXPECTED_VIP",
    effect: "blocks",
    proof: "inferred",
    hits,
    issue: serviceIssueText(route, issue),
    solution: `Connect to port ${servicePort.targetPort}, or give the Service an address`,
    why: "The name of a headless Service gives the addresses of its pods: clients connect to them directly, and no port is translated.",
    steps: [describeService(service), listSlices(service)],
    data: {
      cluster_ip: "None",
      port: String(servicePort.port),
      target_port: String(servicePort.targetPort),
    },
    prevention: "Give headless Services the same port and targetPort.",
  };
};

/** What a Service's target port and the ports that its pods declare have against each other; nothing where they fit. */
export const targetFault = (
  service: ServiceObject,
  {
    servicePort,
    pod,
    hits,
  }: { readonly servicePort: ServicePort; readonly pod: PodObject; readonly hits: Hits },
): ServiceFault | undefined => {
  const { targetPort, protocol } = servicePort;
  if (typeof targetPort !== "number" || !declaresEverything(pod)) return undefined;
  const same = pod.ports.filter(({ port }) => port === targetPort);
  if (same.some((port) => port.protocol === protocol)) return undefined;
  const declared = declaredText([pod]);
  const index = service.ports.indexOf(servicePort);
  const [only, ...others] = pod.ports.filter((port) => port.protocol === protocol);
  const data = { target_port: `${targetPort}/${protocol}`, declared };
  if (same.length > 0) {
    return {
      code: "SERVICE_PROTOCOL_MISMATCH",
      effect: "blocks",
      certainty: 0.55,
      proof: "inferred",
      hits,
      issue: `Service ${service.namespace}/${service.name} port ${servicePortText(servicePort)}: its pods have ${targetPort} for ${same.map((port) => port.protocol).join(" and ")}`,
      solution: `Give the Service's port the protocol that its pods have`,
      why: "TCP and UDP ports of one number are different ports.",
      steps: [describeService(service)],
      data,
      prevention: "Write the protocol of each port out.",
    };
  }
  if (only === undefined) return undefined;
  const patch = [{ op: "replace", path: `/spec/ports/${index}/targetPort`, value: only.port }];
  const steps =
    others.length === 0 ? [jsonPatchService(service, patch)] : [describeService(service)];
  return {
    code: "SERVICE_TARGETPORT_WRONG",
    effect: "blocks",
    proof: "inferred",
    equivalentTo: [],
    hits,
    issue: `Service ${service.namespace}/${service.name} port ${servicePortText(servicePort)}: its pods declare ${declared}, not ${targetPort}`,
    solution:
      others.length === 0
        ? `Set the Service's targetPort to ${only.port}, if that is where the application listens`
        : `Set the Service's targetPort to the port where the application listens`,
    why: "Connections go to the targetPort of the pods; where nothing listens they are refused. A container may listen on ports that it does not declare, so look before changing it.",
    steps: [...steps, listSlices(service)],
    data,
    risk: "low",
    rollback:
      others.length === 0
        ? jsonPatchService(service, [
            { op: "replace", path: `/spec/ports/${index}/targetPort`, value: targetPort },
          ])
        : "",
    prevention: "Refer to container ports by name.",
  };
};

/** Whether the pod declares ports at all, and no container that is seen declares none. */
const declaresEverything = ({ ports, containers }: PodObject): boolean =>
  ports.length > 0 &&
  containers.every(
    ({ name, terminated }) =>
      terminated !== undefined || ports.some(({ container }) => container === name),
  );

const declaredText = (pods: readonly PodObject[]): string => {
  const texts = pods.flatMap(({ ports }) =>
    ports.map(
      ({ port, protocol, name }) => `${port}/${protocol}${name === undefined ? "" : ` (${name})`}`,
    ),
  );
  return [...new Set(texts)].sort().join(", ");
};
