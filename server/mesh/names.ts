import { closest } from "../../common/closest.js";
import { nameCandidatesMax, nearNamesMax } from "../limits.js";
import type { AgentView } from "../session/protocol.js";

/** What a name from outside meant. */
export type Resolved<T> =
  | { readonly kind: "found"; readonly value: T }
  /** Several things have that name. */
  | { readonly kind: "ambiguous"; readonly candidates: readonly string[] }
  | { readonly kind: "unknown"; readonly near: string | undefined };

/** An agent by agent_id, by node (NAME or node/NAME), or by pod (namespace/name, or name in "default"). */
export const resolveAgent = (name: string, agents: readonly AgentView[]): Resolved<AgentView> => {
  const exact = agents.find(({ agentId }) => agentId === name);
  if (exact !== undefined) return { kind: "found", value: exact };
  const matches = agents.filter((agent) => isNamed(agent, name));
  const [first] = matches;
  if (first !== undefined && matches.length === 1) return { kind: "found", value: first };
  if (matches.length > 1) {
    const candidates = matches.map(({ agentId }) => agentId).slice(0, nameCandidatesMax);
    return { kind: "ambiguous", candidates };
  }
  return { kind: "unknown", near: nearest(name, agents.flatMap(namesOf)) };
};

/** A target: everything that names an agent, except that node/NAME is the host itself; and dns/NAME. */
export const resolveTarget = (
  name: string,
  known: { readonly agents: readonly AgentView[]; readonly targets: ReadonlySet<string> },
): Resolved<string> => {
  const { agents, targets } = known;
  if (targets.has(name)) return { kind: "found", value: name };
  if (name.startsWith("node/")) {
    const node = name.slice("node/".length);
    const nodes = agents.map((agent) => `node/${agent.node}`);
    return agents.some((agent) => agent.node === node)
      ? { kind: "found", value: name }
      : { kind: "unknown", near: nearest(name, [...targets, ...nodes]) };
  }
  const agent = resolveAgent(name, agents);
  switch (agent.kind) {
    case "found":
      return { kind: "found", value: agent.value.agentId };
    case "ambiguous":
      return agent;
    default:
      return { kind: "unknown", near: agent.near ?? nearest(name, [...targets]) };
  }
};

/** The message for a name that meant nothing or too much. */
export const unresolvedText = (
  field: string,
  name: string,
  resolved: Exclude<Resolved<unknown>, { readonly kind: "found" }>,
): string => {
  const shown = JSON.stringify(name.slice(0, 256));
  if (resolved.kind === "ambiguous") {
    return `${field} ${shown} is ambiguous: it may be ${resolved.candidates.join(", ")}`;
  }
  const hint =
    resolved.near === undefined ? "" : `; did you mean ${JSON.stringify(resolved.near)}?`;
  return `${field} ${shown} is not known${hint}`;
};

const nearest = (name: string, known: readonly string[]): string | undefined =>
  closest(name, known.slice(0, nearNamesMax));

const podName = (agent: AgentView): string => `${agent.namespace}/${agent.pod}`;

const isNamed = (agent: AgentView, name: string): boolean =>
  agent.node === name ||
  `node/${agent.node}` === name ||
  (agent.pod !== "" && podName(agent) === (name.includes("/") ? name : `default/${name}`));

const namesOf = (agent: AgentView): string[] =>
  agent.pod === "" ? [agent.agentId, agent.node] : [agent.agentId, agent.node, podName(agent)];
