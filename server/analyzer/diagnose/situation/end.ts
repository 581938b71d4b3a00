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
  endWith(
    resolved,
    podsOf(world.model, resolved),
    resolved.kind === "dns" ? outsideEnds(world) : resolved.endpoints,
  );

/**
 * The end that a name stands for as source. A Service opens no connections: it stands for the pods behind it, those that
 * can't be endpoints where there are no others, or for the addresses that are listed for it by hand.
 */
export const sourceEndOf = (world: PolicyWorld, resolved: ResolvedName): End => {
  const { service } = resolved;
  if (service === undefined) return destinationEndOf(world, resolved);
  const pods = new Map<string, PodObject>();
  const outside: PolicyEndpoint[] = [];
  const { endpoints, selected } = endpointsOf(world, service);
  for (const { holder } of endpoints) {
    if (holder.kind === "pod") pods.set(holder.pod.name, holder.pod);
    if (holder.kind === "outside") outside.push({ kind: "addresses", range: holder.range });
  }
  const behind = pods.size > 0 ? [...pods.values()].sort(byName) : selected;
  return endWith(resolved, behind, outside);
};

const endWith = (
  resolved: ResolvedName,
  all: readonly PodObject[],
  named: readonly PolicyEndpoint[],
): End => {
  const pods = all.slice(0, diagnosisPodsMax);
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
