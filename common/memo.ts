/** What a map knows under a key, else what is computed, which it then knows; undefined is never known. */
export const memo = <K, V>(known: Map<K, V>, key: K, compute: () => V): V => {
  const found = known.get(key);
  if (found !== undefined) return found;
  const value = compute();
  known.set(key, value);
  return value;
};
