/** How much a value with shared parts stands for. */
export type ExpandedSize =
  | { readonly kind: "fits"; readonly values: number }
  /** More values than allowed. */
  | { readonly kind: "large" }
  /** More levels than allowed. */
  | { readonly kind: "deep" }
  /** A part contains itself. */
  | { readonly kind: "cyclic" };

type Measure = { readonly values: number; readonly depth: number };

/** Measures a value as if its shared parts (YAML aliases) were written out; time grows with what is written only. */
export const expandedSizeOf = (
  value: unknown,
  { valuesMax, depthMax }: { readonly valuesMax: number; readonly depthMax: number },
): ExpandedSize => {
  const known = new Map<object, Measure>();
  const open = new Set<object>();
  let stop: ExpandedSize | undefined;
  const measure = (part: unknown): Measure => {
    if (typeof part !== "object" || part === null || stop !== undefined) return leaf;
    const before = known.get(part);
    if (before !== undefined) return before;
    if (open.has(part)) {
      stop = { kind: "cyclic" };
      return leaf;
    }
    if (open.size >= depthMax) {
      stop = { kind: "deep" };
      return leaf;
    }
    open.add(part);
    let values = 1;
    let depth = 0;
    for (const child of Object.values(part)) {
      const inner = measure(child);
      values += inner.values;
      depth = Math.max(depth, inner.depth);
    }
    open.delete(part);
    const result = { values, depth: depth + 1 };
    known.set(part, result);
    if (depth + 1 > depthMax) stop ??= { kind: "deep" };
    if (values > valuesMax) stop ??= { kind: "large" };
    return result;
  };
  const { values } = measure(value);
  return stop ?? { kind: "fits", values };
};

const leaf: Measure = { values: 1, depth: 0 };
