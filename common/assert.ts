/** Ends a switch over a union: the compiler refuses a missing case, and a wrong value at run time is a bug. */
export const assertNever = (value: never): never => {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
};

/** States an invariant of our own. On in production; never used on what a peer sent. */
export function assert(condition: boolean, why: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${why}`);
}
