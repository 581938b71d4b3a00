import { workloadText } from "../../model/cluster-model.js";
import type { PolicyEndpoint } from "../../policy/decision.js";
import type { Situation } from "./situation.js";
import { isPodEnd } from "./way.js";

/** An end of a way in words: "default/web", or its workload where it stands for others of it; "node n1". */
export const endTitle = ({ world, a, b }: Situation, end: PolicyEndpoint): string => {
  switch (end.kind) {
    case "pod": {
      const { pod } = end;
      const named = [a, b].find(({ pods }) => pods.some((each) => isPodEnd(end, each)));
      if (named !== undefined && named.pods.length + named.omitted > 1) return named.name;
      return (named !== undefined && !pod.expanded) || pod.owner === undefined
        ? `${pod.namespace}/${pod.name}`
        : workloadText(world.model.workloadOf(pod));
    }
    case "node":
      return `node ${end.node.name}`;
    case "addresses":
      return [a, b].find(({ endpoints }) => endpoints.includes(end))?.name ?? "addresses outside";
  }
};
