import type { NodeObject } from "../../model/objects.js";
import type { PolicyWorld } from "../../policy-world.js";
import { type Fault, findingOf } from "../findings/fault.js";
import type { Finding } from "../findings/finding.js";
import { command } from "../findings/shell-words.js";
import type { NetworkPlugin } from "../network-plugin.js";
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
