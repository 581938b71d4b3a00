import {
  type ClusterModel,
  isFinished,
  type WorkloadRef,
  workloadText,
} from "../model/cluster-model.js";
import { type PodObject, workloadKinds } from "../model/objects.js";
import { standsFor } from "../model/stands-for.js";
import { ambiguous, notFound } from "./name-errors.js";
import { endpointViewOf, type ResolvedName } from "./resolved-name.js";

type Place = { readonly namespace: string; readonly name: string };

/** A pod as what a name stands for. */
export const resolvedPod = (
  model: ClusterModel,
  pod: PodObject,
  warnings: readonly string[] = [],
): ResolvedName => {
  const finished = isFinished(pod);
  return {
    view: endpointViewOf(model, { kind: "pod", pod }),
    kind: "pod",
    endpoints: finished ? [] : [{ kind: "pod", pod }],
    pod,
    byName: false,
    reason: finished
      ? `Pod ${pod.namespace}/${pod.name} has finished (${pod.phase}): it has no address any more and no policy applies to it`
      : "",
    warnings,
  };
};

/** The pod of a name, else the one workload that is called so. */
export const resolvePodOrWorkload = (
  model: ClusterModel,
  { namespace, name, bare }: Place & { readonly bare: boolean },
): ResolvedName => {
  const places = [{ namespace, name }, ...(bare ? dottedPlace(name) : [])];
  const pods = places.flatMap((place) => model.pod(place.namespace, place.name) ?? []);
  const [pod, other] = pods;
  if (pod !== undefined && other !== undefined) throw ambiguous(name, pods.map(podText));
  if (pod !== undefined) return resolvedPod(model, pod);
  const workloads = places.flatMap((place) => workloadsNamed(model, place));
  const [workload, second] = workloads;
  if (workload !== undefined && second !== undefined) {
    throw ambiguous(`${namespace}/${name}`, workloads.map(workloadText));
  }
  if (workload !== undefined) {
    const warning = `no pod is called ${workload.namespace}/${workload.name}: taken as ${workloadText(workload)}`;
    return resolvedWorkload(model, workload, [warning]);
  }
  const place = places.at(-1) ?? { namespace, name };
  const asked =
    bare && places.length > 1 && model.namespaceNames().has(place.namespace)
      ? place
      : { namespace, name };
  throw notFound(model, `no pod or workload ${asked.namespace}/${asked.name}`, {
    kind: "pod",
    ...asked,
  });
};

/** "name.ns" read as a pod of that namespace. */
const dottedPlace = (name: string): readonly Place[] => {
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? [] : [{ namespace: name.slice(dot + 1), name: name.slice(0, dot) }];
};

/** Workloads of a name, those left out that another workload owns. */
const workloadsNamed = (
  model: ClusterModel,
  { namespace, name }: Place,
): readonly WorkloadRef[] => {
  const refs = new Map<string, WorkloadRef>();
  const add = (ref: WorkloadRef): void => void refs.set(workloadText(ref), ref);
  for (const kind of workloadKinds) {
    const workload = model.workload(namespace, name, kind);
    if (workload !== undefined && standsFor(workload) === undefined) add({ namespace, name, kind });
  }
  for (const pod of model.podsIn(namespace)) {
    const ref = model.workloadOf(pod);
    if (ref.name === name && ref.kind !== "Pod") add(ref);
  }
  return [...refs.values()];
};

/** The pods of a workload of a kind. */
export const resolveWorkload = (
  model: ClusterModel,
  { namespace, name }: Place,
  kind: string,
): ResolvedName => {
  const known = ["Pod", ...workloadKinds].find((each) => each.toLowerCase() === kind.toLowerCase());
  const ref = { namespace, name, kind: known ?? kind };
  if (ref.kind === "Pod") {
    const pod = model.pod(namespace, name);
    if (pod !== undefined) return resolvedPod(model, pod);
  }
  if (model.workload(namespace, name, ref.kind) === undefined && podsOf(model, ref).length === 0) {
    throw notFound(model, `no ${ref.kind} ${namespace}/${name}`, {
      kind: "workload",
      namespace,
      name,
    });
  }
  return resolvedWorkload(model, ref, []);
};

const resolvedWorkload = (
  model: ClusterModel,
  ref: WorkloadRef,
  warnings: readonly string[],
): ResolvedName => {
  const pods = podsOf(model, ref);
  const live = pods.filter((pod) => !isFinished(pod));
  const nodes = new Set(live.map((pod) => pod.nodeName ?? ""));
  return {
    view: {
      name: workloadText(ref),
      kind: "workload",
      namespace: ref.namespace,
      workload: workloadText(ref),
      node: nodes.size === 1 ? ([...nodes][0] ?? "") : "",
      ips: live.flatMap((pod) => pod.ips),
      hostNetwork: live.length > 0 && live.every((pod) => pod.hostNetwork),
    },
    kind: "workload",
    endpoints: live.map((pod) => ({ kind: "pod", pod })),
    workload: ref,
    byName: false,
    reason: live.length > 0 ? "" : `${workloadText(ref)} has no live pods`,
    warnings,
  };
};

/** The pods of a workload, its own or those of a workload that it owns, by name. */
const podsOf = (model: ClusterModel, ref: WorkloadRef): readonly PodObject[] =>
  [...model.podsIn(ref.namespace)]
    .filter((pod) => {
      if (pod.owner?.kind === ref.kind && pod.owner.name === ref.name) return true;
      const top = model.workloadOf(pod);
      return top.kind === ref.kind && top.name === ref.name && ref.kind !== "Pod";
    })
    .sort((one, other) => (one.name < other.name ? -1 : 1));

/** "ns/name". */
export const podText = (pod: PodObject): string => `${pod.namespace}/${pod.name}`;
