import type { PodObject } from "../../model/objects.js";
import { command, kubectl } from "../findings/shell-words.js";
import { describePod, getPod, podLogs } from "./pod-commands.js";
import { stateFault } from "./pod-containers.js";
import { sandboxFault } from "./pod-start.js";
import {
  clip,
  eventsOf,
  notRunningIssue,
  notRunningSolutions,
  type PodFault,
  type PodSubject,
  podName,
} from "./pod-subject.js";

/** Reasons of a failed pod that was put away rather than ran to its end (kubelet, node lifecycle and taint controllers). */
const evictedReasons = [
  "Evicted",
  "NodeLost",
  "NodeShutdown",
  "NodeAffinity",
  "Preempting",
  "Shutdown",
  "Terminated",
  "TaintManagerEviction",
];

/** Why a pod that has a status does not run; nothing for one that runs or has no status. */
export const phaseFaults = (subject: PodSubject): readonly PodFault[] => {
  const { pod } = subject;
  switch (pod.phase) {
    case "Succeeded":
    case "Failed":
      return [endedFault(pod)];
    case "Unknown":
      return [lostFault(pod)];
    case "Pending":
      return [pendingFault(subject)];
    default:
      return [];
  }
};

const notRunning = (pod: PodObject) => ({
  effect: "blocks" as const,
  issue: notRunningIssue(pod),
  solutions: notRunningSolutions(pod),
});

const endedFault = (pod: PodObject): PodFault => {
  const { reason = "" } = pod;
  if (evictedReasons.includes(reason)) return lostFault(pod);
  return {
    ...notRunning(pod),
    code: "POD_COMPLETED",
    summary: `Use a pod that runs instead of ${podName(pod)}, which has finished`,
    why: "A finished pod has no network any more; its address may have been given to another pod.",
    steps: [kubectl(pod.namespace, "get", "pods", "-o", "wide"), describePod(pod)],
    data: { phase: pod.phase, ...(reason === "" ? {} : { reason }) },
    prevention:
      "Reach workloads by a Service, and do not let a Service's selector match the pods of Jobs.",
  };
};

const lostFault = (pod: PodObject): PodFault => {
  const { nodeName, reason = "" } = pod;
  return {
    ...notRunning(pod),
    code: "POD_EVICTED_NODE_LOST",
    summary: `Let the controller of ${podName(pod)} replace it, and look at its node`,
    why: "The pod was put away by its node, or its node does not answer any more; nothing listens on its address.",
    steps: [
      ...(nodeName === undefined ? [] : [command("kubectl", "describe", "node", nodeName)]),
      kubectl(pod.namespace, "get", "pods", "-o", "wide"),
      describePod(pod),
    ],
    data: { phase: pod.phase, ...(reason === "" ? {} : { reason }) },
    prevention:
      "Set requests that the containers really need, and run more than one replica on more than one node.",
  };
};

const pendingFault = (subject: PodSubject): PodFault => {
  const { pod } = subject;
  if (pod.nodeName === undefined || pod.nodeName === "") return unscheduledFault(subject);
  const base = notRunning(pod);
  const [fault] = pod.containers.flatMap((status) => stateFault(subject, status) ?? []);
  if (fault !== undefined) return { ...fault, ...base };
  return { ...(hasNetwork(pod) ? startingFault(pod) : sandboxFault(subject)), ...base };
};

const networkConditions = ["PodReadyToStartContainers", "PodHasNetwork"];

/** Whether a pod that waits has its network: it has an address, says so itself, or a container of it has run. */
const hasNetwork = ({ ips, conditions, containers }: PodObject): boolean =>
  ips.length > 0 ||
  conditions.some(({ type, status }) => networkConditions.includes(type) && status === "True") ||
  containers.some(({ waiting }) => waiting === undefined);

const startingFault = (pod: PodObject): Omit<PodFault, "effect" | "issue" | "solutions"> => {
  const first = pod.containers.find(
    ({ waiting, terminated, ready }) => waiting === undefined && terminated === undefined && !ready,
  );
  const name = podName(pod);
  return {
    code: "POD_STARTING",
    summary:
      first === undefined
        ? `Wait until the images of ${name} are there and its containers have started`
        : `Wait until container ${first.name} of ${name} has done its work, or find out what it waits for`,
    why: "The containers of a pod start when its init containers have ended and its images are there; nothing listens before.",
    steps: [describePod(pod), podLogs(pod)],
    data: {
      phase: pod.phase,
      containers: pod.containers.map((each) => `${each.name} ${each.waiting ?? "runs"}`).join(", "),
    },
    prevention: "Let init containers end with an error instead of waiting for ever.",
  };
};

/** A pod that the scheduler does not look at until its gates are gone. */
const gatedFault = (pod: PodObject, message: string): PodFault => ({
  ...notRunning(pod),
  code: "POD_PENDING_UNSCHEDULABLE",
  summary: `Find out which controller is to take the scheduling gates off ${podName(pod)}`,
  why: "The scheduler passes over a pod that has scheduling gates; a controller removes them when the pod may start.",
  steps: [describePod(pod), getPod(pod, "-o", "yaml")],
  data: {
    phase: pod.phase,
    scheduled: "SchedulingGated",
    ...(message === "" ? {} : { message: clip(message) }),
  },
  prevention: "Alert on pods that stay gated.",
});

const unscheduledFault = (subject: PodSubject): PodFault => {
  const { pod } = subject;
  const scheduled = pod.conditions.find(({ type }) => type === "PodScheduled");
  const events = eventsOf(subject, ({ reason }) => reason === "FailedScheduling");
  const message = scheduled?.message ?? events[0]?.data["message"] ?? "";
  if (scheduled?.reason === "SchedulingGated") return gatedFault(pod, message);
  const isPort = /free ports? for the requested pod ports|hostport/i.test(message);
  const said = scheduled?.status === "False" || events.length > 0;
  return {
    ...notRunning(pod),
    code: isPort ? "HOSTPORT_CONFLICT" : "POD_PENDING_UNSCHEDULABLE",
    ...(said ? {} : { certainty: 0.8, proof: "inferred" as const }),
    summary: isPort
      ? `Give ${podName(pod)} another hostPort, or room on a node where the port is free`
      : `Make room for ${podName(pod)}: the scheduler's message says what is missing`,
    why: isPort
      ? "A port of a node can be taken once only; the pod waits for a node where it is free."
      : "A pod that no node has taken has no network and no address.",
    steps: [describePod(pod), command("kubectl", "describe", "nodes")],
    data: {
      phase: pod.phase,
      ...(scheduled?.reason === undefined ? {} : { scheduled: scheduled.reason }),
      ...(message === "" ? {} : { message: clip(message) }),
    },
    observations: events,
    prevention: "Alert on pods that stay Pending, and keep spare capacity for one node's loss.",
  };
};
