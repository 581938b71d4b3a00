import { assertNever } from "../../../common/assert.js";
import { candidatesMax } from "../limits.js";
import {
  type ClusterModel,
  isFinished,
  type WorkloadRef,
  workloadText,
} from "../model/cluster-model.js";
import {
  type NodeObject,
  type PodObject,
  type ServiceObject,
  workloadKinds,
} from "../model/objects.js";
import type { PolicyEndpoint } from "../policy/decision.js";
import type { PolicyWorld } from "../policy-world.js";
import { QuestionError } from "../question-error.js";
import {
  type IpAddress,
  type IpRange,
  ipRangeText,
  ipText,
  parseIp,
  rangeContains,
} from "../sets/ip.js";
import { intersectIps } from "../sets/ip-set.js";
import { holdersOf } from "./address-index.js";
import { resolveDnsName } from "./dns-name.js";
import { didYouMean, type Missing, nearMisses } from "./near-misses.js";
import { parseName } from "./parse-name.js";
import { blankView, endpointViewOf, type ResolvedName } from "./resolved-name.js";

/** What names are looked up in. */
type World = Pick<PolicyWorld, "model" | "engine">;

/**
 * What a name stands for. A bare "ns/name" that is no pod may be a workload when exactly one kind has it; "name.ns" is
 * understood where no pod is called so. Throws QuestionError: `invalid` for a malformed or ambiguous name, `not-found`
 * with near misses for what the model lacks.
 */
export const resolveName = (world: World, text: string): ResolvedName => {
  const ref = parseName(text);
  const { model } = world;
  switch (ref.kind) {
    case "address":
      return resolveAddress(world, ref.address);
    case "range":
      return resolveRange(world, ref.range, text.trim());
    case "service":
      return resolveService(model, ref);
    case "node":
      return resolveNode(model, ref.name);
    case "dns":
      return resolveDns(world, ref.name);
    case "workload":
      return resolveWorkload(model, ref, ref.workloadKind);
    case "pod":
      return resolvePodOrWorkload(model, ref);
    default:
      return assertNever(ref);
  }
};

/** A pod as what a name stands for. */
export const resolvedPod = (
  model: ClusterModel,
  pod: PodObject,
  warnings: readonly string[] = [],
): ResolvedName => {
  const finished = isFinished(pod);
  return {
    view: endpointViewOf(model, { kind: "pod", pod }),
    kind: "pod",
    endpoints: finished ? [] : [{ kind: "pod", pod }],
    pod,
    byName: false,
    reason: finished
      ? `Pod ${pod.namespace}/${pod.name} has finished (${pod.phase}): it has no address any more and no policy applies to it`
      : "",
    warnings,
  };
};

/** A Service as what a name stands for. */
export const resolvedService = (
  service: ServiceObject,
  { byName, warnings = [] }: { readonly byName: boolean; readonly warnings?: readonly string[] },
): ResolvedName => ({
  view: {
    ...blankView,
    name: `svc/${service.namespace}/${service.name}`,
    kind: "service",
    namespace: service.namespace,
    ips: service.clusterIps.filter((ip) => ip !== "None"),
  },
  kind: "service",
  endpoints: [],
  service,
  byName,
  reason: "",
  warnings,
});

type Place = { readonly namespace: string; readonly name: string };

const resolveService = (model: ClusterModel, { namespace, name }: Place): ResolvedName => {
  const service = model.service(namespace, name);
  if (service === undefined) {
    throw notFound(model, `no Service ${namespace}/${name}`, { kind: "service", namespace, name });
  }
  return resolvedService(service, { byName: true });
};

const resolvePodOrWorkload = (
  model: ClusterModel,
  { namespace, name, bare }: Place & { readonly bare: boolean },
): ResolvedName => {
  const places = [{ namespace, name }, ...(bare ? dottedPlace(name) : [])];
  const pods = places.flatMap((place) => model.pod(place.namespace, place.name) ?? []);
  const [pod, other] = pods;
  if (pod !== undefined && other !== undefined) throw ambiguous(name, pods.map(podText));
  if (pod !== undefined) return resolvedPod(model, pod);
  const workloads = places.flatMap((place) => workloadsNamed(model, place));
  const [workload, second] = workloads;
  if (workload !== undefined && second !== undefined) {
    throw ambiguous(`${namespace}/${name}`, workloads.map(workloadText));
  }
  if (workload !== undefined) {
    const warning = `no pod is called ${workload.namespace}/${workload.name}: taken as ${workloadText(workload)}`;
    return resolvedWorkload(model, workload, [warning]);
  }
  const place = places.at(-1) ?? { namespace, name };
  const asked =
    bare && places.length > 1 && model.namespaceNames().has(place.namespace)
      ? place
      : { namespace, name };
  throw notFound(model, `no pod or workload ${asked.namespace}/${asked.name}`, {
    kind: "pod",
    ...asked,
  });
};

