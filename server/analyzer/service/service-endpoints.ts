import { type ClusterModel, isFinished } from "../model/cluster-model.js";
import { labelSelectorOf, selects } from "../model/label-selector.js";
import type {
  Endpoint,
  EndpointSliceObject,
  NodeObject,
  PodObject,
  ServiceObject,
} from "../model/objects.js";
import type { PolicyWorld } from "../policy-world.js";
import { canonicalIp, holdersOf } from "../resolve/address-index.js";
import { type IpFamily, type IpRange, parseCidr, parseIp, rangeContains } from "../sets/ip.js";

/** Who is found behind the address of an endpoint. */
export type EndpointHolder =
  | { readonly kind: "pod"; readonly pod: PodObject }
  | { readonly kind: "node"; readonly node: NodeObject }
  /** Nobody of the model: an address outside the cluster. */
  | { readonly kind: "outside"; readonly range: IpRange }
  /** A slice lists what is not there (any more). */
  | {
      readonly kind: "stale";
      /**
       * pod-finished, pod-missing (the model lacks the pod that the slice names), address-changed (the pod has another
       * one), address-unused (in a node's pod range, and no pod has it).
       */
      readonly why: "pod-finished" | "pod-missing" | "address-changed" | "address-unused";
      /** "ns/name" as the slice has it; "" when it names no pod. */
      readonly pod: string;
      readonly range: IpRange;
    };

/** An endpoint of a Service, with the conditions of discovery/v1. */
export type ServiceEndpoint = {
  /** As written; "" for a pod of a manifest, which has none yet. */
  readonly address: string;
  /** Undefined where the address is not known. */
  readonly family: IpFamily | undefined;
  readonly holder: EndpointHolder;
  readonly nodeName: string | undefined;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** The slice that lists it; undefined when it was derived from the selector. */
  readonly slice: EndpointSliceObject | undefined;
};

/** The endpoints of a Service and where they are known from. */
export type ServiceEndpoints = {
  /** slices, selector (the model has no slices of the Service), none (no selector either). */
  readonly from: "slices" | "selector" | "none";
  readonly endpoints: readonly ServiceEndpoint[];
  /** Pods that the selector selects, also those that can't be endpoints. */
  readonly selected: readonly PodObject[];
};

type World = Pick<PolicyWorld, "model" | "view">;

/**
 * The endpoints of a Service: those of its EndpointSlices; where a model of manifests has none, the pods that its selector
 * selects, as the endpoint controller would list them. In order of names and addresses.
 */
export const endpointsOf = ({ model, view }: World, service: ServiceObject): ServiceEndpoints => {
  const selected = podsSelectedBy(model, service);
  const slices = [...model.slicesOf(service.namespace, service.name)].sort((one, other) =>
    one.name < other.name ? -1 : 1,
  );
  if (slices.length > 0 || (view.source === "cluster" && hasSelector(service))) {
    const endpoints = slices.flatMap((slice) => endpointsOfSlice(model, slice));
    return { from: "slices", endpoints, selected };
  }
  if (!hasSelector(service)) return { from: "none", endpoints: [], selected };
  return {
    from: "selector",
    endpoints: selected.filter(canBeEndpoint).flatMap((pod) => endpointsOfPod(service, pod)),
    selected,
  };
};

/** Whether the Service's endpoints are those that its selector selects. */
export const hasSelector = ({ selector }: ServiceObject): boolean =>
  selector !== undefined && Object.keys(selector).length > 0;

/** The pods that a Service's selector selects, in order of names; none without a selector. */
export const podsSelectedBy = (
  model: ClusterModel,
  service: ServiceObject,
): readonly PodObject[] => {
  if (!hasSelector(service)) return [];
  const selector = labelSelectorOf(
    Object.entries(service.selector ?? {}).map(([key, value]) => ({
      key,
      operator: "In",
      values: [value],
    })),
  );
  return [...model.podsIn(service.namespace)]
    .filter((pod) => selects(selector, pod.labels))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
};

