/** Chance as a port: main passes the system's, tests a seeded one. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
}

/** Chance of the run time; not for secrets. */
export const systemRandom: Random = { next: () => Math.random() };

/** A repeatable sequence (mulberry32) from a 32-bit seed. */
export const createSeededRandom = (seed: number): Random => {
  let state = seed >>> 0;
  return {
    next: () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = state;
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    },
  };
};
