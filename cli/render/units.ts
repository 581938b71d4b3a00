/** A round-trip time in three digits: 850µs, 1.25ms, 61.0s; "-" when nothing was measured. */
export const rttText = (us: number | undefined): string => {
  if (us === undefined) return "-";
  if (us < 1000) return `${us}µs`;
  return us < 999_500 ? `${threeDigits(us / 1000)}ms` : `${threeDigits(us / 1_000_000)}s`;
};

/** A loss as a percentage: 0%, 0.5%, 12%; "-" when nothing was sent. Never rounded to 0% or 100%. */
export const lossText = (ratio: number | undefined): string => {
  if (ratio === undefined) return "-";
  if (ratio <= 0) return "0%";
  if (ratio >= 1) return "100%";
  const percent = ratio * 100;
  if (percent < 10) return `${Math.max(percent, 0.1).toFixed(1)}%`;
  return `${Math.min(Math.round(percent), 99)}%`;
};

/** How long ago, in one unit: 3s, 12m, 5h, 9d; "-" when unknown. */
export const ageText = (atMs: number | undefined, nowMs: number): string => {
  if (atMs === undefined) return "-";
  const seconds = Math.max(Math.floor((nowMs - atMs) / 1000), 0);
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
};

const threeDigits = (value: number): string => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
