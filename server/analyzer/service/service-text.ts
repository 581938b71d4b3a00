import { assertNever } from "../../../common/assert.js";
import type { ServiceObject, ServicePort } from "../model/objects.js";
import { issueNamesMax } from "./limits.js";
import type { EndpointHolder, ServiceEndpoint } from "./service-endpoints.js";
import type { ServiceIssue, ServiceRoute } from "./service-route.js";

/** "Service shop/web". */
export const serviceTitle = ({
  namespace,
  name,
}: Pick<ServiceObject, "namespace" | "name">): string => `Service ${namespace}/${name}`;

/** "80/TCP (http)", "80/TCP -> 8080". */
export const servicePortText = ({ port, protocol, name, targetPort }: ServicePort): string => {
  const target = targetPort === port ? "" : ` -> ${targetPort}`;
  return `${port}/${protocol}${target}${name === undefined ? "" : ` (${name})`}`;
};

/** One sentence on what stands out about the way through a Service. */
export const serviceIssueText = (
  { service, way }: Pick<ServiceRoute, "service" | "way">,
  issue: ServiceIssue,
): string => {
  const title = serviceTitle(service);
  switch (issue.kind) {
    case "no-endpoints":
      return issue.selected.length === 0
        ? `${title} has no endpoints: its selector ${selectorTextOf(service)} selects no pod of ${service.namespace}`
        : `${title} has no endpoints: the pods that it selects have finished or wait for an address`;
    case "no-selector":
      return `${title} has no endpoints: it has no selector, and no EndpointSlice of it lists any`;
    case "no-ready-endpoints":
      return `${title} has no ready endpoints: ${namesText(issue.notReady)} ${areNot(issue.notReady, "ready")}`;
    case "endpoints-not-ready":
      return `${title} leaves out ${namesText(issue.notReady)}: not ready`;
    case "only-terminating":
      return `${title} has no ready endpoints: connections go to pods that are terminating`;
    case "no-local-endpoints":
      return `${title} has ${issue.policy} Local and no endpoint on node ${issue.node} (${issue.elsewhere} elsewhere): connections are dropped`;
    case "local-node-unknown":
      return `${title} has ${issue.policy} Local: only endpoints on one node are used, and which one can't be told`;
    case "port-not-defined":
      return portNotDefinedText(title, way, issue);
    case "protocol-mismatch":
      return `${title} has port ${issue.port} for ${issue.defined.map(({ protocol }) => protocol).join(" and ")}, not for ${issue.protocol}`;
    case "port-unresolved":
      return unresolvedText(title, issue);
    case "stale-endpoints":
      return `${title} lists endpoints where nobody is: ${staleText(issue.endpoints)}`;
    case "family-mismatch":
      return `${title} has addresses of ${familyText(issue.service)}, the client of ${familyText(issue.client)} only`;
    case "headless-port":
      return `${title} is headless: port ${issue.servicePort.port} is not translated, its pods listen on ${issue.servicePort.targetPort}`;
    case "source-range":
      return `${title} admits ${issue.ranges.join(", ")} only (loadBalancerSourceRanges), and the client is outside of it`;
    case "inside-only":
      return `${title} has no address that is reached from outside: a ClusterIP is for clients in the cluster`;
    case "session-affinity":
      return `${title} has session affinity: each client stays with one of its endpoints`;
    case "external-name-loop":
      return `${title} stands for a name that leads on without end: ${issue.names.join(" -> ")}`;
    case "external-name-missing":
      return `${title} stands for ${issue.name}, which no Service or pod of the model has`;
    case "external-name-invalid":
      return issue.name === ""
        ? `${title} is of type ExternalName and has no externalName`
        : `${title} has the address ${issue.name} as externalName: DNS takes it for a name, and nothing resolves it`;
    default:
      return assertNever(issue);
  }
};

/** An endpoint by name: "shop/web-1", "node n1", "10.0.0.9". */
export const endpointName = ({ holder, address }: ServiceEndpoint): string => {
  switch (holder.kind) {
    case "pod":
      return `${holder.pod.namespace}/${holder.pod.name}`;
    case "node":
      return `node ${holder.node.name}`;
    case "outside":
      return address;
    case "stale":
      return holder.pod === "" ? address : `${holder.pod} (${address})`;
    default:
      return assertNever(holder);
  }
};

/** Why nobody is where a slice says. */
const staleReasonText = ({ why }: EndpointHolder & { readonly kind: "stale" }): string => {
  switch (why) {
    case "pod-finished":
      return "the pod has finished";
    case "pod-missing":
      return "there is no such pod";
    case "address-changed":
      return "the pod has another address";
    case "address-unused":
      return "no pod has the address";
    default:
      return assertNever(why);
  }
};

const selectorTextOf = ({ selector = {} }: ServiceObject): string =>
  Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(",");

const portNotDefinedText = (
  title: string,
  way: ServiceRoute["way"],
  { port, defined, targetOf }: ServiceIssue & { readonly kind: "port-not-defined" },
): string => {
  if (defined.length === 0) return `${title} has no ports`;
  const byNode = way.kind === "node-port" && way.node !== undefined;
  const list = defined
    .map((each) => (byNode ? `${each.nodePort}/${each.protocol}` : servicePortText(each)))
    .join(", ");
  const hint =
    targetOf === undefined || byNode
      ? ""
      : `; ${port} is the target port of port ${targetOf.port}: clients use ${targetOf.port}`;
  const asked = port === 0 ? "no port of that protocol" : `no port ${port}`;
  return `${title} has ${asked}: it has ${list}${hint}`;
};

const unresolvedText = (
  title: string,
  { servicePort, endpoints, bySlice }: ServiceIssue & { readonly kind: "port-unresolved" },
): string =>
  bySlice
    ? `${title} port ${servicePort.port}: the EndpointSlices of ${namesText(endpoints)} have no ${servicePort.protocol} port called "${servicePort.name ?? ""}"`
    : `${title} port ${servicePort.port}: ${namesText(endpoints)} ${endpoints.length === 1 ? "has" : "have"} no ${servicePort.protocol} port called "${servicePort.targetPort}"`;

const staleText = (endpoints: readonly ServiceEndpoint[]): string =>
  limited(
    endpoints.map((endpoint) => {
      const reason = endpoint.holder.kind === "stale" ? staleReasonText(endpoint.holder) : "";
      return `${endpointName(endpoint)}, ${reason}`;
    }),
    "; ",
  );

const namesText = (endpoints: readonly ServiceEndpoint[]): string =>
  limited([...new Set(endpoints.map(endpointName))].sort(), ", ");

const areNot = (endpoints: readonly ServiceEndpoint[], what: string): string =>
  new Set(endpoints.map(endpointName)).size === 1 ? `is not ${what}` : `are not ${what}`;

const limited = (names: readonly string[], separator: string): string => {
  const more = names.length - issueNamesMax;
  const shown = names.slice(0, issueNamesMax).join(separator);
  return more > 0 ? `${shown} and ${more} more` : shown;
};

const familyText = (families: readonly number[]): string =>
  families.map((family) => `IPv${family}`).join(" and ");
