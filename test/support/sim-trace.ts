/** How many lines a failure shows. */
export const simTraceLinesMax = 60;

/** A rule of the simulation that was broken; the checker is named so that mutants can be tied to it. */
export class SimFailure extends Error {
  readonly checker: string;

  constructor(checker: string, message: string) {
    super(message);
    this.name = "SimFailure";
    this.checker = checker;
  }
}

/** Used again and again: a run has a hundred thousand lines, and only the last ones are ever read. */
type Line = { atMs: number; what: string; who: number; value: number; text: string };

const formatLine = (line: Line): string => {
  const seconds = (line.atMs / 1000).toFixed(3).padStart(9);
  const who = line.who < 0 ? "server" : `a${line.who}`;
  return `${seconds}s ${who.padEnd(6)} ${line.what} ${line.value}${line.text === "" ? "" : ` ${line.text}`}`;
};

/**
 * What happened, in order: a hash over everything (two runs of one seed must agree) and the last lines for people. With a
 * sink, every line is also given to it, which is how one seed is replayed.
 */
export class SimTrace {
  readonly #sink: ((line: string) => void) | undefined;
  readonly #lines: readonly Line[] = Array.from({ length: simTraceLinesMax }, () => ({
    atMs: 0,
    what: "",
    who: 0,
    value: 0,
    text: "",
  }));
  #count = 0;
  #hash = 0x811c9dc5;

  constructor(sink: ((line: string) => void) | undefined) {
    this.#sink = sink;
  }

  /** Hash of all lines so far. */
  get hash(): number {
    return this.#hash >>> 0;
  }

  /** Lines so far. */
  get count(): number {
    return this.#count;
  }

  /** Notes an event. who: index of an agent, -1 for the server. */
  add(atMs: number, what: string, who: number, value: number, text = ""): void {
    const line = this.#lines[this.#count % simTraceLinesMax];
    if (line === undefined) return;
    line.atMs = atMs;
    line.what = what;
    line.who = who;
    line.value = value;
    line.text = text;
    this.#count += 1;
    this.#mix(Math.round(atMs * 1000) | 0);
    this.#mix(who);
    this.#mix(value | 0);
    this.#mixText(what);
    this.#mixText(text);
    this.#sink?.(formatLine(line));
  }

  /** The last lines, oldest first. */
  tail(): readonly string[] {
    const tail: string[] = [];
    for (let i = Math.max(0, this.#count - simTraceLinesMax); i < this.#count; i++) {
      const line = this.#lines[i % simTraceLinesMax];
      if (line !== undefined) tail.push(formatLine(line));
    }
    return tail;
  }

  #mixText(text: string): void {
    let hash = text.length;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash, 31) + text.charCodeAt(i);
    this.#mix(hash);
  }

  #mix(value: number): void {
    this.#hash = Math.imul(this.#hash ^ value, 0x01000193);
    this.#hash ^= this.#hash >>> 15;
  }
}
