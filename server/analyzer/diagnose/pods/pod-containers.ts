import type { ContainerStatus } from "../../model/objects.js";
import { kubectl } from "../findings/shell-words.js";
import { describePod, getPod, podLogs } from "./pod-commands.js";
import { configFault, imageFault, isConfigError, isImageError, waitingData } from "./pod-start.js";
import { eventsOf, type PodFault, type PodSubject, podName } from "./pod-subject.js";

/** What is wrong with the containers of a pod that runs. */
export const containerFaults = (subject: PodSubject): readonly PodFault[] =>
  subject.pod.phase !== "Running"
    ? []
    : [...subject.pod.containers]
        .sort((one, other) => (one.name < other.name ? -1 : 1))
        .flatMap((status) => faultOf(subject, status) ?? []);

const faultOf = (subject: PodSubject, status: ContainerStatus): PodFault | undefined => {
  const effect = effectOf(subject, status);
  const fault = stateFault(subject, status);
  if (fault === undefined) return undefined;
  const down = status.waiting !== undefined || status.terminated !== undefined;
  return {
    ...fault,
    effect: down ? effect : "risk",
    ...(down ? {} : { severity: "medium" }),
    makesUnready: down,
    solutions: [`${fault.summary}: run ${fault.steps[0] ?? ""}`],
  };
};

type Fault = Omit<PodFault, "effect" | "solutions">;

/** What is wrong with a container; undefined for one that runs, waits for its turn or has done its work. */
export const stateFault = (subject: PodSubject, status: ContainerStatus): Fault | undefined => {
  if (isImageError(status)) return imageFault(subject, status);
  if (isConfigError(status)) return configFault(subject, status);
  const killed = status.terminated === "OOMKilled" || status.lastTerminated === "OOMKilled";
  if (killed) return memoryFault(subject, status);
  if (status.waiting !== "CrashLoopBackOff" && !hasEnded(subject, status)) return undefined;
  return conflictsInPod(subject, status) ?? crashFault(subject, status);
};

/** Whether a container has failed, or has ended though it is one that listens; init containers end well and have no ports. */
const hasEnded = (
  { pod }: PodSubject,
  { name, terminated, exitCode = 0 }: ContainerStatus,
): boolean =>
  terminated !== undefined &&
  (exitCode !== 0 ||
    terminated !== "Completed" ||
    pod.ports.some(({ container }) => container === name));

const memoryFault = ({ pod }: PodSubject, status: ContainerStatus): Fault => ({
  code: "POD_OOMKILLED",
  issue: `Pod ${podName(pod)} container ${status.name} was killed for lack of memory (${status.restartCount} restarts)`,
  summary: `Raise the memory limit of container ${status.name} in ${podName(pod)}, or make it need less`,
  why: "The kernel kills a container that goes over its memory limit; its connections are reset and new ones refused until it is up again.",
  steps: [describePod(pod), kubectl(pod.namespace, "top", "pod", pod.name, "--containers")],
  data: { ...waitingData(status), last_terminated: "OOMKilled" },
  risk: "disruptive",
  prevention: "Set memory requests and limits from what the container was seen to use.",
});

const crashFault = (subject: PodSubject, status: ContainerStatus): Fault => {
  const { pod } = subject;
  const exit = status.exitCode === undefined ? "" : `, exit code ${status.exitCode}`;
  const state = status.waiting === undefined ? "has ended" : "is in CrashLoopBackOff";
  return {
    code: "POD_CRASHLOOP",
    issue: `Pod ${podName(pod)} container ${status.name} ${state} (${status.restartCount} restarts${exit})`,
    ...(status.lastTerminated === undefined
      ? { equivalentTo: ["POD_OOMKILLED", "POD_PORT_CONFLICT"] as const }
      : {}),
    summary: `Find out why container ${status.name} of ${podName(pod)} dies`,
    why: "Between restarts nothing listens: connections are refused until the container is up, and again when it dies.",
    steps: [podLogs(pod, status.terminated === undefined ? status.name : ""), describePod(pod)],
    data: {
      ...waitingData(status),
      ...(status.terminated === undefined ? {} : { terminated: status.terminated }),
      ...(status.exitCode === undefined ? {} : { exit_code: String(status.exitCode) }),
      ...(status.lastTerminated === undefined ? {} : { last_terminated: status.lastTerminated }),
    },
    observations: eventsOf(subject, ({ reason }) => reason === "BackOff" || reason === "Unhealthy"),
    prevention: "Give slow starters a startupProbe, and alert on restarts.",
  };
};

/** A container that crashes and wants the port of another container of its pod. */
const conflictsInPod = (subject: PodSubject, status: ContainerStatus): Fault | undefined => {
  const { pod } = subject;
  const shared = pod.ports.find(
    (port) =>
      port.container === status.name &&
      pod.ports.some(
        (other) =>
          other.container !== port.container &&
          other.port === port.port &&
          other.protocol === port.protocol,
      ),
  );
  if (shared === undefined) return undefined;
  const text = `${shared.protocol}/${shared.port}`;
  return {
    code: "POD_PORT_CONFLICT",
    proof: "inferred",
    equivalentTo: ["POD_CRASHLOOP"],
    issue: `Pod ${podName(pod)} container ${status.name} crashes, and another container of the pod has its port ${text}`,
    summary: `Give container ${status.name} of ${podName(pod)} a port of its own instead of ${text}`,
    why: "Containers of a pod share its network: a port can be listened on once, the second container finds the address in use.",
    steps: [podLogs(pod, status.name), getPod(pod, "-o", "yaml")],
    data: { ...waitingData(status), port: text },
    prevention: "Name container ports, and review sidecars that are injected for theirs.",
  };
};

/**
 * A container that is down stops the pod's answers on its own ports: on others it only makes the pod unready. A container
 * without declared ports may be the one that is meant.
 */
const effectOf = (
  { pod, role, ports }: PodSubject,
  { name }: ContainerStatus,
): PodFault["effect"] => {
  if (role === "source") return pod.containers.length > 1 ? "impairs" : "blocks";
  const owners = new Set(
    ports.ports.flatMap(({ protocol, port }) =>
      pod.ports
        .filter((each) => each.protocol === protocol && (port === 0 || each.port === port))
        .map(({ container }) => container),
    ),
  );
  return owners.size === 0 || owners.has(name) ? "blocks" : "risk";
};