const podText = (pod: PodObject): string => `${pod.namespace}/${pod.name}`;

/** "name.ns" read as a pod of that namespace. */
const dottedPlace = (name: string): readonly Place[] => {
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? [] : [{ namespace: name.slice(dot + 1), name: name.slice(0, dot) }];
};

/** Workloads of a name, those left out that another workload owns. */
const workloadsNamed = (
  model: ClusterModel,
  { namespace, name }: Place,
): readonly WorkloadRef[] => {
  const refs = new Map<string, WorkloadRef>();
  const add = (ref: WorkloadRef): void => void refs.set(workloadText(ref), ref);
  for (const kind of workloadKinds) {
    const workload = model.workload(namespace, name, kind);
    if (workload !== undefined && workload.owner === undefined) add({ namespace, name, kind });
  }
  for (const pod of model.podsIn(namespace)) {
    const ref = model.workloadOf(pod);
    if (ref.name === name && ref.kind !== "Pod") add(ref);
  }
  return [...refs.values()];
};

const resolveWorkload = (
  model: ClusterModel,
  { namespace, name }: Place,
  kind: string,
): ResolvedName => {
  const known = ["Pod", ...workloadKinds].find((each) => each.toLowerCase() === kind.toLowerCase());
  const ref = { namespace, name, kind: known ?? kind };
  if (ref.kind === "Pod") {
    const pod = model.pod(namespace, name);
    if (pod !== undefined) return resolvedPod(model, pod);
  }
  if (model.workload(namespace, name, ref.kind) === undefined && podsOf(model, ref).length === 0) {
    throw notFound(model, `no ${ref.kind} ${namespace}/${name}`, {
      kind: "workload",
      namespace,
      name,
    });
  }
  return resolvedWorkload(model, ref, []);
};

const resolvedWorkload = (
  model: ClusterModel,
  ref: WorkloadRef,
  warnings: readonly string[],
): ResolvedName => {
  const pods = podsOf(model, ref);
  const live = pods.filter((pod) => !isFinished(pod));
  const nodes = new Set(live.map((pod) => pod.nodeName ?? ""));
  return {
    view: {
      name: workloadText(ref),
      kind: "workload",
      namespace: ref.namespace,
      workload: workloadText(ref),
      node: nodes.size === 1 ? ([...nodes][0] ?? "") : "",
      ips: live.flatMap((pod) => pod.ips),
      hostNetwork: live.length > 0 && live.every((pod) => pod.hostNetwork),
    },
    kind: "workload",
    endpoints: live.map((pod) => ({ kind: "pod", pod })),
    workload: ref,
    byName: false,
    reason: live.length > 0 ? "" : `${workloadText(ref)} has no live pods`,
    warnings,
  };
};

/** The pods of a workload, its own or those of a workload that it owns, by name. */
const podsOf = (model: ClusterModel, ref: WorkloadRef): readonly PodObject[] =>
  [...model.podsIn(ref.namespace)]
    .filter((pod) => {
      if (pod.owner?.kind === ref.kind && pod.owner.name === ref.name) return true;
      const top = model.workloadOf(pod);
      return top.kind === ref.kind && top.name === ref.name && ref.kind !== "Pod";
    })
    .sort((one, other) => (one.name < other.name ? -1 : 1));

const resolveNode = (model: ClusterModel, name: string): ResolvedName => {
  const node = model.node(name) ?? nodeOfPods(model, name);
  if (node === undefined)
    throw notFound(model, `no node ${name}`, { kind: "node", namespace: "", name });
  return resolvedNode(model, node);
};

/** A node that only pods know: dumps without Nodes. */
const nodeOfPods = (model: ClusterModel, name: string): NodeObject | undefined => {
  const pods = [...model.pods].filter((pod) => pod.nodeName === name);
  if (pods.length === 0) return undefined;
  const ips = new Set(pods.flatMap((pod) => pod.hostIp ?? []));
  return {
    kind: "Node",
    namespace: "",
    name,
    labels: {},
    annotations: {},
    ips: [...ips],
    podCidrs: [],
    unschedulable: false,
    taints: [],
    conditions: [],
  };
};

