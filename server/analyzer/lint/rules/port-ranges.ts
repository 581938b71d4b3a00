import { networkPluginOf } from "../../network/network-plugin.js";
import type { Finding, LintRule } from "../finding.js";
import { portText } from "../finding-text.js";
import { ruleText } from "../policy-rules.js";
import { type PortSite, placedPorts, portSites } from "../rule-destinations.js";

/** A range this long is no list of services any more. */
const wideRangePorts = 10_000;

type Range = {
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly first: number;
  readonly last: number;
};

/** endPort is included in the range, and plugins that do not know it apply the first port only (documentation, endPort). */
export const portRangeTrap: LintRule = {
  id: "CW012",
  title: "port-range-trap",
  severity: "low",
  summary:
    "A range of ports is very wide, misses a port by one, or is not known to the network plugin.",
  *run(context) {
    const knowsRanges = !/\bweave\b/.test(networkPluginOf(context.model).name);
    for (const site of portSites(context)) {
      for (const { port, path } of placedPorts(site)) {
        if (port.kind !== "numbers" || port.first === port.last || isAll(port)) continue;
        const finding = knowsRanges ? rangeFinding(site, port) : ignoredFinding(site, port);
        if (finding !== undefined) yield { object: site.policy, path, ...finding };
      }
    }
  },
};

const isAll = ({ first, last }: Range): boolean => first === 1 && last === 65_535;

const ignoredFinding = (site: PortSite, range: Range): Finding => ({
  severity: "high",
  message: `${ruleText(site)} has the range ${portText({ kind: "numbers", ...range })}, but Weave Net does not know endPort: it applies port ${range.first} only.`,
  fix: "List the ports one by one, or use a network plugin that knows endPort.",
});

const rangeFinding = (site: PortSite, range: Range): Finding | undefined => {
  const text = portText({ kind: "numbers", ...range });
  const missed = missedPort(site, range);
  if (missed !== undefined) {
    return {
      severity: "medium",
      message: `${ruleText(site)} has the range ${text}, which holds no port that the pods declare, and misses ${missed} by one.`,
      fix: `Extend the range to ${missed}: port and endPort are both part of it.`,
    };
  }
  if (range.last - range.first < wideRangePorts) return undefined;
  return {
    message: `${ruleText(site)} opens ${range.last - range.first + 1} ports (${text}).`,
    fix: "List the ports that the pods listen on.",
  };
};

/** A port that the pods declare directly before or after a range that holds none of theirs. */
const missedPort = ({ complete, destinations }: PortSite, range: Range): number | undefined => {
  if (!complete) return undefined;
  let missed: number | undefined;
  for (const { ports } of destinations) {
    for (const { port, protocol } of ports) {
      if (protocol !== range.protocol) continue;
      if (range.first <= port && port <= range.last) return undefined;
      if (port === range.first - 1 || port === range.last + 1) missed ??= port;
    }
  }
  return missed;
};
