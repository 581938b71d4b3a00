import type { StatedExposure, StatedLine } from "./expected-file.js";

/** What an expected file is restricted to, as words of its name; none: it is whole. */
export type StatedFocus = {
  /** Names of workloads, and of their namespaces. */
  readonly words: readonly string[];
  /** The same for the other end. */
  readonly peers: readonly string[];
  /** The only direction it shows, seen from the workloads. */
  readonly direction: "ingress" | "egress" | undefined;
};

/** A file that is not restricted. */
export const noFocus: StatedFocus = { words: [], peers: [], direction: undefined };

/** Parses the restriction in a file's name: "webapp_checkout", "harry-potter_egress", "webapp_egress_with_backend". */
export const parseFocus = (text: string): StatedFocus => {
  const all = text.split("_").filter((word) => word !== "");
  const isDirection = (word: string): boolean => word === "ingress" || word === "egress";
  const direction = all.find(isDirection);
  const words = all.filter((word) => !isDirection(word));
  const cut = words.indexOf("with");
  return {
    words: cut < 0 ? words : words.slice(0, cut),
    peers: cut < 0 ? [] : words.slice(cut + 1),
    direction: direction === "ingress" || direction === "egress" ? direction : undefined,
  };
};

/** The parts of "ns/name[Kind]". */
const partsOf = (workload: string): readonly [namespace: string, name: string] => {
  const [namespace = "", name = ""] = workload.split("/");
  return [namespace, name.replace(/\[.*$/, "")];
};

const isNamed = (words: readonly string[], workload: string): boolean =>
  words.includes(partsOf(workload)[1]);

/** Whether every word stands for a workload of the model or its namespace: else the restriction is not known. */
export const isUnderstood = (
  { words, peers, direction }: StatedFocus,
  workloads: readonly string[],
): boolean => {
  const known = new Set(workloads.flatMap(partsOf));
  const all = [...words, ...peers];
  const names = [words, peers].filter((list) => list.length > 0);
  return (
    all.every((word) => known.has(word)) &&
    names.every((list) => workloads.some((workload) => isNamed(list, workload))) &&
    (words.length > 0 || (peers.length === 0 && direction === undefined))
  );
};

/** Whether a connection is one of the focus: one end is named, on the side of the direction, and so is the other. */
export const isInFocus = (
  { words, peers, direction }: StatedFocus,
  { source, destination }: Pick<StatedLine, "source" | "destination">,
): boolean => {
  if (words.length === 0) return true;
  const joins = (end: string, other: string): boolean =>
    isNamed(words, end) && (peers.length === 0 || isNamed(peers, other));
  return (
    (direction !== "ingress" && joins(source, destination)) ||
    (direction !== "egress" && joins(destination, source))
  );
};

/** An exposure with nothing but the focus. */
export const exposureInFocus = (exposure: StatedExposure, focus: StatedFocus): StatedExposure => {
  const { words, direction } = focus;
  if (words.length === 0) return exposure;
  const linesOf = (of: "egress" | "ingress"): readonly StatedLine[] =>
    direction !== undefined && direction !== of
      ? []
      : exposure[of].filter((line) => isInFocus({ words, peers: [], direction: of }, line));
  const isShown = (text: string): boolean => {
    const [workload = "", of = ""] = text.split(" ");
    return isNamed(words, workload) && (direction === undefined || direction === of.toLowerCase());
  };
  return {
    egress: linesOf("egress"),
    ingress: linesOf("ingress"),
    unprotected: exposure.unprotected?.filter(isShown),
  };
};
