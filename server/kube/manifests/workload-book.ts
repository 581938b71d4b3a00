import {
  type ClusterObject,
  type OwnerRef,
  type PodObject,
  type WorkloadObject,
  workloadKinds,
} from "../../analyzer/model/objects.js";
import { expandedPodsMax, expandedPodsTotalMax, expandedReplicasMax } from "../limits.js";

const kinds: ReadonlySet<string> = new Set(workloadKinds);

/** Whether an object is a workload. */
export const isWorkload = (object: ClusterObject): object is WorkloadObject =>
  kinds.has(object.kind);

/** Which workloads there are, which of them have pods, and which pod names are taken. */
export class WorkloadBook {
  readonly #workloads = new Map<string, WorkloadObject>();
  readonly #withPods = new Set<string>();
  readonly #podNames = new Set<string>();
  #made = 0;
  /** Names of the nodes, sorted. */
  readonly nodes: readonly string[];

  constructor(objects: readonly ClusterObject[]) {
    const nodes: string[] = [];
    for (const object of objects) {
      if (isWorkload(object)) this.#workloads.set(keyOf(object.namespace, object), object);
      if (object.kind === "Node") nodes.push(object.name);
    }
    this.nodes = nodes.sort();
  }

  /**
   * A pod whose ReplicaSet or Job is not among the objects, while the Deployment or CronJob is: by the names that their
   * controllers give, it belongs to that.
   */
  withOwner(pod: PodObject): PodObject {
    if (pod.owner === undefined || this.#workloads.has(keyOf(pod.namespace, pod.owner))) return pod;
    const above = ownerAbove(pod, pod.owner);
    if (above === undefined || !this.#workloads.has(keyOf(pod.namespace, above))) return pod;
    return { ...pod, owner: above };
  }

  addPod(pod: PodObject): void {
    this.#podNames.add(`${pod.namespace}/${pod.name}`);
    let owner = pod.owner;
    // Owners of owners; a loop among them ends at the one that is marked already.
    while (owner !== undefined) {
      const key = keyOf(pod.namespace, owner);
      if (this.#withPods.has(key)) return;
      this.#withPods.add(key);
      owner = this.#workloads.get(key)?.owner;
    }
  }

  /** Whether a workload has no pods, and none above it in the model would make them. */
  isBare(workload: WorkloadObject): boolean {
    if (this.#withPods.has(keyOf(workload.namespace, workload))) return false;
    const { owner } = workload;
    return owner === undefined || !this.#workloads.has(keyOf(workload.namespace, owner));
  }

  /** How many of the wanted pods of a workload may be made: all of them until many have been. */
  allow(wanted: number): number {
    const allowed = Math.min(
      wanted,
      Math.max(expandedReplicasMax, Math.min(expandedPodsMax, expandedPodsTotalMax - this.#made)),
    );
    this.#made += allowed;
    return allowed;
  }

  /** Takes a pod name that no other pod has: the wanted one, or with more digits. */
  takeName(namespace: string, wanted: string): string {
    let name = wanted;
    for (let more = 2; this.#podNames.has(`${namespace}/${name}`); more++)
      name = `${wanted}-${more}`;
    this.#podNames.add(`${namespace}/${name}`);
    return name;
  }
}

const keyOf = (namespace: string, { kind, name }: OwnerRef): string =>
  `${kind}/${namespace}/${name}`;

const ownerAbove = (pod: PodObject, owner: OwnerRef): OwnerRef | undefined => {
  if (owner.kind === "ReplicaSet") {
    const hash = Object.hasOwn(pod.labels, "pod-template-hash")
      ? `-${pod.labels["pod-template-hash"]}`
      : "";
    return hash.length > 1 && owner.name.endsWith(hash)
      ? { kind: "Deployment", name: owner.name.slice(0, -hash.length) }
      : undefined;
  }
  if (owner.kind !== "Job") return undefined;
  const name = owner.name.replace(/-\d+$/, "");
  return name === owner.name ? undefined : { kind: "CronJob", name };
};
