import {
  type ClusterObject,
  type EndpointSliceObject,
  objectKey,
} from "../../analyzer/model/objects.js";

/** Objects by identity, in the order that they came in. */
export class ObjectShelf {
  readonly #objects = new Map<string, ClusterObject>();
  /** Keys of slices that stand for Endpoints. */
  readonly #mirrors = new Map<string, EndpointSliceObject>();

  /** How many objects were given the name of a key with a number. */
  readonly #madeNames = new Map<string, number>();

  get size(): number {
    return this.#objects.size + this.#mirrors.size;
  }

  /** Puts an object in the place of one with its identity, and returns that. */
  put(object: ClusterObject, rawKind: string): ClusterObject | undefined {
    if (rawKind === "Endpoints" && object.kind === "EndpointSlice") {
      const key = objectKey(object);
      const before = this.#mirrors.get(key);
      this.#mirrors.set(key, object);
      return before;
    }
    const key = objectKey(object);
    const before = this.#objects.get(key);
    this.#objects.set(key, object);
    return before;
  }

  /** The object under a name that no other of its kind has. */
  withFreeName(object: ClusterObject, rawKind: string): ClusterObject {
    const shelf = rawKind === "Endpoints" ? this.#mirrors : this.#objects;
    const key = objectKey(object);
    let free = object;
    while (shelf.has(objectKey(free))) {
      const more = (this.#madeNames.get(key) ?? 1) + 1;
      this.#madeNames.set(key, more);
      free = { ...object, name: `${object.name}-${more}` };
    }
    return free;
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
      (slice) =>
        !sliced.has(`${slice.namespace}/${slice.service}`) && !this.#objects.has(objectKey(slice)),
    );
    return [...objects, ...mirrors];
  }
}
