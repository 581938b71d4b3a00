/** Work that happens at one instant of virtual time. */
export type SimTask = () => void;

type Entry = { readonly atMs: number; readonly order: number; readonly task: SimTask };

const isBefore = (a: Entry, b: Entry): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/**
 * Virtual time: a binary heap of tasks. Tasks of one instant run in the order in which they were scheduled, so that a run
 * depends on nothing but its inputs.
 */
export class EventQueue {
  #heap: Entry[] = [];
  #order = 0;
  #nowMs = 0;

  /** Milliseconds since the simulation began. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Tasks that wait. */
  get size(): number {
    return this.#heap.length;
  }

  /** Runs a task at an instant; instants of the past mean now. */
  at(atMs: number, task: SimTask): void {
    const entry = { atMs: Math.max(atMs, this.#nowMs), order: this.#order++, task };
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || !isBefore(entry, parent)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = entry;
  }

  /** Runs a task after a delay. */
  after(delayMs: number, task: SimTask): void {
    this.at(this.#nowMs + delayMs, task);
  }

  /** Runs every task up to and including an instant, which is now afterwards. */
  runUntil(untilMs: number): void {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.atMs > untilMs) break;
      this.#removeFirst();
      this.#nowMs = first.atMs;
      first.task();
    }
    this.#nowMs = untilMs;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let childIndex = 2 * index + 1;
      let child = heap[childIndex];
      if (child === undefined) break;
      const right = heap[childIndex + 1];
      if (right !== undefined && isBefore(right, child)) {
        childIndex += 1;
        child = right;
      }
      if (!isBefore(child, last)) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = last;
  }
}
