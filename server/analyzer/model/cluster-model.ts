import {
  type ClusterObject,
  type ConfigMapObject,
  type EndpointSliceObject,
  type EventObject,
  type NamespaceObject,
  type NetworkPolicyObject,
  type NodeObject,
  objectKey,
  type PodObject,
  type ServiceObject,
  type TieredPolicyObject,
  type UnmodelledPolicyObject,
  type WorkloadObject,
} from "./objects.js";
import { Shelf } from "./shelf.js";
import { standsFor } from "./stands-for.js";

/** A change of one object; the latest state is what counts. A removal needs its kind, namespace and name only. */
export type ModelChange =
  | { readonly kind: "upsert"; readonly object: ClusterObject }
  | { readonly kind: "remove"; readonly object: ClusterObject };

/** The label that the control plane sets on every namespace, immutable. */
export const namespaceNameLabel = "kubernetes.io/metadata.name";

/** A workload as people name it: a Deployment rather than its ReplicaSet, a bare pod as itself. */
export type WorkloadRef = {
  readonly namespace: string;
  readonly name: string;
  readonly kind: string;
};

/** "namespace/name[Kind]". */
export const workloadText = ({ namespace, name, kind }: WorkloadRef): string =>
  `${namespace}/${name}[${kind}]`;

/**
 * The cluster as the analyzer sees it: objects by kind, namespace and name. One owner changes it, by `apply` only; readers
 * hold it between changes. A namespace without an object exists as soon as something is in it, and carries its name as
 * label.
 */
export class ClusterModel {
  readonly #namespaces = new Map<string, NamespaceObject>();
  readonly #nodes = new Map<string, NodeObject>();
  readonly #pods = new Shelf<PodObject>();
  readonly #workloads = new Map<WorkloadObject["kind"], Shelf<WorkloadObject>>();
  readonly #services = new Shelf<ServiceObject>();
  readonly #slices = new Shelf<EndpointSliceObject>();
  readonly #networkPolicies = new Shelf<NetworkPolicyObject>();
  readonly #tieredPolicies = new Map<string, TieredPolicyObject>();
  readonly #unmodelledPolicies = new Map<string, UnmodelledPolicyObject>();
  readonly #configMaps = new Shelf<ConfigMapObject>();
  readonly #events = new Shelf<EventObject>();
  /** Made when they are first asked for, and again after a change. */
  #slicesByService: ReadonlyMap<string, readonly EndpointSliceObject[]> | undefined;
  #eventsByObject: ReadonlyMap<string, readonly EventObject[]> | undefined;
  #revision = 0;

  /** A model of objects in any order; of two with one kind, namespace and name the last stays. */
  constructor(objects: Iterable<ClusterObject> = []) {
    for (const object of objects) this.apply({ kind: "upsert", object });
  }

  /** Grows with every change. */
  get revision(): number {
    return this.#revision;
  }

