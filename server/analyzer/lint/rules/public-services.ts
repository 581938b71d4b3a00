import type {
  NetworkPolicyObject,
  NetworkPolicyRule,
  PodObject,
  ServiceObject,
  ServicePort,
} from "../../model/objects.js";
import { fixedConnections, namedConnections, namedPortsOf } from "../../policy/rule-connections.js";
import { targetPortOn } from "../../service/service-legs.js";
import { containsConnection } from "../../sets/connections.js";
import { compareNames } from "../compare-names.js";
import type { LintRule } from "../finding.js";
import { namesText, objectText } from "../finding-text.js";
import type { LintContext } from "../lint-context.js";
import type { PodGroup } from "../pod-index.js";
import { selectorOfLabels } from "../selector-of-labels.js";

/** Clients of a load balancer come with addresses outside the cluster, or of nodes: no selector matches them. */
export const publicServiceBlocked: LintRule = {
  id: "CW043",
  title: "public-service-blocked",
  severity: "medium",
  summary:
    "A Service is open to clients outside the cluster, and the policies of its pods let none of them in.",
  *run(context) {
    const services = [...context.model.services].sort(compareNames);
    for (const service of services.filter(isPublic)) {
      for (const port of service.ports) {
        const policies = blockersOf(context, service, port);
        if (policies === undefined) continue;
        yield {
          message: `${service.type} ${service.namespace}/${service.name} offers ${port.protocol} ${port.port} to clients outside the cluster, but the policies of its pods (${namesText(policies.map(objectText))}) let in no address on the pods' port.`,
          fix: "Add an ingress rule with an ipBlock for the clients (0.0.0.0/0 for everyone) on the port of the pods, or make the Service a ClusterIP.",
          object: service,
          path: ["spec", "type"],
        };
      }
    }
  },
};

const isPublic = ({ type }: ServiceObject): boolean =>
  type === "LoadBalancer" || type === "NodePort";

/** The policies that keep clients out of every pod of a Service; undefined where some pod lets some address in. */
const blockersOf = (
  context: LintContext,
  service: ServiceObject,
  port: ServicePort,
): readonly NetworkPolicyObject[] | undefined => {
  const { selector = {}, namespace } = service;
  if (Object.keys(selector).length === 0) return undefined;
  const groups = context.groupsOf(namespace, selectorOfLabels(selector));
  const blockers = new Set<NetworkPolicyObject>();
  for (const group of groups) {
    const policies = isolating(context, group);
    if (policies.length === 0 || letsIn(policies, group.pods[0] as PodObject, port))
      return undefined;
    for (const policy of policies) blockers.add(policy);
  }
  return blockers.size === 0 ? undefined : [...blockers];
};

const isolating = (context: LintContext, group: PodGroup): readonly NetworkPolicyObject[] =>
  context.policiesOf(group).filter(({ isolates }) => isolates.includes("ingress"));

const letsIn = (
  policies: readonly NetworkPolicyObject[],
  pod: PodObject,
  port: ServicePort,
): boolean => {
  const target = targetPortOn(port, pod);
  return (
    target === undefined ||
    policies.some(({ ingress }) =>
      ingress.some((rule) => isForAddresses(rule) && allowsPort(rule, pod, port.protocol, target)),
    )
  );
};

const isForAddresses = ({ peers }: NetworkPolicyRule): boolean =>
  peers === undefined || peers.some(({ kind }) => kind === "ipBlock");

const allowsPort = (
  { ports }: NetworkPolicyRule,
  pod: PodObject,
  protocol: ServicePort["protocol"],
  number: number,
): boolean =>
  containsConnection(fixedConnections(ports), protocol, number) ||
  containsConnection(namedConnections(namedPortsOf(ports), pod), protocol, number);
