/** A binary heap over times that their owner moves: the first is the one that is due first. */
export class DueHeap<Item extends { readonly dueMs: number }> {
  #items: Item[] = [];

  /** Takes over the items, in any order. */
  rebuild(items: Iterable<Item>): void {
    this.#items = [...items].sort((a, b) => a.dueMs - b.dueMs);
  }

  /** The item that is due first. */
  first(): Item | undefined {
    return this.#items[0];
  }

  /** Puts the first item where it belongs after its time was moved later. */
  moveFirst(): void {
    const items = this.#items;
    const item = items[0];
    if (item === undefined) return;
    let at = 0;
    for (;;) {
      const child = this.#earlierChild(at);
      const earlier = items[child];
      if (earlier === undefined || earlier.dueMs >= item.dueMs) break;
      items[at] = earlier;
      at = child;
    }
    items[at] = item;
  }

  #earlierChild(at: number): number {
    const left = 2 * at + 1;
    const right = left + 1;
    const leftMs = this.#items[left]?.dueMs ?? Number.POSITIVE_INFINITY;
    const rightMs = this.#items[right]?.dueMs ?? Number.POSITIVE_INFINITY;
    return rightMs < leftMs ? right : left;
  }
}
