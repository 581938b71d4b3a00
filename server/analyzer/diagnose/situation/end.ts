import { type ClusterModel, workloadText } from "../../model/cluster-model.js";
import type { PodObject } from "../../model/objects.js";
import { outsideEnds } from "../../pair/question-ends.js";
import type { PolicyEndpoint } from "../../policy/decision.js";
import type { PolicyWorld } from "../../policy-world.js";
import type { ResolvedName } from "../../resolve/resolved-name.js";
import { endpointsOf } from "../../service/service-endpoints.js";
import { endInFamily } from "../../service/service-families.js";
import { diagnosisEndpointsMax, diagnosisPodsMax } from "../limits.js";

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

/** The end that a name stands for as destination. */
export const destinationEndOf = (world: PolicyWorld, resolved: ResolvedName): End =>
  endWith(world, resolved, podsOf(world.model, resolved));

/** The end that a name stands for as source; a Service opens no connections: it stands for the pods behind it. */
export const sourceEndOf = (world: PolicyWorld, resolved: ResolvedName): End => {
  const { service } = resolved;
  if (service === undefined) return destinationEndOf(world, resolved);
  const pods = new Map<string, PodObject>();
  for (const { holder } of endpointsOf(world, service).endpoints) {
    if (holder.kind === "pod") pods.set(holder.pod.name, holder.pod);
  }
  return endWith(world, resolved, [...pods.values()].sort(byName));
};

const endWith = (world: PolicyWorld, resolved: ResolvedName, all: readonly PodObject[]): End => {
  const pods = all.slice(0, diagnosisPodsMax);
  const named: readonly PolicyEndpoint[] =
    resolved.kind === "dns" ? outsideEnds(world) : resolved.endpoints;
  const endpoints = pods.length > 0 ? pods.map((pod) => ({ kind: "pod", pod }) as const) : named;
  return {
    name: resolved.view.name,
    resolved,
    pods,
    endpoints: endpoints
      .slice(0, diagnosisEndpointsMax)
      .map((end) => endInFamily(end, resolved.address?.family)),
    omitted: all.length - pods.length,
  };
};

const byName = (one: PodObject, other: PodObject): number => (one.name < other.name ? -1 : 1);

const podsOf = (model: ClusterModel, resolved: ResolvedName): readonly PodObject[] => {
  if (resolved.pod !== undefined) return [resolved.pod];
  const { workload } = resolved;
  if (workload === undefined) return [];
  const live = resolved.endpoints.flatMap((end) => (end.kind === "pod" ? [end.pod] : []));
  if (live.length > 0) return live;
  const text = workloadText(workload);
  return [...model.podsIn(workload.namespace)]
    .filter((pod) => workloadText(model.workloadOf(pod)) === text)
    .sort(byName);
};

/** The one pod that an end is; undefined for several and for what is no pod. */
export const solePodOf = ({ pods, omitted }: End): PodObject | undefined =>
  pods.length === 1 && omitted === 0 ? pods[0] : undefined;
