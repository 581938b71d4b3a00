import type { NodeObject } from "../../model/objects.js";
import type { PolicyWorld } from "../../policy-world.js";
import type { Code } from "../catalogue/catalogue.js";
import { type Effect, type Finding, type Observation, remedyOf } from "../findings/finding.js";
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
export type NodeFault = {
  readonly code: Code;
  readonly effect: Effect;
  readonly issue: string;
  readonly summary: string;
  readonly why: string;
  readonly prevention: string;
  readonly observations: readonly Observation[];
  readonly steps?: readonly string[];
  readonly component?: string;
  readonly proof?: Finding["proof"];
  readonly certainty?: number;
  readonly hits?: (way: Way) => boolean;
  readonly equivalentTo?: readonly Code[];
};

/** The command that shows a node's conditions, taints and events. */
export const describeNode = (name: string): string => command("kubectl", "describe", "node", name);

/** A finding on a node. */
export const nodeFinding = ({ node, role, hits }: NodeSubject, fault: NodeFault): Finding => {
  const steps = fault.steps ?? [describeNode(node.name)];
  return {
    code: fault.code,
    effect: fault.effect,
    place: role === "source" ? "source-node" : "destination-node",
    origin: role,
    component: fault.component ?? `Node ${node.name}`,
    hits: fault.hits ?? hits,
    proof: fault.proof ?? "direct",
    issue: fault.issue,
    solutions: [`${fault.summary}: run ${steps[0] ?? ""}`],
    observations: fault.observations,
    ...(fault.certainty === undefined ? {} : { certainty: fault.certainty }),
    ...(fault.equivalentTo === undefined ? {} : { equivalentTo: fault.equivalentTo }),
    remedy: remedyOf({
      summary: fault.summary,
      why: fault.why,
      steps,
      prevention: fault.prevention,
    }),
  };
};
