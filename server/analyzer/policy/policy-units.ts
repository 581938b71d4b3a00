import { type ClusterModel, type WorkloadRef, workloadText } from "../model/cluster-model.js";
import type { PodObject } from "../model/objects.js";
import type { ClassMember, EndClass, EndClasses } from "./end-classes.js";

/** Pods of one workload that no policy tells apart. */
export type PolicyUnit = {
  /** "ns/name[Kind]"; "ns/pod[Pod]" for each pod of a workload whose pods are told apart. */
  readonly name: string;
  readonly workload: WorkloadRef;
  /** One or more, in order of their names. */
  readonly pods: readonly PodObject[];
};

/** A unit and what the engine knows of it. */
export type PlacedUnit = {
  readonly unit: PolicyUnit;
  readonly of: EndClass;
  /** Whether policies take it for its node. */
  readonly isHost: boolean;
  /** Whether it is known of all its pods on which node they run. */
  readonly isPlaced: boolean;
  /** The node that all its pods run on; undefined when they run on several, or when it is not known. */
  readonly node: string | undefined;
};

/** The living pods of a model, grouped and in order of names; `keyOf` is equal for classes that are not told apart. */
export const placedUnits = (
  model: ClusterModel,
  classes: EndClasses,
  keyOf: (one: EndClass) => unknown,
): readonly PlacedUnit[] => {
  const workloads = new Map<
    string,
    { readonly ref: WorkloadRef; readonly members: ClassMember[] }
  >();
  for (const member of classes.members()) {
    const ref = model.workloadOf(member.pod);
    const name = workloadText(ref);
    const workload = workloads.get(name);
    if (workload === undefined) workloads.set(name, { ref, members: [member] });
    else workload.members.push(member);
  }
  const units: PlacedUnit[] = [];
  for (const [name, { ref, members }] of workloads) {
    const classOf = ({ pod }: ClassMember): EndClass => classes.of(pod) as EndClass;
    const [first] = members as [ClassMember];
    const of = classOf(first);
    const isSame = (one: EndClass): boolean => one === of || keyOf(one) === keyOf(of);
    if (members.every((member) => isSame(classOf(member)))) {
      units.push(placed({ name, ref, members, of }));
      continue;
    }
    for (const member of members) {
      const { namespace, name: pod } = member.pod;
      units.push(
        placed({
          name: workloadText({ namespace, name: pod, kind: "Pod" }),
          ref,
          members: [member],
          of: classOf(member),
        }),
      );
    }
  }
  return units.sort(({ unit: one }, { unit: other }) => (one.name < other.name ? -1 : 1));
};

const placed = (parts: {
  readonly name: string;
  readonly ref: WorkloadRef;
  readonly members: readonly ClassMember[];
  readonly of: EndClass;
}): PlacedUnit => {
  const { name, ref: workload, members, of } = parts;
  const pods = members.map(({ pod }) => pod);
  if (pods.length > 1) pods.sort((one, other) => (one.name < other.name ? -1 : 1));
  const node = pods[0]?.nodeName;
  return {
    unit: { name, workload, pods },
    of,
    isHost: of.end.kind === "host",
    isPlaced: pods.every(({ nodeName }) => nodeName !== undefined),
    node: pods.every(({ nodeName }) => nodeName === node) ? node : undefined,
  };
};
