import { type ClusterModel, workloadText } from "../../model/cluster-model.js";
import type { PodObject } from "../../model/objects.js";
import type { PolicyEndpoint } from "../../policy/decision.js";
import type { PolicyWorld } from "../../policy-world.js";
import { QuestionError } from "../../question-error.js";
import type { ResolvedName } from "../../resolve/resolved-name.js";
import { diagnosisEndpointsMax, diagnosisPodsMax } from "../limits.js";

type World = Pick<PolicyWorld, "model" | "engine">;

/** One end of the question, as the diagnosis looks at it. */
export type End = {
  readonly name: string;
  readonly resolved: ResolvedName;
  /** The pods that are looked at: the one that was named, also a broken one, or those of a workload. */
  readonly pods: readonly PodObject[];
  readonly endpoints: readonly PolicyEndpoint[];
  /** Pods that were left out because there are too many. */
  readonly omitted: number;
};

/** The end that a name stands for. */
export const endOf = (world: World, resolved: ResolvedName): End => {
  const all = podsOf(world.model, resolved);
  const pods = all.slice(0, diagnosisPodsMax);
  return {
    name: resolved.view.name,
    resolved,
    pods,
    endpoints:
      pods.length > 0
        ? pods.map((pod) => ({ kind: "pod", pod }))
        : endpointsOf(world, resolved).slice(0, diagnosisEndpointsMax),
    omitted: all.length - pods.length,
  };
};

/** The end that connections come from. Throws QuestionError `invalid` for what sends none. */
export const sourceEndOf = (world: World, resolved: ResolvedName): End => {
  if (resolved.kind === "service") {
    throw new QuestionError(
      "invalid",
      `${resolved.view.name} is a Service: connections come from pods; name one, such as namespace/pod`,
    );
  }
  if (resolved.kind === "dns") throw new QuestionError("invalid", resolved.reason);
  return endOf(world, resolved);
};

/** A name outside can have any address outside. */
const endpointsOf = (
  { engine }: World,
  { kind, endpoints }: ResolvedName,
): readonly PolicyEndpoint[] =>
  kind === "dns"
    ? engine.externalRanges().map((range) => ({ kind: "addresses", range }))
    : endpoints;

const podsOf = (model: ClusterModel, resolved: ResolvedName): readonly PodObject[] => {
  if (resolved.pod !== undefined) return [resolved.pod];
  const { workload } = resolved;
  if (workload === undefined) return [];
  const live = resolved.endpoints.flatMap((end) => (end.kind === "pod" ? [end.pod] : []));
  if (live.length > 0) return live;
  const text = workloadText(workload);
  return [...model.podsIn(workload.namespace)]
    .filter((pod) => workloadText(model.workloadOf(pod)) === text)
    .sort((one, other) => (one.name < other.name ? -1 : 1));
};

/** The one pod that an end is; undefined for several and for what is no pod. */
export const solePodOf = ({ pods, omitted }: End): PodObject | undefined =>
  pods.length === 1 && omitted === 0 ? pods[0] : undefined;