  /** Applies one change. Removing what is not there changes nothing. */
  apply({ kind, object }: ModelChange): void {
    this.#revision++;
    switch (object.kind) {
      case "Namespace":
        put(this.#namespaces, kind, object.name, withNameLabel(object));
        break;
      case "Node":
        put(this.#nodes, kind, object.name, object);
        break;
      case "Pod":
        change(this.#pods, kind, object);
        break;
      case "Service":
        change(this.#services, kind, object);
        break;
      case "EndpointSlice":
        change(this.#slices, kind, object);
        this.#slicesByService = undefined;
        break;
      case "NetworkPolicy":
        change(this.#networkPolicies, kind, object);
        break;
      case "ClusterNetworkPolicy":
      case "AdminNetworkPolicy":
      case "BaselineAdminNetworkPolicy":
        put(this.#tieredPolicies, kind, objectKey(object), object);
        break;
      case "UnmodelledPolicy":
        put(this.#unmodelledPolicies, kind, objectKey(object), object);
        break;
      case "ConfigMap":
        change(this.#configMaps, kind, object);
        break;
      case "Event":
        change(this.#events, kind, object);
        this.#eventsByObject = undefined;
        break;
      default:
        change(this.#shelfOf(object.kind), kind, object);
        break;
    }
  }

  #shelfOf(kind: WorkloadObject["kind"]): Shelf<WorkloadObject> {
    const shelf = this.#workloads.get(kind) ?? new Shelf<WorkloadObject>();
    this.#workloads.set(kind, shelf);
    return shelf;
  }

  /** Every object, for a copy of the model. */
  *objects(): Iterable<ClusterObject> {
    yield* this.#namespaces.values();
    yield* this.#nodes.values();
    yield* this.#pods;
    yield* this.workloads();
    yield* this.#services;
    yield* this.#slices;
    yield* this.#networkPolicies;
    yield* this.#tieredPolicies.values();
    yield* this.#unmodelledPolicies.values();
    yield* this.#configMaps;
    yield* this.#events;
  }

  /** Every namespace that has an object, a pod, a workload, a Service or a policy. */
  namespaceNames(): ReadonlySet<string> {
    const names = new Set(this.#namespaces.keys());
    const shelves = [
      this.#pods,
      this.#services,
      this.#networkPolicies,
      ...this.#workloads.values(),
    ];
    for (const shelf of shelves) for (const name of shelf.namespaces()) names.add(name);
    for (const { namespace } of this.unmodelledPolicies) if (namespace !== "") names.add(namespace);
    return names;
  }

  /** A namespace; one without an object has its name as only label. */
  namespace(name: string): NamespaceObject {
    return (
      this.#namespaces.get(name) ?? {
        kind: "Namespace",
        namespace: "",
        name,
        labels: { [namespaceNameLabel]: name },
        annotations: {},
      }
    );
  }

  /** Whether the namespace has an object of its own. */
  hasNamespaceObject(name: string): boolean {
    return this.#namespaces.has(name);
  }

  get pods(): Iterable<PodObject> {
    return this.#pods;
  }

  get podCount(): number {
    return this.#pods.size;
  }

  pod(namespace: string, name: string): PodObject | undefined {
    return this.#pods.get(namespace, name);
  }

  podsIn(namespace: string): Iterable<PodObject> {
    return this.#pods.in(namespace);
  }

  /** The workload a pod belongs to: its owner, or what that one stands for where the model holds it. */
  workloadOf(pod: PodObject): WorkloadRef {
    const { namespace } = pod;
    if (pod.owner === undefined) return { namespace, name: pod.name, kind: "Pod" };
    const owner = this.workload(namespace, pod.owner.name, pod.owner.kind);
    const top = (owner === undefined ? undefined : standsFor(owner)) ?? pod.owner;
    return { namespace, name: top.name, kind: top.kind };
  }

  *workloads(): Iterable<WorkloadObject> {
    for (const shelf of this.#workloads.values()) yield* shelf;
  }

  workload(namespace: string, name: string, kind: string): WorkloadObject | undefined {
    return this.#workloads.get(kind as WorkloadObject["kind"])?.get(namespace, name);
  }

  get services(): Iterable<ServiceObject> {
    return this.#services;
  }

  service(namespace: string, name: string): ServiceObject | undefined {
    return this.#services.get(namespace, name);
  }

  servicesIn(namespace: string): Iterable<ServiceObject> {
    return this.#services.in(namespace);
  }

  /** The slices of a Service. */
  slicesOf(namespace: string, service: string): readonly EndpointSliceObject[] {
    this.#slicesByService ??= grouped(
      this.#slices,
      (slice) => `${slice.namespace}/${slice.service}`,
    );
    return this.#slicesByService.get(`${namespace}/${service}`) ?? [];
  }

  get nodes(): Iterable<NodeObject> {
    return this.#nodes.values();
  }

  node(name: string): NodeObject | undefined {
    return this.#nodes.get(name);
  }

  get networkPolicies(): Iterable<NetworkPolicyObject> {
    return this.#networkPolicies;
  }

  get networkPolicyCount(): number {
    return this.#networkPolicies.size;
  }

  networkPoliciesIn(namespace: string): Iterable<NetworkPolicyObject> {
    return this.#networkPolicies.in(namespace);
  }

  get tieredPolicies(): Iterable<TieredPolicyObject> {
    return this.#tieredPolicies.values();
  }

  get unmodelledPolicies(): Iterable<UnmodelledPolicyObject> {
    return this.#unmodelledPolicies.values();
  }

  configMap(namespace: string, name: string): ConfigMapObject | undefined {
    return this.#configMaps.get(namespace, name);
  }

  /** Events about one object. */
  eventsAbout(kind: string, namespace: string, name: string): readonly EventObject[] {
    this.#eventsByObject ??= grouped(this.#events, ({ regarding }) =>
      objectText(regarding.kind, regarding.namespace, regarding.name),
    );
    return this.#eventsByObject.get(objectText(kind, namespace, name)) ?? [];
  }

  get events(): Iterable<EventObject> {
    return this.#events;
  }
}

/**
 * Whether a pod has ended: its address may be another pod's by now, so no policy and no Service knows it
 * (Calico's IsFinished).
 */
export const isFinished = (pod: PodObject): boolean =>
  pod.phase === "Succeeded" || pod.phase === "Failed";

const objectText = (kind: string, namespace: string, name: string): string =>
  `${kind}/${namespace}/${name}`;

const grouped = <T>(
  objects: Iterable<T>,
  keyOf: (object: T) => string,
): ReadonlyMap<string, readonly T[]> => {
  const groups = new Map<string, T[]>();
  for (const object of objects) {
    const group = groups.get(keyOf(object));
    if (group === undefined) groups.set(keyOf(object), [object]);
    else group.push(object);
  }
  return groups;
};

const withNameLabel = (namespace: NamespaceObject): NamespaceObject => ({
  ...namespace,
  labels: { ...namespace.labels, [namespaceNameLabel]: namespace.name },
});

const change = <T extends { readonly namespace: string; readonly name: string }>(
  shelf: Shelf<T>,
  kind: ModelChange["kind"],
  object: T,
): void => (kind === "upsert" ? shelf.put(object) : shelf.drop(object));

const put = <T>(
  objects: Map<string, T>,
  kind: ModelChange["kind"],
  key: string,
  object: T,
): void => {
  if (kind === "upsert") objects.set(key, object);
  else objects.delete(key);
};
