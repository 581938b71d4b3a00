import type { NodeObject } from "../../model/objects.js";
import type { PolicyEndpoint } from "../../policy/decision.js";
import { type CheckResult, joinResults } from "../findings/finding.js";
import type { Situation } from "../situation/situation.js";
import type { Way } from "../situation/way.js";
import { agentFaults } from "./node-agents.js";
import { conditionFaults, conditionSeen } from "./node-faults.js";
import { type NodeSubject, nodeFinding } from "./node-subject.js";

/** Whether the nodes of both ends can carry connections, as far as the model has them. */
export const checkNodes = (situation: Situation): CheckResult =>
  joinResults(
    [...subjectsOf(situation, "source"), ...subjectsOf(situation, "destination")].map(checkNode),
  );

const checkNode = (subject: NodeSubject): CheckResult => {
  const { node, role } = subject;
  const faults = [...conditionFaults(subject), ...agentFaults(subject)];
  const ready = node.conditions.find(({ type, status }) => type === "Ready" && status === "True");
  const place = role === "source" ? "source-node" : "destination-node";
  return {
    findings: faults.map((fault) => nodeFinding(subject, fault)),
    ruledOut:
      ready === undefined
        ? []
        : [{ code: "NODE_NOT_READY", because: `node ${node.name} is ready` }],
    seen: ready === undefined ? [] : [{ place, observation: conditionSeen(node, ready) }],
  };
};

const subjectsOf = (
  { world, plugin, ways }: Situation,
  role: NodeSubject["role"],
): readonly NodeSubject[] => {
  const namesOf = role === "source" ? sourceNodesOf : destinationNodesOf;
  const names = new Set(ways.flatMap(namesOf));
  return [...names].sort().flatMap((name): readonly NodeSubject[] => {
    const node: NodeObject | undefined = world.model.node(name);
    if (node === undefined) return [];
    return [{ world, plugin, node, role, hits: (way) => namesOf(way).includes(name) }];
  });
};

const sourceNodesOf = ({ source }: Way): readonly string[] => nodesOf(source);

/** The node of the destination, or those of the pods behind a Service that leads to nobody; none that is the source's. */
const destinationNodesOf = (way: Way): readonly string[] => {
  const own = sourceNodesOf(way);
  const nodes =
    way.destination === undefined
      ? (way.route?.endpoints.selected ?? []).flatMap(({ nodeName }) => nodeName ?? [])
      : nodesOf(way.destination);
  return nodes.filter((name) => !own.includes(name));
};

const nodesOf = (end: PolicyEndpoint | undefined): readonly string[] => {
  if (end?.kind === "pod") return end.pod.nodeName === undefined ? [] : [end.pod.nodeName];
  return end?.kind === "node" ? [end.node.name] : [];
};
