import { isFinished } from "../../model/cluster-model.js";
import type { ContainerStatus, PodObject } from "../../model/objects.js";
import { parseCidr, parseIp, rangeContains } from "../../sets/ip.js";
import type { Observation } from "../findings/finding.js";
import { command, kubectl } from "../findings/shell-words.js";
import { describePod } from "./pod-commands.js";
import { clip, eventsOf, type PodFault, type PodSubject, podName } from "./pod-subject.js";

const imageReasons = [
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "ErrImageInspect",
  "RegistryUnavailable",
];

const configReasons = [
  "CreateContainerConfigError",
  "CreateContainerError",
  "PreCreateHookError",
  "RunContainerError",
  "StartError",
];

/** Whether a container waits for its image. */
export const isImageError = ({ waiting = "" }: ContainerStatus): boolean =>
  imageReasons.includes(waiting);

/** Whether a container can't be started as it is configured. */
export const isConfigError = ({ waiting = "" }: ContainerStatus): boolean =>
  configReasons.includes(waiting);

type Fault = Omit<PodFault, "effect" | "solutions">;

/** A container whose image can't be pulled. */
export const imageFault = (subject: PodSubject, status: ContainerStatus): Fault => {
  const { pod } = subject;
  return {
    code: "POD_IMAGE_PULL",
    issue: `Pod ${podName(pod)} container ${status.name} can't pull its image (${status.waiting})`,
    summary: `Correct the image of container ${status.name} in ${podName(pod)}, or the secret it is pulled with`,
    why: "A container without its image never starts, so nothing listens.",
    steps: [describePod(pod), kubectl(pod.namespace, "get", "secrets")],
    data: waitingData(status),
    observations: eventsOf(subject, ({ reason }) => reason === "Failed" || reason === "BackOff"),
    prevention: "Pull images by digest from a registry that every node reaches.",
  };
};

/** A container that can't be started with its configuration. */
export const configFault = (subject: PodSubject, status: ContainerStatus): Fault => {
  const { pod } = subject;
  return {
    code: "POD_CONFIG_ERROR",
    issue: `Pod ${podName(pod)} container ${status.name} can't be started (${status.waiting})`,
    summary: `Create what container ${status.name} of ${podName(pod)} refers to, or correct the reference`,
    why: "A container that refers to a missing ConfigMap, Secret or command never starts, so nothing listens.",
    steps: [describePod(pod), kubectl(pod.namespace, "get", "configmaps,secrets")],
    data: waitingData(status),
    observations: eventsOf(
      subject,
      ({ reason }) => reason === "Failed" || reason === "FailedMount",
    ),
    prevention: "Apply ConfigMaps and Secrets before the workloads that use them.",
  };
};

const ipamTexts =
  /no (available )?ip addresses (are )?available|ip (address )?pool.{0,40}exhausted|failed to assign an ip address|no more ips|ipam.{0,40}exhausted|range is full|no ips available/i;
const sandboxReasons = ["FailedCreatePodSandBox", "NetworkNotReady", "SandboxChanged"];
const missingVolume = /(secret|configmap).{0,200}not found|references non-existent/i;

