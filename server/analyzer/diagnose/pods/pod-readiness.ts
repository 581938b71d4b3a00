import type { PodObject } from "../../model/objects.js";
import { kubectl } from "../findings/shell-words.js";
import { describePod, getPod, podLogs } from "./pod-commands.js";
import { eventsOf, type PodFault, type PodSubject, podName } from "./pod-subject.js";

/** Why a pod that runs takes no connections from Services, or soon none at all. */
export const readinessFaults = (subject: PodSubject): readonly PodFault[] => {
  const { pod } = subject;
  if (pod.phase !== "Running") return [];
  return [
    ...(pod.terminating ? [terminatingFault(subject)] : []),
    ...(pod.terminating ? [] : unreadyFaults(subject)),
  ];
};

const terminatingFault = ({ pod, role }: PodSubject): PodFault => ({
  code: "POD_TERMINATING",
  effect: "impairs",
  issue: `Pod ${podName(pod)} is being deleted`,
  solutions: [
    role === "source"
      ? `Use the pod that replaces ${podName(pod)}: run ${listPods(pod)}`
      : `Reach ${podName(pod)} by its Service, which leaves out pods that are going away: run ${listPods(pod)}`,
  ],
  summary: `Use the pod that replaces ${podName(pod)}`,
  why: "When the grace period ends the pod's network is taken down and its connections are reset; Services left it out when the deletion began.",
  steps: [listPods(pod), describePod(pod)],
  data: { phase: pod.phase, deletion_timestamp: "set" },
  prevention:
    "Give containers a preStop hook that waits for clients to leave; look for finalizers where a pod stays like this.",
});

const unreadyFaults = (subject: PodSubject): readonly PodFault[] => {
  const { pod, role } = subject;
  const ready = pod.conditions.find(({ type }) => type === "Ready");
  if (ready === undefined || ready.status === "True") return [];
  const asSource = role === "source" ? ({ severity: "low" } as const) : {};
  const gate = pod.readinessGates.find((type) => !isMet(pod, type));
  if (gate !== undefined) return [{ ...gateFault(subject, gate), ...asSource }];
  const events = eventsOf(subject, ({ reason }) => reason === "Unhealthy");
  const names = pod.containers.filter((each) => !each.ready).map(({ name }) => name);
  return [
    {
      code: "POD_NOT_READY",
      effect: "risk",
      makesUnready: true,
      issue: `Pod ${podName(pod)} is not ready`,
      solutions: [`Make the readiness probe of ${podName(pod)} pass: run ${describePod(pod)}`],
      summary: `Make the readiness probe of ${podName(pod)} pass, or correct the probe`,
      why: "The pod's own address may answer, but Services send nothing to a pod that is not ready.",
      steps: [describePod(pod), podLogs(pod)],
      data: {
        ready: ready.status,
        ...(ready.reason === undefined ? {} : { reason: ready.reason }),
        ...(names.length === 0 ? {} : { containers: names.sort().join(",") }),
      },
      observations: events,
      prevention:
        "Let the readiness probe ask what clients ask, with a timeout that slow answers keep.",
      ...asSource,
    },
  ];
};

const isMet = (pod: PodObject, gate: string): boolean =>
  pod.conditions.some(({ type, status }) => type === gate && status === "True");

const gateFault = ({ pod }: PodSubject, gate: string): PodFault => ({
  code: "POD_READINESS_GATE",
  effect: "risk",
  makesUnready: true,
  issue: `Pod ${podName(pod)} is not ready: its readiness gate ${gate} is not met`,
  solutions: [
    `Find out why the controller of readiness gate ${gate} does not set it: run ${describePod(pod)}`,
  ],
  summary: `Mend the controller that sets the readiness gate ${gate}`,
  why: "A pod with a readiness gate is ready only when another controller says so, however well its containers run.",
  steps: [describePod(pod), getPod(pod, "-o", "yaml")],
  data: { readiness_gate: gate },
  prevention: "Alert on pods whose containers are ready while they are not.",
});

const listPods = (pod: PodObject): string => kubectl(pod.namespace, "get", "pods", "-o", "wide");