const resolvedNode = (
  model: ClusterModel,
  node: NodeObject,
  warnings: readonly string[] = [],
): ResolvedName => {
  const endpoint: PolicyEndpoint = { kind: "node", node };
  return {
    view: endpointViewOf(model, endpoint),
    kind: "node",
    endpoints: [endpoint],
    byName: false,
    reason: "",
    warnings,
  };
};

const resolveAddress = (world: World, address: IpAddress): ResolvedName => {
  const { model } = world;
  const text = ipText(address);
  const { pods, hostPods, nodes, services, externalServices } = holdersOf(model, text);
  if (pods.length > 1) throw ambiguous(text, pods.map(podText));
  const [pod] = pods;
  if (pod !== undefined) {
    return { ...resolvedPod(model, pod, [`${text} is pod ${podText(pod)}`]), address };
  }
  const shared = services.length > 0 ? services : externalServices;
  const [service] = shared;
  if (service !== undefined) {
    const names = shared.map(({ namespace, name }) => `${namespace}/${name}`).sort();
    const warnings = [`${text} is Service ${names.join(" and ")}`];
    return {
      ...resolvedService(service, { byName: false, warnings }),
      address,
      ...(shared.length > 1 ? { sharedBy: shared } : {}),
    };
  }
  const hostNode = hostPods[0]?.nodeName;
  const node = nodes[0] ?? (hostNode === undefined ? undefined : nodeOfPods(model, hostNode));
  if (node !== undefined) {
    return { ...resolvedNode(model, node, [`${text} is node ${node.name}`]), address };
  }
  const range = { family: address.family, first: address.value, last: address.value };
  return { ...resolvedRange([range], text, []), address };
};

const resolveRange = ({ model, engine }: World, range: IpRange, text: string): ResolvedName => {
  const overlapping = engine
    .externalRanges()
    .filter(
      (part) =>
        part.family === range.family && part.last >= range.first && part.first <= range.last,
    );
  const cut = intersectIps(overlapping, [range]);
  const inside = [...model.pods].filter(
    (pod) =>
      !isFinished(pod) &&
      pod.ips.some((ip) => {
        const address = parseIp(ip);
        return address !== undefined && rangeContains(range, address);
      }),
  ).length;
  const warnings =
    inside === 0
      ? []
      : [`${text} holds the addresses of ${inside} pods: it is judged as outside the cluster`];
  return resolvedRange(cut.length > 0 ? cut : [range], text, warnings);
};

const resolvedRange = (
  ranges: readonly IpRange[],
  text: string,
  warnings: readonly string[],
): ResolvedName => ({
  view: {
    ...blankView,
    name: text,
    kind: "addresses",
    ips: ranges.map(({ family, first, last }) =>
      first === last ? ipText({ family, value: first }) : ipRangeText({ family, first, last }),
    ),
  },
  kind: "addresses",
  endpoints: ranges.map(({ family, first, last }) => ({
    kind: "addresses",
    range: { family, first, last },
  })),
  byName: false,
  reason: "",
  warnings,
});

const resolveDns = ({ model }: World, name: string): ResolvedName => {
  const found = resolveDnsName(model, name);
  switch (found.kind) {
    case "service":
      return resolvedService(found.service, { byName: true, warnings: found.warnings });
    case "pod":
      return { ...resolvedPod(model, found.pod, found.warnings), byName: true };
    case "missing":
      throw notFound(model, found.message, { kind: "service", ...found.place });
    case "outside":
      return {
        view: { ...blankView, name: `dns/${name}`, kind: "dns" },
        kind: "dns",
        endpoints: [],
        byName: true,
        reason: `${name} is a name outside the cluster: objects don't say which addresses it has`,
        warnings: [],
      };
    default:
      return assertNever(found);
  }
};

const notFound = (model: ClusterModel, message: string, missing: Missing): QuestionError =>
  new QuestionError("not-found", `${message}.${didYouMean(nearMisses(model, missing))}`);

const ambiguous = (text: string, candidates: readonly string[]): QuestionError => {
  const shown = candidates.slice(0, candidatesMax).join(", ");
  const more =
    candidates.length > candidatesMax ? ` and ${candidates.length - candidatesMax} more` : "";
  return new QuestionError("invalid", `${text} is ambiguous: ${shown}${more}; name one of them`);
};
