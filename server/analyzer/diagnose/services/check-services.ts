import { assertNever } from "../../../../common/assert.js";
import { kubeProxyModeOf } from "../../network/kube-proxy.js";
import type { PolicyWorld } from "../../policy-world.js";
import type { ServiceIssue, ServiceRoute } from "../../service/service-route.js";
import { serviceIssueText, serviceTitle } from "../../service/service-text.js";
import { type CheckResult, joinResults, type Observation } from "../findings/finding.js";
import type { Situation } from "../situation/situation.js";
import type { Way } from "../situation/way.js";
import {
  externalNameFault,
  familyFault,
  insideOnlyFault,
  rangeFault,
  sourceRangeFault,
} from "./address-faults.js";
import {
  affinityFault,
  noEndpointsFault,
  notLocalFault,
  notReadyFault,
  staleFault,
} from "./endpoint-faults.js";
import { headlessFault, portFault, targetFault, unresolvedFault } from "./port-faults.js";
import { type ServiceFault, serviceFinding } from "./service-faults.js";
import { hasUnseenPods, unseenPodsFault } from "./unseen-pods.js";
import { withoutService } from "./without-service.js";

/** What the Services on the way do to connections. */
export const checkServices = (situation: Situation): CheckResult =>
  joinResults([
    ...routesOf(situation.ways).map((route) => checkRoute(situation, route)),
    withoutService(situation),
  ]);

const routesOf = (ways: readonly Way[]): readonly ServiceRoute[] => [
  ...new Set(ways.flatMap(({ route }) => route ?? [])),
];

type Placed = { readonly route: ServiceRoute; readonly fault: ServiceFault };

const checkRoute = ({ world, ways }: Situation, route: ServiceRoute): CheckResult => {
  const hits = (way: Way): boolean => way.route === route;
  const placed = chainOf(route).flatMap((each): readonly Placed[] => {
    const range = rangeFault(world, each.service, hits);
    return [
      ...(hasUnseenPods(world, each)
        ? [unseenPodsFault(each, hits)]
        : issueFaults(world, each, hits)),
      ...targetFaults(each, ways.filter(hits)),
      ...familyFaults(each, hits),
      ...(range === undefined ? [] : [range]),
    ].map((fault) => ({ route: each, fault }));
  });
  const findings = placed.map((each) => serviceFinding(each.route.service, each.fault));
  return {
    findings,
    ruledOut: findings.some(({ effect }) => effect === "blocks") ? [] : servingOf(route),
    seen: [{ place: "service", observation: routeSeen(world, route) }],
  };
};

/** The route, and those that an ExternalName leads on to. */
const chainOf = (route: ServiceRoute): readonly ServiceRoute[] => {
  const to = route.external?.to;
  return to?.kind === "service" ? [route, ...chainOf(to.route)] : [route];
};

const usedIn = ({ legs }: ServiceRoute): number =>
  legs.filter(({ state }) => state === "used").length;

const servingOf = (route: ServiceRoute): CheckResult["ruledOut"] => {
  const last = chainOf(route).at(-1) ?? route;
  const used = usedIn(last);
  if (used === 0) return [];
  const endpoints = used === 1 ? "endpoint that takes" : "endpoints that take";
  return [
    {
      code: "SERVICE_NO_ENDPOINTS",
      because: `${serviceTitle(last.service)} has ${used} ${endpoints} connections`,
    },
  ];
};

const routeSeen = ({ model }: PolicyWorld, route: ServiceRoute): Observation => {
  const { service, kind, endpoints } = route;
  const proxy = kubeProxyModeOf(model);
  return {
    kind: "service",
    data: {
      service: `${service.namespace}/${service.name}`,
      kind,
      endpoints_from: endpoints.from,
      endpoints: String(endpoints.endpoints.length),
      used: String(usedIn(route)),
      ...(proxy === "" ? {} : { kube_proxy: proxy }),
    },
  };
};

const issueFaults = (
  world: PolicyWorld,
  route: ServiceRoute,
  hits: ServiceFault["hits"],
): readonly ServiceFault[] =>
  route.issues.flatMap((issue) => faultOf(world, route, { issue, hits }) ?? []);

const faultOf = (
  world: PolicyWorld,
  route: ServiceRoute,
  { issue, hits }: { readonly issue: ServiceIssue; readonly hits: ServiceFault["hits"] },
): ServiceFault | undefined => {
  switch (issue.kind) {
    case "no-endpoints":
    case "no-selector":
      return noEndpointsFault(world, route, { issue, hits });
    case "no-ready-endpoints":
      return notReadyFault(route, issue, hits);
    case "no-local-endpoints":
      return notLocalFault(route, issue, hits);
    case "port-not-defined":
    case "protocol-mismatch":
      return portFault(route, issue, hits);
    case "port-unresolved":
      return unresolvedFault(route, issue, hits);
    case "stale-endpoints":
      return staleFault(route, issue, hits);
    case "family-mismatch":
      return familyFault(route, { issue: serviceIssueText(route, issue), hits });
    case "headless-port":
      return headlessFault(route, issue, hits);
    case "source-range":
      return sourceRangeFault(route, issue, hits);
    case "inside-only":
      return insideOnlyFault(route, issue, hits);
    case "external-name-loop":
    case "external-name-missing":
    case "external-name-invalid":
      return externalNameFault(route, issue, hits);
    case "session-affinity":
      return affinityFault(route, hits);
    // Endpoints that are left out take no connections: those that are used decide.
    case "endpoints-not-ready":
    case "only-terminating":
    case "local-node-unknown":
      return undefined;
    default:
      return assertNever(issue);
  }
};

const targetFaults = (route: ServiceRoute, own: readonly Way[]): readonly ServiceFault[] =>
  route.ports.flatMap((servicePort) => {
    const legs = route.legs.filter(
      (leg) => leg.servicePort === servicePort && leg.state === "used",
    );
    const [pod] = legs.flatMap(({ endpoint: { holder } }) =>
      holder.kind === "pod" ? [holder.pod] : [],
    );
    if (pod === undefined) return [];
    const hits = (way: Way): boolean => own.includes(way) && way.leg?.servicePort === servicePort;
    return targetFault(route.service, { servicePort, pod, hits }) ?? [];
  });

/** Endpoints that all have another family than client and Service. */
const familyFaults = (route: ServiceRoute, hits: ServiceFault["hits"]): readonly ServiceFault[] => {
  const { legs, issues, service } = route;
  const told = issues.some(({ kind }) => kind === "family-mismatch");
  if (told || legs.length === 0 || legs.some(({ state }) => state !== "other-family")) return [];
  const issue = `${serviceTitle(service)} has no endpoint with an address of the family that it and the client have`;
  return [familyFault(route, { issue, hits })];
};
