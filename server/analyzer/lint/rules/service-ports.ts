import type { PodObject, ServiceObject, ServicePort } from "../../model/objects.js";
import { targetPortOn } from "../../service/service-legs.js";
import { isHeadless } from "../../service/service-paths.js";
import type { Finding, LintRule } from "../finding.js";
import type { LintContext } from "../lint-context.js";
import { ruleText } from "../policy-rules.js";
import { holdsPort, type SinglePort } from "../port-lists.js";
import { type PortSite, portSites, singlePorts } from "../rule-destinations.js";
import { servicesOf } from "../services-index.js";

/** A policy is asked after the Service has been translated: it sees the port of the pod. */
export const servicePortUsed: LintRule = {
  id: "CW013",
  title: "service-port-not-target-port",
  severity: "high",
  summary: "A rule allows the port of a Service or a node port, where the pods listen on another.",
  *run(context) {
    for (const site of portSites(context)) {
      if (!site.complete) continue;
      for (const port of singlePorts(site)) {
        const finding = confusedFinding(context, site, port);
        if (finding !== undefined) yield { object: site.policy, path: port.path, ...finding };
      }
    }
  },
};

type Confusion = {
  readonly service: ServiceObject;
  readonly what: "Service port" | "node port";
  readonly target: number;
};

const confusedFinding = (
  context: LintContext,
  site: PortSite,
  asked: SinglePort,
): Finding | undefined => {
  let confusion: Confusion | undefined;
  for (const pod of site.destinations) {
    if (listensOn(pod, asked)) return undefined;
    const one = confusionOf(servicesOf(context, pod), pod, asked);
    if (one === "none") return undefined;
    confusion ??= one;
  }
  if (confusion === undefined) return undefined;
  const { service, what, target } = confusion;
  if (holdsPort(site.ports, { ...asked, number: target })) return undefined;
  return {
    message: `${ruleText(site)} is for ${asked.protocol} ${asked.number}, the ${what} of ${service.namespace}/${service.name}. Policies see the port of the pod, ${target}: the rule does not match the traffic.`,
    fix: `Write port: ${target}.`,
  };
};

const listensOn = ({ ports }: PodObject, { number, protocol }: SinglePort): boolean =>
  ports.some((port) => port.port === number && port.protocol === protocol);

/** How a port may have been taken from a Service of a pod; "none" where a Service sends traffic to this very port. */
const confusionOf = (
  services: readonly ServiceObject[],
  pod: PodObject,
  { number, protocol }: SinglePort,
): Confusion | "none" | undefined => {
  let confusion: Confusion | undefined;
  for (const service of services) {
    for (const port of service.ports.filter((each) => each.protocol === protocol)) {
      const target = targetPortOn(port, pod);
      if (target === number) return "none";
      const what = wordFor(service, port, number);
      if (target !== undefined && what !== undefined) confusion ??= { service, what, target };
    }
  }
  return confusion;
};

/** What a number is of a Service; a headless one translates nothing. */
const wordFor = (
  service: ServiceObject,
  { port, nodePort }: ServicePort,
  number: number,
): Confusion["what"] | undefined => {
  if (isHeadless(service)) return undefined;
  return port === number ? "Service port" : nodePort === number ? "node port" : undefined;
};
