import type { ClusterModel } from "../model/cluster-model.js";
import { isFinished } from "../model/cluster-model.js";
import type { NodeObject } from "../model/objects.js";
import type { PolicyEndpoint } from "../policy/decision.js";
import type { PolicyWorld } from "../policy-world.js";
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
import { ambiguous, notFound } from "./name-errors.js";
import { podText, resolvedPod } from "./resolve-pod.js";
import { resolvedService } from "./resolve-service.js";
import { blankView, endpointViewOf, type ResolvedName } from "./resolved-name.js";

type World = Pick<PolicyWorld, "model" | "engine">;

/** A node by name, also one that only pods know. */
export const resolveNode = (model: ClusterModel, name: string): ResolvedName => {
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

/** Who has an address: a pod, a Service, a node, or nobody of the model. */
export const resolveAddress = (world: World, address: IpAddress): ResolvedName => {
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

/** A range, cut where policies tell its addresses apart. */
export const resolveRange = (
  { model, engine }: World,
  range: IpRange,
  text: string,
): ResolvedName => {
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
