const dayMs = 86_400_000;

/** The last millisecond of the year 9999, which four digits of a year can say. */
const lastMs = 253_402_300_799_999;

/** A time in milliseconds since 1970 as RFC 3339 in UTC, "" for what is no such time (before 1970, after 9999). */
export const rfc3339 = (ms: number): string => {
  if (!Number.isFinite(ms) || ms < 0 || ms > lastMs) return "";
  const whole = Math.floor(ms);
  const { year, month, day } = civilFromDays(Math.floor(whole / dayMs));
  const rest = whole % dayMs;
  const time = [
    two(Math.floor(rest / 3_600_000)),
    two(Math.floor(rest / 60_000) % 60),
    two(Math.floor(rest / 1000) % 60),
  ].join(":");
  const fraction = rest % 1000 === 0 ? "" : `.${String(rest % 1000).padStart(3, "0")}`;
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}T${time}${fraction}Z`;
};

const two = (value: number): string => String(value).padStart(2, "0");

/** The date of a day since 1970: years of 400-year eras that begin in March (H. Hinnant, "chrono-compatible date algorithms"). */
const civilFromDays = (
  days: number,
): { readonly year: number; readonly month: number; readonly day: number } => {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
};
