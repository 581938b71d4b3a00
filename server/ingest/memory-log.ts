import type { ResultLog } from "./result-log.js";

/**
 * The log of a server without a store: the live matrix is all that is kept, so accepting a record costs nothing. After
 * a restart nothing can be read back, and agents' sessions show what is missing as a gap.
 */
export const createMemoryLog = (): ResultLog => {
  let open = true;
  return {
    durability: "memory",
    append: () =>
      open ? Promise.resolve() : Promise.reject(new Error("the results log is closed")),
    recover: () => Promise.resolve([]),
    close: () => {
      open = false;
      return Promise.resolve();
    },
  };
};
