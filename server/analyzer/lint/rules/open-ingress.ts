import type { IpBlock, NetworkPolicyRule, PodObject } from "../../model/objects.js";
import { isForDnsOnly } from "../dns-ports.js";
import type { LintRule, Severity } from "../finding.js";
import { portText } from "../finding-text.js";
import { isWholeFamily } from "../ip-blocks.js";
import type { LintContext } from "../lint-context.js";
import { type RuleSite, ruleSites, ruleText } from "../policy-rules.js";
import { holdsPort, opensEveryPort } from "../port-lists.js";

import { servicesOf } from "../services-index.js";

/** Ports over which machines and data are managed (IANA registry, defaults of the products). */
const sensitivePorts: ReadonlyMap<number, string> = new Map([
  [22, "SSH"],
  [1433, "SQL Server"],
  [1521, "Oracle"],
  [2375, "Docker"],
  [2379, "etcd"],
  [3306, "MySQL"],
  [3389, "RDP"],
  [5432, "PostgreSQL"],
  [6379, "Redis"],
  [9042, "Cassandra"],
  [9200, "Elasticsearch"],
  [10250, "kubelet"],
  [11211, "memcached"],
  [27017, "MongoDB"],
]);

/** A rule without peers, or with a block of all addresses, lets in everyone. */
export const ingressFromEverywhere: LintRule = {
  id: "CW017",
  title: "ingress-from-everywhere",
  severity: "low",
  summary: "A rule lets in everyone, inside and outside the cluster.",
  *run(context) {
    for (const site of ruleSites(context)) {
      if (site.direction !== "ingress" || isForDnsOnly(site.rule.ports)) continue;
      const who = everyoneText(site.rule);
      if (who === undefined) continue;
      const { severity, message, fix } = openFinding(context, site, who);
      yield { severity, message, fix, object: site.policy, path: site.path };
    }
  },
};

const everyoneText = ({ peers }: NetworkPolicyRule): string | undefined => {
  if (peers === undefined) return "everyone, inside and outside the cluster,";
  const block = peers.find((peer) => peer.kind === "ipBlock" && isWholeFamily(peer.block));
  return block?.kind === "ipBlock" ? `every address (${blockText(block.block)})` : undefined;
};

const blockText = ({ text, exceptTexts }: IpBlock): string =>
  exceptTexts.length === 0 ? text : `${text} except ${exceptTexts.join(", ")}`;

const openFinding = (
  context: LintContext,
  site: RuleSite,
  who: string,
): { readonly severity: Severity; readonly message: string; readonly fix: string } => {
  const { policy, rule } = site;
  const name = ruleText(site);
  if (opensEveryPort(rule.ports)) {
    const whole = policy.podSelector.key === "";
    const ports = rule.ports?.map(portText).join(", ") ?? "every port";
    return {
      severity: whole ? "high" : "medium",
      message: `${name} lets in ${who} on ${ports}${whole ? ` to every pod of namespace ${policy.namespace}: no other policy can close that there` : ": no other policy can close that"}.`,
      fix: "List who is to come in and on which ports, or remove the rule.",
    };
  }
  const subjects = context.subjectsOf(policy);
  const [port, product] =
    [...sensitivePorts].find(([number]) => opens(rule.ports, subjects, number)) ?? [];
  if (port === undefined) {
    return {
      severity: "low",
      message: `${name} lets in ${who} on ${(rule.ports ?? []).map(portText).join(", ")}.`,
      fix: "Nothing, if the port is meant for the public; else list the peers.",
    };
  }
  const door = doorTo(context, subjects, port);
  return {
    severity: door === undefined ? "high" : "critical",
    message: `${name} lets in ${who} on TCP ${port} (${product})${door === undefined ? "" : `, and Service ${door} opens it to the outside`}.`,
    fix: "List the pods that need this port as peers.",
  };
};

/** Whether ports hold a TCP port by number, or by a name that it has on one of the pods. */
const opens = (
  ports: NetworkPolicyRule["ports"],
  pods: readonly PodObject[],
  number: number,
): boolean =>
  holdsPort(ports, { protocol: "TCP", number }) ||
  pods.some((pod) => holdsPortByName(ports, pod, number));

const holdsPortByName = (
  ports: NetworkPolicyRule["ports"],
  pod: PodObject,
  number: number,
): boolean =>
  pod.ports.some(
    ({ port, name, protocol }) =>
      port === number &&
      protocol === "TCP" &&
      ports?.some((each) => each.kind === "named" && each.name === name) === true,
  );

/** The Service that makes a port of pods reachable from outside the cluster. */
const doorTo = (
  context: LintContext,
  pods: readonly PodObject[],
  port: number,
): string | undefined => {
  for (const pod of pods) {
    for (const { namespace, name, type, ports } of servicesOf(context, pod)) {
      if (type !== "LoadBalancer" && type !== "NodePort") continue;
      const named = pod.ports.find((each) => each.port === port)?.name;
      const targets = ports.map(({ targetPort }) => targetPort);
      if (targets.some((target) => target === port || target === named)) {
        return `${namespace}/${name}`;
      }
    }
  }
  return undefined;
};
