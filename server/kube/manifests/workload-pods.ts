import type { PodObject, WorkloadObject } from "../../analyzer/model/objects.js";
import { expandedReplicasMax } from "../limits.js";
import { listOrNone } from "../objects/given.js";
import type { WorkloadBook } from "./workload-book.js";

/** Pods made from a workload's template; `message` when they are fewer than it wants and might differ. */
export type MadePods = { readonly pods: readonly PodObject[]; readonly message?: string };

/**
 * Makes the pods that a workload's controller would. Replicas of one template are alike to every policy, so that two stand
 * for more; pods of a StatefulSet have labels of their own, and those of a DaemonSet a node each.
 */
export const podsOfWorkload = (workload: WorkloadObject, book: WorkloadBook): MadePods => {
  const { name, replicas } = workload;
  switch (workload.kind) {
    case "StatefulSet":
      return statefulPods(workload, book);
    case "DaemonSet":
      return daemonPods(workload, book);
    case "Job":
    case "CronJob":
      return { pods: replicas === 0 ? [] : [podOf(workload, book, { name: `${name}-1` })] };
    default: {
      const count = Math.min(replicas ?? 1, expandedReplicasMax);
      return {
        pods: Array.from({ length: count }, (_, index) =>
          podOf(workload, book, { name: `${name}-${index + 1}` }),
        ),
      };
    }
  }
};

const statefulPods = (workload: WorkloadObject, book: WorkloadBook): MadePods => {
  const wanted = workload.replicas ?? 1;
  const count = book.allow(wanted);
  const pods = Array.from({ length: count }, (_, ordinal) => {
    const name = `${workload.name}-${ordinal}`;
    const labels = {
      "apps.kubernetes.io/pod-index": String(ordinal),
      "statefulset.kubernetes.io/pod-name": name,
    };
    return podOf(workload, book, { name, labels });
  });
  return count === wanted ? { pods } : { pods, message: tooMany(wanted, count) };
};

const daemonPods = (workload: WorkloadObject, book: WorkloadBook): MadePods => {
  const { nodes } = book;
  if (nodes.length === 0) return { pods: [podOf(workload, book, { name: `${workload.name}-1` })] };
  const pods = nodes
    .slice(0, book.allow(nodes.length))
    .map((nodeName) => podOf(workload, book, { name: `${workload.name}-${nodeName}`, nodeName }));
  return pods.length === nodes.length
    ? { pods }
    : { pods, message: tooMany(nodes.length, pods.length) };
};

const tooMany = (wanted: number, made: number): string =>
  `wants ${wanted} pods: the model has the first ${made} of them`;

type PodParts = {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly nodeName?: string;
};

const podOf = (
  workload: WorkloadObject,
  book: WorkloadBook,
  { name, labels, nodeName }: PodParts,
): PodObject => {
  const { labels: templateLabels, annotations, ...spec } = workload.template;
  const { namespace, origin, kind } = workload;
  return {
    kind: "Pod",
    namespace,
    name: book.takeName(namespace, name),
    labels: { ...templateLabels, ...(kind === "Job" ? jobLabels(workload) : labels) },
    annotations,
    ...(origin === undefined ? {} : { origin }),
    ...spec,
    ...(nodeName === undefined ? {} : { nodeName }),
    owner: { kind, name: workload.name },
    expanded: true,
    ips: listOrNone([]),
    phase: "",
    terminating: false,
    conditions: listOrNone([]),
    containers: listOrNone([]),
  };
};

/** The Job controller labels its pods with the Job's name. */
const jobLabels = ({ name }: WorkloadObject): Readonly<Record<string, string>> => ({
  "batch.kubernetes.io/job-name": name,
  "job-name": name,
});
