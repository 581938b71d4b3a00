/** Objects of one kind by namespace and name. */
export class Shelf<T extends { readonly namespace: string; readonly name: string }> {
  readonly #byNamespace = new Map<string, Map<string, T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  put(object: T): void {
    let names = this.#byNamespace.get(object.namespace);
    if (names === undefined) {
      names = new Map();
      this.#byNamespace.set(object.namespace, names);
    }
    if (!names.has(object.name)) this.#size++;
    names.set(object.name, object);
  }

  drop({ namespace, name }: { readonly namespace: string; readonly name: string }): void {
    const names = this.#byNamespace.get(namespace);
    if (names?.delete(name) !== true) return;
    this.#size--;
    if (names.size === 0) this.#byNamespace.delete(namespace);
  }

  get(namespace: string, name: string): T | undefined {
    return this.#byNamespace.get(namespace)?.get(name);
  }

  in(namespace: string): Iterable<T> {
    return this.#byNamespace.get(namespace)?.values() ?? [];
  }

  namespaces(): Iterable<string> {
    return this.#byNamespace.keys();
  }

  *[Symbol.iterator](): Iterator<T> {
    for (const names of this.#byNamespace.values()) yield* names.values();
  }
}
