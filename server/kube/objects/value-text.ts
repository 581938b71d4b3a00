/** Whether a value is a JSON object. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** "TCP, UDP or SCTP". */
export const orText = (words: readonly string[]): string =>
  words.length < 2
    ? words.join("")
    : `${words.slice(0, -1).join(", ")} or ${words[words.length - 1]}`;

/** What a value is, for messages: "a map", "the number 1.1". */
export const kindText = (value: unknown): string =>
  Array.isArray(value)
    ? "a list"
    : isRecord(value)
      ? "a map"
      : `the ${typeof value} ${shortText(value)}`;

/** A value as text, cut when it is long. */
export const shortText = (value: unknown): string => {
  const text = typeof value === "string" ? `"${value}"` : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};
