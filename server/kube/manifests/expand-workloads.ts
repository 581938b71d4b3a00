import type { ClusterObject, PodObject, WorkloadObject } from "../../analyzer/model/objects.js";
import { isWorkload, WorkloadBook } from "./workload-book.js";
import { podsOfWorkload } from "./workload-pods.js";

/** A workload that got fewer pods than it wants although they may differ. */
export type ExpansionProblem = { readonly object: WorkloadObject; readonly message: string };

/** The objects with the pods of workloads that have none of their own. */
export const expandWorkloads = (
  objects: readonly ClusterObject[],
): {
  readonly objects: readonly ClusterObject[];
  readonly problems: readonly ExpansionProblem[];
} => {
  const book = new WorkloadBook(objects);
  const owned = objects.map((object) => (object.kind === "Pod" ? book.withOwner(object) : object));
  for (const object of owned) if (object.kind === "Pod") book.addPod(object);
  const pods: PodObject[] = [];
  const problems: ExpansionProblem[] = [];
  for (const workload of owned) {
    if (!isWorkload(workload) || !book.isBare(workload)) continue;
    const made = podsOfWorkload(workload, book);
    pods.push(...made.pods);
    if (made.message !== undefined) problems.push({ object: workload, message: made.message });
  }
  return { objects: pods.length === 0 ? owned : [...owned, ...pods], problems };
};
