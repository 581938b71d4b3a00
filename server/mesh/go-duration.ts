/** Nanoseconds of each unit that Go knows. Both micro signs are in use: U+00B5 and U+03BC. */
const unitNs: ReadonlyMap<string, number> = new Map([
  ["ns", 1],
  ["us", 1e3],
  ["\u00b5s", 1e3],
  ["\u03bcs", 1e3],
  ["ms", 1e6],
  ["s", 1e9],
  ["m", 60e9],
  ["h", 3600e9],
]);

/** Characters of a duration: Go prints at most 25. */
const durationCharsMax = 64;

/** Go's time.Duration is a signed 64-bit number of nanoseconds. */
const durationNsMax = 2 ** 63;

const part = /(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/y;

/** Reads what Go's time.ParseDuration reads, such as "1m2s" or "670.02ms". Nanoseconds; undefined when it is none. */
export const parseGoDuration = (text: string): number | undefined => {
  if (text.length > durationCharsMax) return undefined;
  const sign = text.startsWith("-") ? -1 : 1;
  const start = text.startsWith("-") || text.startsWith("+") ? 1 : 0;
  if (text.slice(start) === "0") return 0;
  if (text.length === start) return undefined;
  let ns = 0;
  let at = start;
  while (at < text.length) {
    part.lastIndex = at;
    const match = part.exec(text);
    if (match === null) return undefined;
    ns += Number(match[1]) * (unitNs.get(match[2] ?? "") ?? 0);
    at = part.lastIndex;
  }
  return ns < durationNsMax ? sign * ns : undefined;
};

const printed = [
  { unit: "\u00b5s", ns: 1e3 },
  { unit: "ms", ns: 1e6 },
  { unit: "s", ns: 1e9 },
] as const;

/**
 * Prints a duration as readers of /api/v1 know it: the largest of µs, ms and s that gives at least 1, with two
 * decimals; below a microsecond whole nanoseconds.
 */
export const printGoDuration = (ns: number): string => {
  if (ns < 0) return `-${printGoDuration(-ns)}`;
  const whole = Math.round(ns);
  if (whole < 1000) return `${whole}ns`;
  for (const { unit, ns: size } of printed) {
    const text = (whole / size).toFixed(2);
    if (unit === "s" || Number(text) < 1000) return `${text}${unit}`;
  }
  return "";
};
