import type { OwnerRef, WorkloadObject } from "./objects.js";

/** Kinds that controllers make as a step on the way to pods. */
const stepKinds: ReadonlySet<string> = new Set(["ReplicaSet", "ReplicationController", "Job"]);

/**
 * The owner that people name instead of a workload, such as the Deployment of a ReplicaSet. Undefined for what stands for
 * itself: also for a Deployment that an operator made of an object of its own.
 */
export const standsFor = ({ kind, owner }: WorkloadObject): OwnerRef | undefined =>
  stepKinds.has(kind) ? owner : undefined;
