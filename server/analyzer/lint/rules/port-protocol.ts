import type { PodObject } from "../../model/objects.js";
import type { Finding, LintRule } from "../finding.js";
import { ruleText } from "../policy-rules.js";
import { holdsPort, type SinglePort } from "../port-lists.js";
import { type PortSite, portSites, singlePorts } from "../rule-destinations.js";

type Protocol = SinglePort["protocol"];

/** Ports of services that speak UDP first or only (IANA registry). */
const udpServices: ReadonlyMap<number, string> = new Map([
  [53, "DNS"],
  [69, "TFTP"],
  [123, "NTP"],
  [161, "SNMP"],
  [162, "SNMP traps"],
  [500, "IKE"],
  [1812, "RADIUS"],
  [1813, "RADIUS accounting"],
  [4500, "IPsec"],
]);

/** A port without protocol is TCP (networking/v1 NetworkPolicyPort.protocol). */
export const portProtocolMismatch: LintRule = {
  id: "CW011",
  title: "port-protocol-mismatch",
  severity: "high",
  summary: "A rule allows a port over one protocol, where the port is used over another.",
  *run(context) {
    for (const site of portSites(context)) {
      for (const port of singlePorts(site)) {
        const finding = mismatchFinding(site, port);
        if (finding !== undefined) yield { object: site.policy, path: port.path, ...finding };
      }
    }
  },
};

const mismatchFinding = (site: PortSite, { protocol, number }: SinglePort): Finding | undefined => {
  const other = site.complete
    ? declaredOtherwise(site.destinations, { protocol, number })
    : undefined;
  if (other !== undefined && !holdsPort(site.ports, { protocol: other, number })) {
    return {
      message: `${ruleText(site)} is for ${protocol} ${number}, but the pods declare ${number} as ${other}: it does not match the traffic.`,
      fix: `Write protocol: ${other} with the port${protocol === "TCP" ? "; without it TCP is meant" : ""}.`,
    };
  }
  const service = udpServices.get(number);
  if (protocol !== "TCP" || service === undefined || other !== undefined) return undefined;
  if (site.destinations.some((pod) => declares(pod, { protocol, number }))) return undefined;
  if (otherRulesAllowUdp(site, number)) return undefined;
  return {
    severity: "medium",
    message: `${ruleText(site)} is for TCP ${number}; ${service} uses UDP ${number}${number === 53 ? " first" : ""}, and no rule of this policy allows that.`,
    fix: `Add {protocol: UDP, port: ${number}}; a port without protocol is TCP.`,
  };
};

/** The one other protocol over which pods declare a port; undefined where some pod declares it as the rule has it. */
const declaredOtherwise = (
  pods: readonly PodObject[],
  { protocol, number }: SinglePort,
): Protocol | undefined => {
  let other: Protocol | undefined;
  for (const { ports } of pods) {
    for (const port of ports) {
      if (port.port !== number) continue;
      if (port.protocol === protocol) return undefined;
      other ??= port.protocol;
    }
  }
  return other;
};

const declares = ({ ports }: PodObject, { protocol, number }: SinglePort): boolean =>
  ports.some((port) => port.port === number && port.protocol === protocol);

const otherRulesAllowUdp = ({ policy, direction }: PortSite, number: number): boolean =>
  policy[direction].some(({ ports }) => holdsPort(ports, { protocol: "UDP", number }));
