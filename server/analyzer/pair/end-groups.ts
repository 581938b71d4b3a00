import type { EndpointView } from "../answers.js";
import { type ClusterModel, type WorkloadRef, workloadText } from "../model/cluster-model.js";
import type { PodObject } from "../model/objects.js";
import type { PolicyEndpoint } from "../policy/decision.js";
import type { PolicyEngine, PolicyUnit } from "../policy/engine.js";
import type { PolicyWorld } from "../policy-world.js";
import { blankView, endpointViewOf } from "../resolve/resolved-name.js";

/** Ends that policies do not tell apart; one is judged for all. */
export type EndGroup = {
  readonly ends: readonly [PolicyEndpoint, ...PolicyEndpoint[]];
  readonly view: EndpointView;
};

type World = Pick<PolicyWorld, "model" | "engine">;

/** By what ends are told apart beyond the policies: "" for nothing. */
export type ExtraKey = (end: PolicyEndpoint) => string;

/**
 * Groups ends that no policy tells apart, in the order of their first ones. The pods of a workload that are all of one
 * group are shown as the workload.
 */
export const groupEnds = (
  world: World,
  ends: readonly PolicyEndpoint[],
  extraKey: ExtraKey = () => "",
): readonly EndGroup[] => {
  const groups = new Map<string, [PolicyEndpoint, ...PolicyEndpoint[]]>();
  const units = ends.length > 1 ? unitsOf(world) : undefined;
  for (const [index, end] of ends.entries()) {
    const unit = end.kind === "pod" ? units?.get(podKey(end.pod)) : undefined;
    const key = unit === undefined ? `${index}` : `${unit.name} ${extraKey(end)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [end]);
    else group.push(end);
  }
  return [...groups.values()].map((group) => ({
    ends: group,
    view: viewOf(world.model, group, units),
  }));
};

/** One end as a group. */
export const soleGroup = (model: ClusterModel, end: PolicyEndpoint): EndGroup => ({
  ends: [end],
  view: endpointViewOf(model, end),
});

const podKey = ({ namespace, name }: PodObject): string => `${namespace}/${name}`;

type Units = { readonly revision: number; readonly byPod: ReadonlyMap<string, PolicyUnit> };

// The pods of a model in units, made anew when the model has changed.
const known = new WeakMap<PolicyEngine, Units>();

const unitsOf = ({ engine, model }: World): ReadonlyMap<string, PolicyUnit> => {
  const before = known.get(engine);
  if (before?.revision === model.revision) return before.byPod;
  const byPod = new Map<string, PolicyUnit>();
  for (const unit of engine.units()) {
    for (const pod of unit.pods) byPod.set(podKey(pod), unit);
  }
  known.set(engine, { revision: model.revision, byPod });
  return byPod;
};

const viewOf = (
  model: ClusterModel,
  group: readonly [PolicyEndpoint, ...PolicyEndpoint[]],
  units: ReadonlyMap<string, PolicyUnit> | undefined,
): EndpointView => {
  const [first] = group;
  if (first.kind !== "pod") return endpointViewOf(model, first);
  if (group.length === 1) {
    return isSoleReplica(model, first.pod)
      ? workloadView(model.workloadOf(first.pod), [first.pod])
      : endpointViewOf(model, first);
  }
  const unit = units?.get(podKey(first.pod));
  const isWhole =
    unit !== undefined &&
    unit.pods.length === group.length &&
    unit.name === workloadText(unit.workload);
  return isWhole ? workloadView(unit.workload, unit.pods) : endpointViewOf(model, first);
};

/** Whether a pod was made from a workload's template and is the only one: people know the workload's name. */
const isSoleReplica = (model: ClusterModel, pod: PodObject): boolean => {
  if (!pod.expanded) return false;
  const name = workloadText(model.workloadOf(pod));
  const siblings = [...model.podsIn(pod.namespace)].filter(
    (other) => other.expanded && workloadText(model.workloadOf(other)) === name,
  );
  return siblings.length === 1;
};

const workloadView = (ref: WorkloadRef, pods: readonly PodObject[]): EndpointView => {
  const nodes = new Set(pods.map((pod) => pod.nodeName ?? ""));
  return {
    ...blankView,
    name: workloadText(ref),
    kind: "workload",
    namespace: ref.namespace,
    workload: workloadText(ref),
    node: nodes.size === 1 ? ([...nodes][0] ?? "") : "",
    ips: pods.flatMap(({ ips }) => ips),
    hostNetwork: pods.every(({ hostNetwork }) => hostNetwork),
  };
};
