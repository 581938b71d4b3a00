import type { WorkloadRef } from "../../model/cluster-model.js";
import type { ServiceObject } from "../../model/objects.js";
import { seesPodsOf } from "../../seen-objects.js";
import { familiesOfEnd } from "../../service/service-families.js";
import { type Fault, findingOf } from "../findings/fault.js";
import type { Finding } from "../findings/finding.js";
import { kubectl } from "../findings/shell-words.js";
import { describeService } from "../services/service-commands.js";
import { endTitle } from "../situation/end-title.js";
import type { Situation } from "../situation/situation.js";
import type { Way } from "../situation/way.js";

/** Ends that have no address family in common; between a client and a Service that is the Service's matter. */
export const familyFindings = (situation: Situation): readonly Finding[] =>
  situation.ways
    .filter(({ mode, leg }) => mode === "podIP" || leg === undefined)
    .flatMap((way): readonly Finding[] => {
      const one = familiesOfEnd(way.source);
      const other = familiesOfEnd(way.destination);
      if (one === undefined || other === undefined) return [];
      return one.some((family) => other.includes(family))
        ? []
        : [familyFinding(situation, way, [one, other])];
    });

const familyFinding = (
  situation: Situation,
  way: Way,
  families: readonly [readonly number[], readonly number[]],
): Finding => {
  const [one, other] = families.map((each) => each.map((family) => `IPv${family}`).join(", "));
  const { source, destination } = way;
  const from = source === undefined ? "" : endTitle(situation, source);
  const to = destination === undefined ? "" : endTitle(situation, destination);
  return findingOf(
    { place: "destination-pod", origin: "path", component: to, hits: (each) => each === way },
    {
      code: "POD_IP_FAMILY_MISMATCH",
      effect: "blocks",
      issue: `${from} has addresses of ${one} and ${to} of ${other} only`,
      solutions: [
        `Give ${from} or ${to} an address of the other's family: run kubectl get pods -A -o wide`,
      ],
      summary: "Give both ends addresses of one family",
      why: "A connection has one family: an end that has no address of it can't be reached.",
      steps: ["kubectl get pods -A -o wide"],
      observations: [
        { kind: "addresses", data: { source: `${from} ${one}`, destination: `${to} ${other}` } },
      ],
      prevention: "Run dual stack on all nodes, or one family on all of them.",
    },
  );
};

/** A workload or Service that has no pods sends no connections, and a workload takes none. */
export const emptyEndFindings = ({ world, a, b }: Situation): readonly Finding[] =>
  (
    [
      ["source", a],
      ["destination", b],
    ] as const
  ).flatMap(([origin, { name, resolved, endpoints }]): readonly Finding[] => {
    const { workload, service } = resolved;
    if (endpoints.length > 0) return [];
    if (workload !== undefined) return [emptyFinding(name, origin, workloadFault(name, workload))];
    if (service === undefined || origin === "destination") return [];
    const fault = seesPodsOf(world, service.namespace)
      ? serviceFault(name, service)
      : unseenFault(name, service);
    return [emptyFinding(name, origin, fault)];
  });

const emptyFinding = (name: string, origin: "source" | "destination", fault: Fault): Finding =>
  findingOf(
    {
      place: origin === "source" ? "source-pod" : "destination-pod",
      origin,
      component: name,
      hits: () => true,
    },
    fault,
  );

const workloadFault = (name: string, { namespace, kind, name: own }: WorkloadRef): Fault => {
  const show = kubectl(namespace, "describe", kind.toLowerCase(), own);
  const summary = `Give ${name} one replica or more, or find out why its pods are not made`;
  return {
    code: "POD_NOT_FOUND",
    effect: "blocks",
    issue: `${name} has no pods`,
    solutions: [`${summary}: run ${show}`],
    summary,
    why: "A workload without pods has no address.",
    steps: [show],
    observations: [{ kind: "workload", data: { workload: name, pods: "0" } }],
  };
};

const serviceFault = (name: string, service: ServiceObject): Fault => {
  const show = describeService(service);
  const summary = `Ask with the pods that open the connection instead of ${name}`;
  return {
    code: "POD_NOT_FOUND",
    effect: "blocks",
    issue: `${name} has no pods`,
    solutions: [`${summary}, or find out why it has none: run ${show}`],
    summary,
    why: "A Service opens no connections itself: as source it stands for the pods behind it, and there are none.",
    steps: [show],
    observations: [{ kind: "service", data: { service: name, pods: "0" } }],
  };
};

const unseenFault = (name: string, { namespace }: ServiceObject): Fault => {
  const step = kubectl(namespace, "get", "pods", "-o", "yaml");
  const summary = `Read the pods of namespace ${namespace} as well`;
  return {
    code: "SELF_DATA_MISSING",
    effect: "unknown",
    issue: `Which pods are behind ${name} can't be told: the model has no pods of namespace ${namespace}`,
    solutions: [`${summary}: run ${step}`],
    summary,
    why: "A Service stands for the pods behind it, and these were not read.",
    steps: [step],
    observations: [{ kind: "service", data: { service: name, pods: "" } }],
  };
};
