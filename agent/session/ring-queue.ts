/** First-in first-out queue with access by position; every operation is O(1). Its owner bounds its length. */
export class RingQueue<T> {
  #slots: (T | undefined)[] = new Array<T | undefined>(16).fill(undefined);
  #head = 0;
  #length = 0;

  /** How many are queued. */
  get length(): number {
    return this.#length;
  }

  /** The one at a position, 0 the oldest; undefined beyond the end. */
  at(position: number): T | undefined {
    return position < this.#length ? this.#slots[this.#slot(position)] : undefined;
  }

  /** Appends one. */
  push(value: T): void {
    if (this.#length === this.#slots.length) this.#grow();
    this.#slots[this.#slot(this.#length)] = value;
    this.#length += 1;
  }

  /** Puts one before the oldest. */
  unshift(value: T): void {
    if (this.#length === this.#slots.length) this.#grow();
    this.#head = (this.#head - 1 + this.#slots.length) & (this.#slots.length - 1);
    this.#slots[this.#head] = value;
    this.#length += 1;
  }

  /** Takes the oldest. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const value = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#length -= 1;
    return value;
  }

  #slot(position: number): number {
    return (this.#head + position) & (this.#slots.length - 1);
  }

  #grow(): void {
    const old = this.#slots;
    const slots = new Array<T | undefined>(old.length * 2).fill(undefined);
    for (let i = 0; i < this.#length; i++) slots[i] = old[this.#slot(i)];
    this.#slots = slots;
    this.#head = 0;
  }
}
