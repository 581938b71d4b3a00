import { closest } from "../../../../common/closest.js";
import type { ContainerPort, PodObject, PortRule } from "../../model/objects.js";
import type { Finding, LintRule } from "../finding.js";
import { namesText } from "../finding-text.js";
import type { LintContext } from "../lint-context.js";
import { ruleText } from "../policy-rules.js";
import { type PlacedPort, type PortSite, placedPorts, portSites } from "../rule-destinations.js";

type NamedPort = Extract<PortRule, { kind: "named" }>;

/** A name is looked up on each destination pod, by name and protocol; where it is not found the rule matches nothing. */
export const namedPortUnresolved: LintRule = {
  id: "CW009",
  title: "named-port-unresolved",
  severity: "high",
  summary: "A rule names a port that none of the pods it is for has.",
  *run(context) {
    for (const site of portSites(context)) {
      for (const { port, path } of namedPorts(site)) {
        const finding = unresolvedFinding(site, port);
        if (finding !== undefined) yield { object: site.policy, path, ...finding };
      }
    }
  },
};

const namedPorts = (site: PortSite): readonly PlacedPort<NamedPort>[] =>
  placedPorts(site).flatMap(({ port, path }) => (port.kind === "named" ? [{ port, path }] : []));

const unresolvedFinding = (site: PortSite, port: NamedPort): Finding | undefined => {
  const { destinations } = site;
  const rule = ruleText(site);
  if (onlyAddresses(site)) {
    return {
      message: `${rule} allows the port named ${port.name} to addresses. A name is looked up in the containers of a pod, so to an address it matches nothing.`,
      fix: "Write the port as a number, or select the pods by labels.",
    };
  }
  if (destinations.length === 0 || destinations.some((pod) => hasPort(pod, port))) return undefined;
  const declared = destinations.flatMap(({ ports }) => ports);
  return {
    message: `${rule} is for the port named ${port.name}${port.protocol === undefined ? "" : ` (${port.protocol})`}, which no container of the ${site.direction === "ingress" ? "selected pods" : "peer's pods"} has: it matches nothing.`,
    ...hintFor(port, declared),
  };
};

const onlyAddresses = ({ direction, rule }: PortSite): boolean =>
  direction === "egress" &&
  rule.peers !== undefined &&
  rule.peers.every(({ kind }) => kind === "ipBlock" || kind === "networks");

const hasPort = (pod: PodObject, { name, protocol }: NamedPort): boolean =>
  pod.ports.some((port) => port.name === name && (protocol ?? port.protocol) === port.protocol);

const hintFor = (port: NamedPort, declared: readonly ContainerPort[]): Pick<Finding, "fix"> => {
  const other = declared.find(({ name }) => name === port.name);
  if (other !== undefined) {
    return { fix: `Write protocol: ${other.protocol}; without it TCP is meant.` };
  }
  const names = [...new Set(declared.flatMap(({ name }) => (name === undefined ? [] : [name])))];
  const near = closest(port.name, names.sort());
  if (near !== undefined) return { fix: `Did you mean ${near}?` };
  return {
    fix:
      names.length === 0
        ? "Give the container port this name, or write the number."
        : `Use a name that is there (${namesText(names)}), or write the number.`,
  };
};

/** All ports of a name are meant; plugins differ on whether they take the first or all. */
export const namedPortAmbiguous: LintRule = {
  id: "CW010",
  title: "named-port-ambiguous",
  severity: "low",
  summary: "A named port stands for several numbers.",
  *run(context) {
    for (const site of portSites(context)) {
      for (const { port, path } of namedPorts(site)) {
        const finding = ambiguousFinding(context, site, port);
        if (finding !== undefined) yield { object: site.policy, path, ...finding };
      }
    }
  },
};

const ambiguousFinding = (
  context: LintContext,
  { destinations }: PortSite,
  port: NamedPort,
): Finding | undefined => {
  const perPod = destinations.map((pod) => numbersOf(pod, port));
  const inOne = destinations.find((_, index) => (perPod[index]?.length ?? 0) > 1);
  const fix = "Give each port a name of its own, or write the numbers.";
  if (inOne !== undefined) {
    const [name] = context.workloadsOf([inOne]);
    return {
      message: `The name ${port.name} stands for ports ${numbersOf(inOne, port).join(" and ")} of ${name}: all of them are meant, and some network plugins take only the first.`,
      fix,
    };
  }
  const all = [...new Set(perPod.flat())].sort((one, other) => one - other);
  if (all.length < 2) return undefined;
  return {
    severity: "info",
    message: `The name ${port.name} stands for different ports on different pods: ${namesText(all.map(String))}.`,
    fix: `Nothing, if that is meant. ${fix}`,
  };
};

const numbersOf = (pod: PodObject, { name, protocol }: NamedPort): readonly number[] => {
  const numbers = pod.ports
    .filter((port) => port.name === name && (protocol ?? port.protocol) === port.protocol)
    .map(({ port }) => port);
  return numbers.length < 2 ? numbers : [...new Set(numbers)];
};
