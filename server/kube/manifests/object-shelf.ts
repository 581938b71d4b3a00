import type { ClusterObject, EndpointSliceObject } from "../../analyzer/model/objects.js";

/** Objects by identity, in the order that they came in. */
export class ObjectShelf {
  readonly #objects = new Map<string, ClusterObject>();
  /** Keys of slices that stand for Endpoints. */
  readonly #mirrors = new Map<string, EndpointSliceObject>();

  get size(): number {
    return this.#objects.size + this.#mirrors.size;
  }

  /** Puts an object in the place of one with its identity, and returns that. */
  put(object: ClusterObject, rawKind: string): ClusterObject | undefined {
    if (rawKind === "Endpoints" && object.kind === "EndpointSlice") {
      const key = `${object.namespace}/${object.name}`;
      const before = this.#mirrors.get(key);
      this.#mirrors.set(key, object);
      return before;
    }
    const key = keyOf(object);
    const before = this.#objects.get(key);
    this.#objects.set(key, object);
    return before;
  }

  /** All objects; of a Service with slices of its own the Endpoints are left out, since they say the same. */
  values(): readonly ClusterObject[] {
    const objects = [...this.#objects.values()];
    if (this.#mirrors.size === 0) return objects;
    const sliced = new Set(
      objects.flatMap((object) =>
        object.kind === "EndpointSlice" ? [`${object.namespace}/${object.service}`] : [],
      ),
    );
    const mirrors = [...this.#mirrors.values()].filter(
      ({ namespace, name, service }) =>
        !sliced.has(`${namespace}/${service}`) &&
        !this.#objects.has(`EndpointSlice/${namespace}/${name}`),
    );
    return [...objects, ...mirrors];
  }
}

/** Two groups may have a kind of one name (NetworkPolicy): those are different objects. */
const keyOf = (object: ClusterObject): string =>
  object.kind === "UnmodelledPolicy"
    ? `${object.apiVersion.split("/")[0]}/${object.policyKind}/${object.namespace}/${object.name}`
    : `${object.kind}/${object.namespace}/${object.name}`;
