import type { PodObject } from "../../model/objects.js";
import { type CheckResult, joinResults, nothing } from "../findings/finding.js";
import { diagnosisEndpointsMax } from "../limits.js";
import { isBehind } from "../situation/service-ways.js";
import type { Situation } from "../situation/situation.js";
import { isPodEnd } from "../situation/way.js";
import { emptyEndFindings, familyFindings } from "./end-findings.js";
import { containerFaults } from "./pod-containers.js";
import { networkFaults } from "./pod-network.js";
import { phaseFaults } from "./pod-phase.js";
import { readinessFaults } from "./pod-readiness.js";
import { type PodFault, type PodSubject, podFinding, podKey, podName } from "./pod-subject.js";

/** Whether the pods of both ends can send and take connections at all. */
export const checkPods = (situation: Situation): CheckResult =>
  joinResults([
    ...situation.a.pods.map((pod) => checkPod(sourceSubject(situation, pod))),
    ...destinationPodsOf(situation).map((pod) => checkPod(destinationSubject(situation, pod))),
    { ...nothing, findings: [...familyFindings(situation), ...emptyEndFindings(situation)] },
  ]);

const sourceSubject = ({ world }: Situation, pod: PodObject): PodSubject => ({
  world,
  pod,
  role: "source",
  hits: ({ source }) => isPodEnd(source, pod),
  behind: false,
  ports: { ports: [], from: "any", omitted: 0 },
});

const destinationSubject = ({ world, ports, ways }: Situation, pod: PodObject): PodSubject => {
  const own = ways.filter(
    ({ destination, leg }) => leg !== undefined && isPodEnd(destination, pod),
  );
  return {
    world,
    pod,
    role: "destination",
    hits: (way) => isPodEnd(way.destination, pod) || isBehind(way, pod),
    behind: ways.some((way) => isBehind(way, pod)),
    ports:
      own.length === 0
        ? ports
        : {
            ...ports,
            ports: [...ports.ports, ...own.map(({ protocol, port }) => ({ protocol, port }))],
          },
  };
};

/** The pods of B, or those behind the Services that lead to it. */
const destinationPodsOf = ({ b, ways }: Situation): readonly PodObject[] => {
  if (b.pods.length > 0) return b.pods;
  const pods = new Map<string, PodObject>();
  for (const { route } of ways) {
    for (const pod of route?.endpoints.selected ?? []) pods.set(podKey(pod), pod);
    for (const { holder } of route?.endpoints.endpoints ?? []) {
      if (holder.kind === "pod") pods.set(podKey(holder.pod), holder.pod);
    }
  }
  return [...pods.values()]
    .sort((one, other) => (podKey(one) < podKey(other) ? -1 : 1))
    .slice(0, diagnosisEndpointsMax);
};

const checkPod = (subject: PodSubject): CheckResult => {
  const { pod } = subject;
  const faults = faultsOf(subject);
  const findings = faults.map((fault) => podFinding(...asUnready(subject, fault)));
  const healthy = pod.phase === "Running" && faults.every(({ effect }) => effect === "risk");
  const place = subject.role === "source" ? "source-pod" : "destination-pod";
  const because = `${podName(pod)} runs`;
  return {
    findings,
    ruledOut: healthy
      ? [
          { code: "POD_PENDING_UNSCHEDULABLE", because },
          { code: "POD_CRASHLOOP", because: `no container of ${podName(pod)} waits` },
        ]
      : [],
    seen: pod.phase === "" ? [] : [{ place, observation: { kind: "pod", data: podData(pod) } }],
  };
};

const faultsOf = (subject: PodSubject): readonly PodFault[] => {
  const containers = containerFaults(subject);
  const explained = containers.some(({ makesUnready }) => makesUnready === true);
  return [
    ...phaseFaults(subject),
    ...containers,
    // A container that is down is why the pod is not ready.
    ...readinessFaults(subject).filter(({ code }) => !explained || code !== "POD_NOT_READY"),
    ...networkFaults(subject),
  ];
};

/** A pod that is not ready stops the ways through Services that have nobody else. */
const asUnready = (subject: PodSubject, fault: PodFault): readonly [PodSubject, PodFault] => {
  const { pod, behind } = subject;
  const applies = fault.makesUnready === true && fault.effect === "risk" && behind;
  if (!applies) return [subject, fault];
  return [
    { ...subject, hits: (way) => isBehind(way, pod) },
    { ...fault, effect: "blocks" },
  ];
};

const podData = (pod: PodObject): Readonly<Record<string, string>> => ({
  pod: podName(pod),
  phase: pod.phase,
  ready: pod.conditions.find(({ type }) => type === "Ready")?.status ?? "",
  ip: pod.ips[0] ?? "",
});
