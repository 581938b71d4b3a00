import { workloadText } from "../../model/cluster-model.js";
import type { EventObject, PodObject } from "../../model/objects.js";
import type { PolicyWorld } from "../../policy-world.js";
import { type Fault, findingOf } from "../findings/fault.js";
import type { Finding, Observation } from "../findings/finding.js";
import { messageCharsMax } from "../limits.js";
import type { JudgedPorts } from "../situation/asked-ports.js";
import type { Way } from "../situation/way.js";
import { describePod, podLogs } from "./pod-commands.js";

/** A pod that is looked at, and what it is on the way. */
export type PodSubject = {
  readonly world: PolicyWorld;
  readonly pod: PodObject;
  readonly role: "source" | "destination";
  readonly hits: (way: Way) => boolean;
  /** Whether it is behind a Service that leads to nobody. */
  readonly behind: boolean;
  /** The ports that matter on it: of a source none. */
  readonly ports: JudgedPorts;
};

/** "default/web"; of a pod that was made from a manifest's template its workload, for the pod's name is made up. */
export const podName = ({ namespace, name, expanded, owner }: PodObject): string =>
  expanded && owner !== undefined
    ? workloadText({ namespace, ...owner })
    : podKey({ namespace, name });

/** "default/web": what tells pods apart. */
export const podKey = ({ namespace, name }: Pick<PodObject, "namespace" | "name">): string =>
  `${namespace}/${name}`;

/** What a finding on a pod says beyond where it is. */
export type PodFault = Omit<Fault, "observations"> & {
  /** What was seen of the pod. */
  readonly data: Observation["data"];
  /** What was seen besides. */
  readonly observations?: readonly Observation[];
  /** Whether it keeps the pod from being ready, and so out of its Services. */
  readonly makesUnready?: boolean;
};

/** A finding on a pod. */
export const podFinding = ({ pod, role, hits }: PodSubject, fault: PodFault): Finding =>
  findingOf(
    {
      place: role === "source" ? "source-pod" : "destination-pod",
      origin: role,
      component: `Pod ${podName(pod)}`,
      hits,
    },
    {
      ...fault,
      observations: [
        { kind: "pod", data: { pod: podName(pod), ...fault.data } },
        ...(fault.observations ?? []),
      ],
    },
  );

/** The issue of a pod that does not run, in the words of the first clients. */
export const notRunningIssue = (pod: PodObject): string =>
  `Pod ${podName(pod)} is not running (status: ${pod.phase})`;

/** What to do about it, in their words, and as commands. */
export const notRunningSolutions = (pod: PodObject): readonly string[] => [
  `Check Pod ${podName(pod)} logs and events for issues`,
  `Run ${describePod(pod)} and ${podLogs(pod)}`,
];

/** Events about a pod of any of the reasons, as observations; repeats of a message once. */
export const eventsOf = (
  { world, pod }: Pick<PodSubject, "world" | "pod">,
  fits: (event: EventObject) => boolean,
): readonly Observation[] => {
  const events = world.model
    .eventsAbout("Pod", pod.namespace, pod.name)
    .filter(({ regarding }) => (regarding.uid ?? pod.uid) === pod.uid || pod.uid === undefined)
    .filter(fits);
  const byText = new Map(
    events.map(({ reason, message }) => [
      `${reason} ${message}`,
      { kind: "event", data: { reason, message: clip(message), about: `Pod ${podName(pod)}` } },
    ]),
  );
  return [...byText].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, event]) => event);
};

/** A message of the cluster, cut to what an answer repeats. */
export const clip = (text: string): string =>
  text.length > messageCharsMax ? `${text.slice(0, messageCharsMax)}…` : text;
