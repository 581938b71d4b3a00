import type { PolicyWorld } from "../../policy-world.js";
import { hasSelector } from "../../service/service-endpoints.js";
import type { ServiceIssue, ServiceRoute } from "../../service/service-route.js";
import { endpointName, serviceIssueText } from "../../service/service-text.js";
import { listed } from "../findings/listed.js";
import { selectorGuessOf } from "../situation/selector-guess.js";
import { selectorFault, selectorText } from "./selector-fault.js";
import { describeService, listSelected, listSlices, patchService } from "./service-commands.js";
import type { ServiceFault } from "./service-faults.js";

type Hits = ServiceFault["hits"];
type IssueOf<K extends ServiceIssue["kind"]> = Extract<ServiceIssue, { readonly kind: K }>;

/** A Service without any endpoint: its selector is a slip away from pods, or there is nobody. */
export const noEndpointsFault = (
  { model }: Pick<PolicyWorld, "model">,
  route: ServiceRoute,
  {
    issue,
    hits,
  }: {
    readonly issue: IssueOf<"no-endpoints"> | IssueOf<"no-selector">;
    readonly hits: Hits;
  },
): ServiceFault => {
  const { service } = route;
  const guess = selectorGuessOf(model, service, [...model.podsIn(service.namespace)]);
  if (guess !== undefined) return selectorFault(service, guess, hits);
  const selected = issue.kind === "no-endpoints" ? issue.selected.length : 0;
  return {
    code: "SERVICE_NO_ENDPOINTS",
    effect: "blocks",
    hits,
    issue: serviceIssueText(route, issue),
    solution: noEndpointsSolution(issue.kind, selected),
    isConsequence: selected > 0,
    why: "Connections to a Service without endpoints are refused at once.",
    steps: hasSelector(service)
      ? [listSelected(service), listSlices(service)]
      : [listSlices(service), describeService(service)],
    data: { selector: selectorText(service), endpoints: "0" },
    prevention: "Alert on Services without ready endpoints.",
  };
};

const noEndpointsSolution = (kind: ServiceIssue["kind"], selected: number): string => {
  if (kind === "no-selector") {
    return "Give the Service a selector, or an EndpointSlice with the addresses it stands for";
  }
  return selected > 0
    ? "Make the pods run that the Service selects"
    : "Start pods that carry the labels of the Service's selector";
};

/** A Service whose endpoints are there and none is ready. */
export const notReadyFault = (
  route: ServiceRoute,
  issue: IssueOf<"no-ready-endpoints">,
  hits: Hits,
): ServiceFault => {
  const { service } = route;
  return {
    code: "SERVICE_ENDPOINTS_NOT_READY",
    effect: "blocks",
    isConsequence: true,
    hits,
    issue: serviceIssueText(route, issue),
    solution: "Make the pods behind the Service ready",
    why: "A Service sends connections to ready endpoints only; without one they are refused.",
    steps: [
      hasSelector(service) ? listSelected(service) : listSlices(service),
      describeService(service),
    ],
    data: {
      endpoints: String(route.endpoints.endpoints.length),
      ready: "0",
      not_ready: listed([...new Set(issue.notReady.map(endpointName))].sort()),
    },
    prevention: "Alert on Services without ready endpoints.",
  };
};

/** A Service that keeps connections on a node that has no endpoint of it. */
export const notLocalFault = (
  route: ServiceRoute,
  issue: IssueOf<"no-local-endpoints">,
  hits: Hits,
): ServiceFault => {
  const { service } = route;
  const { policy } = issue;
  return {
    code: "SERVICE_NO_LOCAL_ENDPOINTS",
    effect: "blocks",
    hits,
    issue: serviceIssueText(route, issue),
    solution: `Set ${policy} to Cluster, or run a pod of the Service on node ${issue.node}`,
    why: "With the traffic policy Local a node drops connections to a Service that has no ready endpoint on it.",
    steps: [patchService(service, { spec: { [policy]: "Cluster" } }), listSlices(service)],
    data: {
      traffic_policy: `${policy}=Local`,
      node: issue.node,
      elsewhere: String(issue.elsewhere),
    },
    risk: "low",
    rollback: patchService(service, { spec: { [policy]: "Local" } }),
    prevention: "Use Local only with a DaemonSet or a pod on every node that has clients.",
  };
};

/** Endpoints where nobody is. */
export const staleFault = (
  route: ServiceRoute,
  issue: IssueOf<"stale-endpoints">,
  hits: Hits,
): ServiceFault => {
  const { service, legs } = route;
  const manual = !hasSelector(service);
  const dead = new Set(issue.endpoints);
  const living = legs.filter(({ state }) => state === "used").length;
  const code = manual
    ? "SERVICE_MANUAL_ENDPOINTS_STALE"
    : living > 0
      ? "ENDPOINT_PARTIALLY_DEAD"
      : "SERVICE_NO_ENDPOINTS";
  return {
    code,
    effect: "blocks",
    ...(code === "SERVICE_NO_ENDPOINTS" ? { certainty: 0.75 } : {}),
    hits: (way) => hits(way) && way.leg !== undefined && dead.has(way.leg.endpoint),
    issue: serviceIssueText(route, issue),
    solution: manual
      ? "Put the addresses of living endpoints into the EndpointSlice"
      : "Find out why the endpoint controller does not follow the pods",
    why: "Connections go to every address that is listed as ready, also where nobody is.",
    steps: [listSlices(service), describeService(service)],
    data: { dead: String(issue.endpoints.length), living: String(living) },
    prevention: manual
      ? "Let a controller keep the slice, or give the Service a selector."
      : "Alert on the endpoint controller's lag.",
  };
};

/** Clients that stay with one endpoint, where some are dead; nothing where all live. */
export const affinityFault = (route: ServiceRoute, hits: Hits): ServiceFault | undefined => {
  const { service, issues } = route;
  if (!issues.some(({ kind }) => kind === "stale-endpoints")) return undefined;
  return {
    code: "SERVICE_SESSION_AFFINITY_STUCK",
    effect: "risk",
    hits,
    issue: `Service ${service.namespace}/${service.name} keeps each client on one endpoint, and some of its endpoints are dead`,
    solution:
      "Mend or drop the dead endpoints; set sessionAffinity to None if clients need not stay",
    why: "With session affinity a client that was sent to a dead endpoint is sent there again until the timeout.",
    steps: [describeService(service), listSlices(service)],
    data: { session_affinity: service.sessionAffinity },
    prevention: "Use session affinity only where the application needs it, with a short timeout.",
  };
};
