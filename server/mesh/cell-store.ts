import { cellSamplesMax } from "../limits.js";

/** Cells of one chunk: growing adds a chunk and copies nothing. */
const chunkBits = 10;
const chunkCells = 1 << chunkBits;
const cellMask = chunkCells - 1;
const sampleMask = cellSamplesMax - 1;

/** Where a new cell's tally row is not known yet. */
export const tallyUnknown = -1;

/** One chunk: columns over its cells, and over the ring of samples of each. */
export type CellChunk = {
  /** Interned id of the target. */
  readonly target: Uint32Array;
  /** Ring position of the newest sample. */
  readonly head: Uint8Array;
  /** Samples in the ring. */
  readonly count: Uint8Array;
  /** When the newest sample was sent, microseconds since 1970. */
  readonly lastUs: Float64Array;
  /** The matrix's sequence number when the cell was last written. */
  readonly seq: Float64Array;
  /** Row of the tally, or tallyUnknown. */
  readonly tally: Int32Array;
  /** 1 when a detail belongs to the newest sample. */
  readonly detailed: Uint8Array;
  /** Sample times in milliseconds modulo 2^32: told apart by their distance from the newest. */
  readonly timeMs: Uint32Array;
  readonly rttUs: Uint32Array;
  readonly outcome: Uint8Array;
};

const createChunk = (): CellChunk => ({
  target: new Uint32Array(chunkCells),
  head: new Uint8Array(chunkCells),
  count: new Uint8Array(chunkCells),
  lastUs: new Float64Array(chunkCells),
  seq: new Float64Array(chunkCells),
  tally: new Int32Array(chunkCells).fill(tallyUnknown),
  detailed: new Uint8Array(chunkCells),
  timeMs: new Uint32Array(chunkCells * cellSamplesMax),
  rttUs: new Uint32Array(chunkCells * cellSamplesMax),
  outcome: new Uint8Array(chunkCells * cellSamplesMax),
});

/** What one sample says. */
export type Sample = {
  readonly unixUs: number;
  readonly rttUs: number;
  readonly outcome: number;
};

/** Distances of more than this are not told apart from earlier ones: 24 days. */
const distanceMaxMs = 0x7fffffff;

/** Cells by number, in chunks of typed arrays. Numbers of freed cells are given out again. */
export class CellStore {
  readonly #chunks: CellChunk[] = [];
  readonly #free: number[] = [];
  readonly #details = new Map<number, string>();
  #used = 0;

  /** Cells in use. */
  get size(): number {
    return this.#used - this.#free.length;
  }

  /** A new empty cell. */
  allocate(targetId: number): number {
    const cell = this.#free.pop() ?? this.#used++;
    const at = cell & cellMask;
    const chunk = this.#chunks[cell >>> chunkBits] ?? this.#grow();
    chunk.target[at] = targetId;
    chunk.head[at] = 0;
    chunk.count[at] = 0;
    chunk.lastUs[at] = 0;
    chunk.seq[at] = 0;
    chunk.tally[at] = tallyUnknown;
    chunk.detailed[at] = 0;
    return cell;
  }

  /** Gives a cell back. */
  free(cell: number): void {
    this.#details.delete(cell);
    this.#free.push(cell);
  }

  /** The chunk of a cell; its place in there is placeOf(cell). */
  chunkOf(cell: number): CellChunk {
    return this.#chunks[cell >>> chunkBits] ?? this.#grow();
  }

  /** The place of a cell in its chunk. */
  placeOf(cell: number): number {
    return cell & cellMask;
  }

  /** Puts a sample where it belongs in time. The newest sample stays the newest; what is older than a full ring is dropped. */
  put(chunk: CellChunk, at: number, unixUs: number, rttUs: number, outcome: number): void {
    const lastUs = chunk.lastUs[at] ?? 0;
    const count = chunk.count[at] ?? 0;
    if (unixUs < lastUs && count > 0) {
      putLate(chunk, at, { unixUs, rttUs, outcome });
      return;
    }
    const fresh = count === 0 || unixUs - lastUs > distanceMaxMs * 1000;
    const head = ((chunk.head[at] ?? 0) + 1) & sampleMask;
    const slot = at * cellSamplesMax + head;
    chunk.head[at] = head;
    chunk.count[at] = fresh ? 1 : count < cellSamplesMax ? count + 1 : cellSamplesMax;
    chunk.lastUs[at] = unixUs;
    chunk.timeMs[slot] = msOf(unixUs);
    chunk.rttUs[slot] = rttUs;
    chunk.outcome[slot] = outcome;
  }

