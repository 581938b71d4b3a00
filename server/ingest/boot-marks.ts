/** Sequence numbers from..to handed to the log, both ends included. */
type Span = { readonly to: number; done: boolean };

/**
 * Where one boot of an agent stands: which sequence numbers came, which the log has, which are counted. Numbers are
 * contiguous, so each is one high-water mark, and the log's answers that run ahead wait in a small map.
 */
export class BootMarks {
  readonly bootId: string;
  /** Everything up to here came and was checked; falls back to appended when the log refuses. */
  accepted: number;
  /** Everything up to here is in the log. */
  appended: number;
  /** Everything up to here was applied and counted; never falls, so nothing counts twice. */
  counted: number;
  /** The last acknowledgement that went out. */
  ackSent: number;
  /** When the oldest acknowledgement that is owed became due, monotonic; undefined when none is owed. */
  owedSinceMs: number | undefined;
  readonly #ahead = new Map<number, Span>();

  constructor(bootId: string, seq: number) {
    this.bootId = bootId;
    this.accepted = seq;
    this.appended = seq;
    this.counted = seq;
    this.ackSent = seq;
  }

  /** Records handed to the log, or known to it, beyond the appended mark. */
  get aheadCount(): number {
    return this.#ahead.size;
  }

  /**
   * Moves accepted to a number that came. False when the log already has this span, or was already asked to take it:
   * then it must not be appended again.
   */
  claim({ from, to }: { readonly from: number; readonly to: number }): boolean {
    const known = this.#ahead.get(from);
    this.accepted = Math.max(this.accepted, known?.to ?? to);
    if (known !== undefined) return false;
    this.#ahead.set(from, { to, done: false });
    return true;
  }

  /** The log took a span. */
  finish(from: number): void {
    const span = this.#ahead.get(from);
    if (span === undefined) return;
    span.done = true;
    let next = this.#ahead.get(this.appended + 1);
    while (next?.done === true) {
      this.#ahead.delete(this.appended + 1);
      this.appended = next.to;
      next = this.#ahead.get(this.appended + 1);
    }
    this.accepted = Math.max(this.accepted, this.appended);
  }

  /** The log refused a span: it and all after it must come again. */
  fail(from: number): void {
    this.#ahead.delete(from);
    this.accepted = this.appended;
  }
}