/** A pod that waits for its network namespace: what its events say of the reason. */
export const sandboxFault = (subject: PodSubject): Fault => {
  const { pod } = subject;
  const mounts = eventsOf(
    subject,
    ({ reason, message }) => reason === "FailedMount" && missingVolume.test(message),
  );
  const [mount] = mounts;
  if (mount !== undefined) return mountFault(subject, mount.data["message"] ?? "");
  const events = eventsOf(subject, ({ reason }) => sandboxReasons.includes(reason));
  const full = events.find(({ data }) => ipamTexts.test(data["message"] ?? ""));
  if (full !== undefined) return addressFault(subject, [full]);
  if (events.length === 0 && isNodeFull(subject)) {
    return { ...addressFault(subject, []), certainty: 0.75, proof: "inferred" };
  }
  const { nodeName = "" } = pod;
  const said = events.length > 0;
  return {
    code: "POD_SANDBOX_FAILED",
    issue: `Pod ${podName(pod)} waits for its network`,
    ...(said ? {} : { certainty: 0.75, proof: "inferred" as const }),
    ...(said
      ? {}
      : { equivalentTo: ["CNI_IPAM_EXHAUSTED", "POD_CONFIG_ERROR", "POD_IMAGE_PULL"] as const }),
    summary: `Mend the network plugin on node ${nodeName}: the pod's events name what failed`,
    why: "Without a network namespace the pod has no address and its containers do not start.",
    steps: nodeSteps(pod),
    data: { phase: pod.phase, node: nodeName },
    observations: events,
    prevention:
      "Alert on FailedCreatePodSandBox events and on pods of the network plugin that are not ready.",
  };
};

/** The commands that show a pod, its node and the other pods there. */
const nodeSteps = (pod: PodObject): readonly string[] => {
  const { nodeName = "" } = pod;
  const selector = ["--field-selector", `spec.nodeName=${nodeName}`];
  return [
    describePod(pod),
    command("kubectl", "describe", "node", nodeName),
    command("kubectl", "get", "pods", "-A", "-o", "wide", ...selector),
  ];
};

const addressFault = ({ pod }: PodSubject, observations: readonly Observation[]): Fault => {
  const { nodeName = "" } = pod;
  return {
    code: "CNI_IPAM_EXHAUSTED",
    issue: `Pod ${podName(pod)} gets no address: node ${nodeName} has none left`,
    summary: `Free leaked pod addresses on node ${nodeName}, or give it a larger pod range`,
    why: "The network plugin gives each pod an address of the node's range; when none is left, new pods wait while old ones work.",
    steps: nodeSteps(pod),
    data: { phase: pod.phase, node: nodeName },
    observations,
    prevention: "Choose pod ranges larger than the nodes' maxPods, and alert on their use.",
  };
};

/** Addresses of a node's IPv4 range that pods never get: its first, its last and the bridge's own. */
const reservedAddresses = 3n;

/** Whether as many pods of the node have an address of its IPv4 range as the range has for pods. */
const isNodeFull = ({ world, pod }: PodSubject): boolean => {
  const ranges = (world.model.node(pod.nodeName ?? "")?.podCidrs ?? []).flatMap(
    (text) => parseCidr(text) ?? [],
  );
  const range = ranges.find(({ family }) => family === 4);
  if (range === undefined) return false;
  let taken = 0n;
  for (const other of world.model.pods) {
    if (other.nodeName !== pod.nodeName || isFinished(other)) continue;
    const addresses = other.ips.flatMap((ip) => parseIp(ip) ?? []);
    if (addresses.some((address) => rangeContains(range, address))) taken++;
  }
  return taken >= range.last - range.first + 1n - reservedAddresses;
};

const mountFault = (subject: PodSubject, message: string): Fault => {
  const { pod } = subject;
  return {
    code: "POD_CONFIG_ERROR",
    issue: `Pod ${podName(pod)} waits for a volume that does not exist`,
    summary: `Create the ConfigMap or Secret that ${podName(pod)} mounts, or correct its name`,
    why: "A pod whose volume can't be mounted does not start.",
    steps: [describePod(pod), kubectl(pod.namespace, "get", "configmaps,secrets")],
    data: { phase: pod.phase, message: clip(message) },
    prevention: "Apply ConfigMaps and Secrets before the workloads that use them.",
  };
};

/** What a waiting container says of itself. */
export const waitingData = ({
  name,
  waiting = "",
  waitingMessage = "",
  restartCount,
}: ContainerStatus): Readonly<Record<string, string>> => ({
  container: name,
  waiting,
  restarts: String(restartCount),
  ...(waitingMessage === "" ? {} : { message: clip(waitingMessage) }),
});
