import type { ServiceObject, ServicePort } from "../model/objects.js";
import type { IpFamily } from "../sets/ip.js";
import type { ServiceEndpoint, ServiceEndpoints } from "./service-endpoints.js";
import { hasSelector } from "./service-endpoints.js";
import { targetPortOn } from "./service-legs.js";
import type { ServiceIssue, ServiceLeg, ServiceQuestion } from "./service-route.js";

/** Why no port of a Service was meant: another protocol has the number, or none has. */
export const portIssues = (
  { service, way, port, protocol }: ServiceQuestion,
  { endpoints }: ServiceEndpoints,
): readonly ServiceIssue[] => {
  if (port === 0 && protocol === undefined) return [];
  const byNode = way.kind === "node-port" && way.node !== undefined;
  const defined = byNode
    ? service.ports.filter(({ nodePort }) => nodePort !== undefined)
    : service.ports;
  const sameNumber = defined.filter((each) => (byNode ? each.nodePort : each.port) === port);
  if (sameNumber.length > 0 && protocol !== undefined) {
    return [{ kind: "protocol-mismatch", port, protocol, defined: sameNumber }];
  }
  const targetOf =
    port === 0 ? undefined : defined.find((each) => targetsOf(each, endpoints).has(port));
  return [
    {
      kind: "port-not-defined",
      port,
      defined,
      ...(targetOf === undefined ? {} : { targetOf }),
    },
  ];
};

/** What a Service port stands for on the endpoints. */
const targetsOf = (
  servicePort: ServicePort,
  endpoints: readonly ServiceEndpoint[],
): ReadonlySet<number | string | undefined> =>
  new Set([
    servicePort.targetPort,
    ...endpoints.map(({ holder }) =>
      holder.kind === "pod" ? targetPortOn(servicePort, holder.pod) : undefined,
    ),
  ]);

/** Whether client and Service have no family in common. */
export const familyIssues = (
  client: readonly IpFamily[] | undefined,
  service: readonly IpFamily[] | undefined,
): readonly ServiceIssue[] =>
  client === undefined || service === undefined || client.some((family) => service.includes(family))
    ? []
    : [{ kind: "family-mismatch", client, service }];

/** What stands out about the endpoints that a Service's ports lead to. */
export const legIssues = (
  service: ServiceObject,
  { from, endpoints, selected }: ServiceEndpoints,
  legs: readonly ServiceLeg[],
): readonly ServiceIssue[] => {
  if (endpoints.length === 0) {
    return from === "none" || (from === "slices" && !hasSelector(service))
      ? [{ kind: "no-selector" }]
      : [{ kind: "no-endpoints", selected }];
  }
  const used = endpointsIn(legs, "used");
  return [
    ...readinessIssues(legs, used),
    ...unresolvedIssues(legs),
    ...staleIssues(legs),
    ...(service.sessionAffinity === "ClientIP" && used.length > 1
      ? ([{ kind: "session-affinity" }] as const)
      : []),
  ];
};

const endpointsIn = (
  legs: readonly ServiceLeg[],
  ...states: readonly ServiceLeg["state"][]
): readonly ServiceEndpoint[] => [
  ...new Set(legs.filter(({ state }) => states.includes(state)).map(({ endpoint }) => endpoint)),
];

const readinessIssues = (
  legs: readonly ServiceLeg[],
  used: readonly ServiceEndpoint[],
): readonly ServiceIssue[] => {
  const notReady = endpointsIn(legs, "not-ready", "terminating");
  if (used.length > 0 && used.every(({ ready }) => !ready)) return [{ kind: "only-terminating" }];
  if (notReady.length === 0) return [];
  const taken = legs.some(({ state }) => state === "used" || state === "stale");
  return [{ kind: taken ? "endpoints-not-ready" : "no-ready-endpoints", notReady }];
};

const unresolvedIssues = (legs: readonly ServiceLeg[]): readonly ServiceIssue[] => {
  const byPort = new Map<ServiceLeg["servicePort"], ServiceEndpoint[]>();
  for (const { servicePort, endpoint, state } of legs) {
    if (state !== "port-unresolved") continue;
    const known = byPort.get(servicePort);
    if (known === undefined) byPort.set(servicePort, [endpoint]);
    else known.push(endpoint);
  }
  return [...byPort].flatMap(([servicePort, endpoints]) =>
    servicePort === undefined
      ? []
      : [
          {
            kind: "port-unresolved" as const,
            servicePort,
            endpoints,
            bySlice: endpoints.some(({ slice }) => slice !== undefined),
          },
        ],
  );
};

const staleIssues = (legs: readonly ServiceLeg[]): readonly ServiceIssue[] => {
  const endpoints = endpointsIn(legs, "stale");
  return endpoints.length === 0 ? [] : [{ kind: "stale-endpoints", endpoints }];
};
