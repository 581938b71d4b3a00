import type { AgentView } from "../model.js";
import { type Paint, toneFromState } from "./style.js";
import { type Field, tableText } from "./table.js";
import { ageText } from "./units.js";

/** How to show a list: columns, colours and the time that ages are counted from. */
export type ListStyle = {
  readonly wide: boolean;
  readonly paint: Paint;
  readonly nowMs: number;
};

/** The agents as a table, one line each. */
export const agentsText = (agents: readonly AgentView[], style: ListStyle): string => {
  if (agents.length === 0) return "No agent has connected yet.\n";
  const heading = ["AGENT", "STATE", "SINCE", "REASON", "NODE", "POD", "VERSION"];
  const more = [
    "KIND",
    "NODE-IP",
    "POD-IP",
    "ZONE",
    "SEEN",
    "SKEW",
    "PLAN",
    "SPOOLED",
    "LOST",
    "UNAVAILABLE",
  ];
  const rows = agents.map((agent): readonly Field[] => {
    const short: readonly Field[] = [
      agent.agentId,
      { text: agent.state, tone: toneFromState(agent.state) },
      ageText(agent.sinceMs, style.nowMs),
      agent.planError === "" ? agent.reason : `${agent.reason}, plan refused: ${agent.planError}`,
      agent.node,
      agent.pod,
      agent.version,
    ];
    return style.wide ? [...short, ...wideFields(agent, style.nowMs)] : short;
  });
  return tableText(style.wide ? [...heading, ...more] : heading, rows, style.paint);
};

const wideFields = (agent: AgentView, nowMs: number): readonly Field[] => [
  agent.kind,
  agent.nodeIp,
  agent.podIp,
  agent.zone,
  ageText(agent.lastSeenMs, nowMs),
  agent.clockSkewUs === undefined ? "" : `${(agent.clockSkewUs / 1000).toFixed(1)}ms`,
  agent.appliedRevision,
  String(agent.spooledBatches),
  String(agent.lostResults),
  Object.entries(agent.unavailable)
    .map(([ability, reason]) => `${ability}: ${reason}`)
    .join("; "),
];
