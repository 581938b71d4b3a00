import type { PodObject } from "../../model/objects.js";
import { familiesOfEnd } from "../../service/service-families.js";
import { type CheckResult, type Finding, joinResults } from "../findings/finding.js";
import { diagnosisEndpointsMax } from "../limits.js";
import { isBehind } from "../situation/service-ways.js";
import type { Situation } from "../situation/situation.js";
import { isPodEnd, type Way } from "../situation/way.js";
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
    checkFamilies(situation),
    checkEmptyEnds(situation),
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

/** Ends that have no address family in common can't connect by address. */
const checkFamilies = ({ ways }: Situation): CheckResult => {
  const findings = ways
    .filter(({ mode, leg }) => mode === "podIP" || leg === undefined)
    .flatMap((way): readonly Finding[] => {
      const one = familiesOfEnd(way.source);
      const other = familiesOfEnd(way.destination);
      if (one === undefined || other === undefined) return [];
      if (one.some((family) => other.includes(family))) return [];
      const text = `IPv${one.join(", IPv")} and IPv${other.join(", IPv")}`;
      return [familyFinding(way, text)];
    });
  return { findings, ruledOut: [], seen: [] };
};

const familyFinding = (way: Way, text: string): Finding => ({
  code: "POD_IP_FAMILY_MISMATCH",
  place: "destination-pod",
  effect: "blocks",
  origin: "path",
  component: way.destination?.kind === "pod" ? `Pod ${podName(way.destination.pod)}` : "",
  hits: (each) => each === way,
  proof: "direct",
  issue: `The ends have no IP family in common: ${text}`,
  solutions: [
    "Give both pods addresses of one family: reach B by a dual-stack Service or make its namespace dual-stack",
  ],
  observations: [{ kind: "addresses", data: { families: text } }],
  remedy: {
    summary: "Give both ends addresses of one family",
    why: "A connection has one family: an end that has no address of it can't be reached.",
    steps: ["kubectl get pods -A -o wide"],
    patch: "",
    verify: "",
    risk: "none",
    rollback: "",
    prevention: "Run dual stack on all nodes, or one family on all of them.",
  },
});

/** A workload that has no pods sends and takes no connections. */
const checkEmptyEnds = ({ a, b }: Situation): CheckResult => ({
  findings: (
    [
      ["source", a],
      ["destination", b],
    ] as const
  ).flatMap(([origin, end]): readonly Finding[] => {
    if (end.resolved.workload === undefined || end.endpoints.length > 0) return [];
    return [
      {
        code: "POD_NOT_FOUND",
        place: origin === "source" ? "source-pod" : "destination-pod",
        effect: "blocks",
        origin,
        component: end.name,
        hits: () => true,
        proof: "direct",
        issue: `${end.name} has no pods`,
        solutions: [`Give ${end.name} one replica or more, or find out why its pods are not made`],
        observations: [{ kind: "workload", data: { workload: end.name, pods: "0" } }],
        remedy: {
          summary: `Give ${end.name} one replica or more, or find out why its pods are not made`,
          why: "A workload without pods has no address.",
          steps: ["kubectl get deployments,statefulsets,daemonsets,replicasets,jobs -A"],
          patch: "",
          verify: "",
          risk: "none",
          rollback: "",
          prevention: "",
        },
      },
    ];
  }),
  ruledOut: [],
  seen: [],
});
