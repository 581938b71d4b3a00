import type { StatedExposure, StatedLine } from "./expected-file.js";

/** What an expected file is restricted to: workloads, and perhaps one direction. */
export type Focus = {
  /** Words of the file's name; those that are names of workloads count. Empty: everything. */
  readonly words: readonly string[];
  readonly direction: "ingress" | "egress" | undefined;
};

/** The name in "ns/name[Kind]". */
const nameOf = (workload: string): string => workload.replace(/^[^/]*\//, "").replace(/\[.*$/, "");

/** Whether a focus names a workload of the model: else what it restricts to is not known. */
export const isUnderstood = ({ words }: Focus, workloads: readonly string[]): boolean =>
  words.length === 0 || workloads.some((workload) => words.includes(nameOf(workload)));

/** Whether a connection is one of the focus: one end is named, on the side of the direction. */
export const isInFocus = (
  { words, direction }: Focus,
  { source, destination }: Pick<StatedLine, "source" | "destination">,
): boolean => {
  if (words.length === 0) return true;
  const isNamed = (end: string): boolean => words.includes(nameOf(end));
  return (
    (direction !== "ingress" && isNamed(source)) || (direction !== "egress" && isNamed(destination))
  );
};

/** An exposure with nothing but the focus. */
export const exposureInFocus = (exposure: StatedExposure, focus: Focus): StatedExposure => {
  const { words, direction } = focus;
  const linesOf = (of: "egress" | "ingress"): readonly StatedLine[] =>
    direction !== undefined && direction !== of
      ? []
      : exposure[of].filter((line) => isInFocus({ words, direction: of }, line));
  const isShown = (text: string): boolean => {
    const [workload = "", of = ""] = text.split(" ");
    return (
      (words.length === 0 || words.includes(nameOf(workload))) &&
      (direction === undefined || direction === of.toLowerCase())
    );
  };
  return {
    egress: linesOf("egress"),
    ingress: linesOf("ingress"),
    unprotected: exposure.unprotected?.filter(isShown),
  };
};
