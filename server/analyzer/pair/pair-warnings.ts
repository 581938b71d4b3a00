import { networkPluginOf } from "../network/network-plugin.js";
import type { PolicyWorld } from "../policy-world.js";
import { dnsLookupsOf } from "../service/dns-lookup.js";
import type { ServiceRoute } from "../service/service-route.js";
import { serviceIssueText, serviceTitle } from "../service/service-text.js";
import { unusedInputText } from "../unused-input.js";
import { conventionWarnings } from "./convention-check.js";
import { hostNetworkWarnings, podStateWarnings } from "./end-warnings.js";
import type { JudgedQuestion } from "./judge-question.js";
import type { JudgedWay } from "./judge-way.js";
import { pathsMax, warningsMax } from "./limits.js";
import {
  dashWarnings,
  enforcementWarnings,
  namedPortWarnings,
  noCommonPortWarnings,
  sourceNatWarnings,
} from "./policy-warnings.js";

/** What warnings are made from: a judged question, alike ways merged. */
export type WarningContext = Omit<JudgedQuestion, "asked"> & {
  readonly isExplained: boolean;
};

/**
 * What else should be known about an answer: one sentence each, without repeats, what the answer does not rest on and how names were understood first. At most
 * `warningsMax`.
 */
export const pairWarnings = (world: PolicyWorld, context: WarningContext): readonly string[] => {
  const { isExplained, source, destination, routes, judged } = context;
  const profile = world.engine.profile;
  const destinations = judged.flatMap(({ way }) => way.destination.ends);
  const all = [
    unusedInputText(world.view.problems),
    ...source.warnings,
    ...destination.warnings,
    ...[source, destination].map(({ name }) => name.reason),
    ...routes.flatMap(routeWarnings),
    ...(context.isAnyAddress ? anyAddressWarnings(judged) : []),
    ...podStateWarnings(source.ends, "source"),
    ...podStateWarnings(destination.ends, "destination"),
    ...hostNetworkWarnings([...source.ends, ...destinations], profile),
    ...noCommonPortWarnings(judged),
    ...namedPortWarnings(world, judged),
    ...conventionWarnings(world, judged),
    ...sourceNatWarnings(judged),
    ...(isExplained ? dashWarnings(world, judged) : []),
    ...lookupWarnings(world, context),
    ...enforcementWarnings(judged, networkPluginOf(world.model)),
    ...(judged.length > pathsMax
      ? [`the answer shows ${pathsMax} of ${judged.length} ways, denied ones first`]
      : []),
  ];
  return [...new Set(all)].filter((text) => text !== "").slice(0, warningsMax);
};

const routeWarnings = (route: ServiceRoute): readonly string[] => {
  const { service, endpoints, issues, external } = route;
  return [
    ...issues.map((issue) => serviceIssueText(route, issue)),
    ...(endpoints.from === "selector"
      ? [
          `${serviceTitle(service)}: its endpoints are the pods that its selector selects, the model has no EndpointSlices of it`,
        ]
      : []),
    ...(external?.to.kind === "outside" ? [outsideText(service, external.name)] : []),
    ...(external?.to.kind === "service" ? routeWarnings(external.to.route) : []),
  ];
};

const outsideText = (service: ServiceRoute["service"], name: string): string =>
  `${serviceTitle(service)} stands for ${name}, a name outside the cluster: objects don't say which addresses it has`;

/** A name outside stands for addresses that objects don't tell: whether that matters. */
const anyAddressWarnings = (judged: readonly JudgedWay[]): readonly string[] => {
  const [first, ...others] = judged.map(({ verdict }) => verdict);
  if (first === undefined || first === "partial") return [];
  return others.every((verdict) => verdict === first)
    ? [`policies judge every address outside alike: it is ${first} whichever the name has`]
    : ["policies judge addresses outside differently: it depends on which the name has"];
};

/** A destination by name is of no use to a client that can't look it up. */
const lookupWarnings = (
  world: PolicyWorld,
  { source, destination }: WarningContext,
): readonly string[] => {
  const [end] = source.ends;
  if (!destination.name.byName || end === undefined) return [];
  const blocked = dnsLookupsOf(world, end).filter(
    ({ open, blocked: those }) => open.length === 0 && those.length > 0,
  );
  const [first] = blocked;
  if (first === undefined) return [];
  const protocols = blocked.map(({ protocol }) => protocol).join(" and ");
  const ports = [...new Set(first.blocked.map(({ port }) => port))].join(", ");
  return [
    `${source.name.view.name} can't look up names over ${protocols}: policies deny it port ${ports} of the pods of ${serviceTitle(first.service)}`,
  ];
};
