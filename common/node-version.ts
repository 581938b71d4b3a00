/** Oldest good release of each line: older ones have known holes in TLS or HTTP/2. Lines in between are out of support. */
const oldest: Readonly<Record<number, readonly [number, number]>> = {
  20: [20, 2],
  22: [22, 2],
  24: [14, 1],
};

/**
 * Why this release of Node must not run Causeway, as one line; undefined when it may. Takes `process.versions.node`.
 */
export const nodeVersionProblem = (version: string): string | undefined => {
  const [major = 0, minor = 0, patch = 0] = version
    .split(".")
    .map((part) => Number.parseInt(part, 10));
  if (major > 24) return undefined;
  const bound = oldest[major];
  const [minorMin, patchMin] = bound ?? [Number.POSITIVE_INFINITY, 0];
  const good = minor > minorMin || (minor === minorMin && patch >= patchMin);
  return good
    ? undefined
    : `Node.js ${version} is too old; allowed: 20.20.2 or later in line 20, 22.22.2 in line 22, 24.14.1 in line 24, and 25 or later`;
};