/** Finished pods and pods that wait for an address are no endpoints; one of a manifest will be. */
const canBeEndpoint = (pod: PodObject): boolean =>
  !isFinished(pod) && !(pod.phase === "Pending" && pod.ips.length === 0);

/** Whether a pod is ready; one of a manifest, which has no status, counts as ready. */
export const isReadyPod = (pod: PodObject): boolean => {
  if (pod.phase === "" || (pod.phase === "Running" && pod.conditions.length === 0)) return true;
  return pod.conditions.some(({ type, status }) => type === "Ready" && status === "True");
};

const endpointsOfPod = (service: ServiceObject, pod: PodObject): readonly ServiceEndpoint[] => {
  const ready = isReadyPod(pod);
  const conditions = {
    holder: { kind: "pod", pod },
    nodeName: pod.nodeName,
    ready: service.publishNotReadyAddresses || (ready && !pod.terminating),
    serving: ready,
    terminating: pod.terminating,
    slice: undefined,
  } as const;
  if (pod.ips.length === 0) return [{ address: "", family: undefined, ...conditions }];
  return pod.ips.map((address) => ({
    address,
    family: parseIp(address)?.family,
    ...conditions,
  }));
};

const endpointsOfSlice = (
  model: ClusterModel,
  slice: EndpointSliceObject,
): readonly ServiceEndpoint[] =>
  slice.endpoints.flatMap((endpoint) =>
    // All addresses of an endpoint are interchangeable; consumers use the first (discovery/v1).
    endpoint.addresses.slice(0, 1).flatMap((address) => {
      const ip = parseIp(address);
      if (ip === undefined) return [];
      const range = { family: ip.family, first: ip.value, last: ip.value };
      const holder = holderOf(model, endpoint, { address, range });
      const placed = holder.kind === "pod" ? holder.pod.nodeName : undefined;
      return [
        {
          address,
          family: ip.family,
          holder,
          nodeName: endpoint.nodeName ?? placed,
          ready: endpoint.ready,
          serving: endpoint.serving,
          terminating: endpoint.terminating,
          slice,
        },
      ];
    }),
  );

type Place = { readonly address: string; readonly range: IpRange };

const holderOf = (model: ClusterModel, endpoint: Endpoint, place: Place): EndpointHolder =>
  endpoint.pod === undefined
    ? holderOfAddress(model, place)
    : holderOfPod(model, endpoint.pod, place);

const holderOfPod = (model: ClusterModel, name: string, place: Place): EndpointHolder => {
  const [namespace = "", podName = ""] = name.split("/");
  const pod = model.pod(namespace, podName);
  const stale = { kind: "stale", pod: name, range: place.range } as const;
  if (pod === undefined) return { ...stale, why: "pod-missing" };
  if (isFinished(pod)) return { ...stale, why: "pod-finished" };
  const has = pod.ips.map(canonicalIp).includes(canonicalIp(place.address));
  if (pod.ips.length > 0 && !has) return { ...stale, why: "address-changed" };
  return { kind: "pod", pod };
};

const holderOfAddress = (model: ClusterModel, { address, range }: Place): EndpointHolder => {
  const { pods, hostPods, nodes } = holdersOf(model, address);
  const pod = pods[0] ?? (nodes.length === 0 ? hostPods[0] : undefined);
  if (pod !== undefined) return { kind: "pod", pod };
  const [node] = nodes;
  if (node !== undefined) return { kind: "node", node };
  const inPodRange = [...model.nodes].some(({ podCidrs }) =>
    podCidrs.some((text) => {
      const cidr = parseCidr(text);
      return (
        cidr !== undefined && rangeContains(cidr, { family: range.family, value: range.first })
      );
    }),
  );
  return inPodRange
    ? { kind: "stale", why: "address-unused", pod: "", range }
    : { kind: "outside", range };
};
