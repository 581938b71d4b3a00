import type { NodeObject } from "../../model/objects.js";
import type { NetworkPlugin } from "../../network/network-plugin.js";
import type { PolicyEndpoint } from "../../policy/decision.js";
import type { PolicyWorld } from "../../policy-world.js";
import { type Fault, findingOf } from "../findings/fault.js";
import type { Finding } from "../findings/finding.js";
import { command } from "../findings/shell-words.js";
import type { Way } from "../situation/way.js";

/** A node that is looked at, and whose node it is. */
export type NodeSubject = {
  readonly world: PolicyWorld;
  readonly plugin: NetworkPlugin;
  readonly node: NodeObject;
  readonly role: "source" | "destination";
  readonly hits: (way: Way) => boolean;
};

/** What a finding on a node says beyond where it is. */
export type NodeFault = Omit<Fault, "solutions" | "steps"> & {
  /** Showing the node when left out. */
  readonly steps?: readonly string[];
  /** The node itself when left out. */
  readonly component?: string;
  readonly hits?: (way: Way) => boolean;
};

/** The ways on which this end has an address of its own: not those of the node itself and of its host network. */
export const podWaysOf =
  ({ role, hits }: NodeSubject) =>
  (way: Way): boolean => {
    const end = role === "source" ? way.source : way.destination;
    const isOnHost = end?.kind === "node" || (end?.kind === "pod" && end.pod.hostNetwork);
    return hits(way) && !isOnHost;
  };

/** Those of them that leave the node. */
export const podNetworkOf = (subject: NodeSubject): ((way: Way) => boolean) => {
  const hasOwnAddress = podWaysOf(subject);
  return (way) => hasOwnAddress(way) && !staysOnNode(way);
};

const staysOnNode = ({ source, destination }: Way): boolean =>
  nodeOf(source) !== undefined && nodeOf(source) === nodeOf(destination);

const nodeOf = (end: PolicyEndpoint | undefined): string | undefined => {
  if (end?.kind === "pod") return end.pod.nodeName;
  return end?.kind === "node" ? end.node.name : undefined;
};

/** The command that shows a node's conditions, taints and events. */
export const describeNode = (name: string): string => command("kubectl", "describe", "node", name);

/** A finding on a node. */
export const nodeFinding = ({ node, role, hits }: NodeSubject, fault: NodeFault): Finding => {
  const steps = fault.steps ?? [describeNode(node.name)];
  return findingOf(
    {
      place: role === "source" ? "source-node" : "destination-node",
      origin: role,
      component: fault.component ?? `Node ${node.name}`,
      hits: fault.hits ?? hits,
    },
    { ...fault, steps, solutions: [`${fault.summary}: run ${steps[0] ?? ""}`] },
  );
};