  /** A sample by age: 0 is the newest. Undefined beyond the oldest. */
  sample(cell: number, age: number): Sample | undefined {
    const chunk = this.chunkOf(cell);
    const at = cell & cellMask;
    if (age >= (chunk.count[at] ?? 0)) return undefined;
    const slot = slotOf(chunk, at, age);
    return {
      unixUs: age === 0 ? (chunk.lastUs[at] ?? 0) : sampleUs(chunk, at, slot),
      rttUs: chunk.rttUs[slot] ?? 0,
      outcome: chunk.outcome[slot] ?? 0,
    };
  }

  /** Keeps what was said about the newest sample; an empty text forgets it. */
  setDetail(cell: number, text: string): void {
    this.chunkOf(cell).detailed[cell & cellMask] = text === "" ? 0 : 1;
    if (text === "") this.#details.delete(cell);
    else this.#details.set(cell, text);
  }

  /** What was said about the newest sample; empty for nothing. */
  detail(cell: number): string {
    return this.#details.get(cell) ?? "";
  }

  /** Tally rows are to be looked up again. */
  clearTallies(): void {
    for (const chunk of this.#chunks) chunk.tally.fill(tallyUnknown);
  }

  #grow(): CellChunk {
    const chunk = createChunk();
    this.#chunks.push(chunk);
    return chunk;
  }
}

const msOf = (unixUs: number): number => Math.floor(unixUs / 1000) >>> 0;

const slotOf = (chunk: CellChunk, at: number, age: number): number =>
  at * cellSamplesMax + (((chunk.head[at] ?? 0) - age) & sampleMask);

/** The full time of a sample from its distance to the newest. */
const sampleUs = (chunk: CellChunk, at: number, slot: number): number => {
  const lastUs = chunk.lastUs[at] ?? 0;
  const distanceMs = (msOf(lastUs) - (chunk.timeMs[slot] ?? 0)) >>> 0;
  return (Math.floor(lastUs / 1000) - distanceMs) * 1000;
};

/** Newer samples move up by one place, and the late one takes the gap; a full ring loses its oldest. */
const putLate = (chunk: CellChunk, at: number, sample: Sample): void => {
  const lastUs = chunk.lastUs[at] ?? 0;
  const distanceMs = Math.floor(lastUs / 1000) - Math.floor(sample.unixUs / 1000);
  if (distanceMs > distanceMaxMs) return;
  const count = chunk.count[at] ?? 0;
  let age = 1;
  while (age < count && distanceOf(chunk, at, age) < distanceMs) age++;
  if (age >= cellSamplesMax) return;
  const head = ((chunk.head[at] ?? 0) + 1) & sampleMask;
  chunk.head[at] = head;
  chunk.count[at] = Math.min(count + 1, cellSamplesMax);
  for (let younger = 0; younger < age; younger++) {
    const to = slotOf(chunk, at, younger);
    const from = slotOf(chunk, at, younger + 1);
    chunk.timeMs[to] = chunk.timeMs[from] ?? 0;
    chunk.rttUs[to] = chunk.rttUs[from] ?? 0;
    chunk.outcome[to] = chunk.outcome[from] ?? 0;
  }
  const slot = slotOf(chunk, at, age);
  chunk.timeMs[slot] = msOf(sample.unixUs);
  chunk.rttUs[slot] = sample.rttUs;
  chunk.outcome[slot] = sample.outcome;
};

const distanceOf = (chunk: CellChunk, at: number, age: number): number =>
  (msOf(chunk.lastUs[at] ?? 0) - (chunk.timeMs[slotOf(chunk, at, age)] ?? 0)) >>> 0;
