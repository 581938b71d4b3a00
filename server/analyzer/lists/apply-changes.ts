import { ClusterModel, workloadText } from "../model/cluster-model.js";
import {
  type ClusterObject,
  type PodObject,
  type WorkloadObject,
  workloadKinds,
} from "../model/objects.js";
import { QuestionError } from "../question-error.js";

/** The annotation that turns an object among changes into the removal of its like: "causeway.io/what-if: remove". */
export const whatIfAnnotation = "causeway.io/what-if";

/**
 * A copy of a model with objects applied: what has the same kind, namespace and name is replaced, the rest is added. Pods of
 * a workload whose template or scale changes give way to those among the changes. An object with the annotation is removed,
 * with its pods, or with all that is in the namespace. Throws QuestionError for another value of the annotation.
 */
export const applyChanges = (
  model: ClusterModel,
  changes: readonly ClusterObject[],
): ClusterModel => {
  const copy = new ClusterModel(model.objects());
  const removals = changes.filter(isRemoval);
  const upserts = changes.filter((object) => !removals.includes(object));
  for (const object of removals) remove(copy, object);
  const workloads = upserts.filter(isWorkload);
  const settled = new Set(removals.filter(isWorkload).map(workloadText));
  for (const workload of workloads) {
    if (keepsPods(copy, workload)) settled.add(workloadText(workload));
    copy.apply({ kind: "upsert", object: workload });
  }
  for (const object of upserts) {
    if (isWorkload(object)) continue;
    if (object.kind !== "Pod" || !object.expanded) copy.apply({ kind: "upsert", object });
    else if (!settled.has(ownerText(object))) {
      copy.apply({ kind: "upsert", object: withFreeName(copy, object) });
    }
  }
  return copy;
};

const isRemoval = ({ kind, namespace, name, annotations }: ClusterObject): boolean => {
  if (!Object.hasOwn(annotations, whatIfAnnotation)) return false;
  const value = annotations[whatIfAnnotation];
  if (value === "remove") return true;
  const title = namespace === "" ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
  throw new QuestionError("invalid", `${title}: ${whatIfAnnotation} is "${value}"; write remove`);
};

const isWorkload = (object: ClusterObject): object is WorkloadObject =>
  (workloadKinds as readonly string[]).includes(object.kind);

const remove = (model: ClusterModel, object: ClusterObject): void => {
  if (isWorkload(object)) removePods(model, object);
  if (object.kind === "Namespace") {
    for (const each of [...model.objects()]) {
      if (each.namespace === object.name) model.apply({ kind: "remove", object: each });
    }
  }
  model.apply({ kind: "remove", object });
};

/** The pods of a workload, and the workloads between. */
const removePods = (model: ClusterModel, workload: WorkloadObject): void => {
  for (const pod of podsOf(model, workload)) model.apply({ kind: "remove", object: pod });
  for (const each of [...model.workloads()]) {
    const { owner, namespace } = each;
    const isOwned =
      namespace === workload.namespace &&
      owner?.kind === workload.kind &&
      owner.name === workload.name;
    if (isOwned) removeOwned(model, each);
  }
};

const removeOwned = (model: ClusterModel, workload: WorkloadObject): void => {
  for (const pod of podsOf(model, workload)) model.apply({ kind: "remove", object: pod });
  model.apply({ kind: "remove", object: workload });
};

const podsOf = (
  model: ClusterModel,
  workload: Pick<WorkloadObject, "namespace" | "name" | "kind">,
): readonly PodObject[] =>
  [...model.podsIn(workload.namespace)].filter((pod) => {
    const top = model.workloadOf(pod);
    return (
      (top.kind === workload.kind && top.name === workload.name) ||
      (pod.owner?.kind === workload.kind && pod.owner.name === workload.name)
    );
  });

/** Whether the pods stay as they are; those of a workload that changes are removed. */
const keepsPods = (model: ClusterModel, workload: WorkloadObject): boolean => {
  const before = model.workload(workload.namespace, workload.name, workload.kind);
  const isSame =
    before !== undefined &&
    before.replicas === workload.replicas &&
    JSON.stringify(sorted(before.template)) === JSON.stringify(sorted(workload.template));
  if (isSame && podsOf(model, workload).length > 0) return true;
  removePods(model, workload);
  return false;
};

/** Labels and annotations may be written in any order; annotations decide nothing. */
const sorted = ({ labels, annotations: _, ...spec }: WorkloadObject["template"]): unknown => [
  Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1)),
  Object.entries(spec).sort(([one], [other]) => (one < other ? -1 : 1)),
];

const ownerText = ({ namespace, owner }: PodObject): string =>
  workloadText({ namespace, name: owner?.name ?? "", kind: owner?.kind ?? "" });

/** A made pod must not take the place of one that happens to be called so. */
const withFreeName = (model: ClusterModel, pod: PodObject): PodObject => {
  let { name } = pod;
  while (model.pod(pod.namespace, name) !== undefined) name += "-0";
  return name === pod.name ? pod : { ...pod, name };
};
