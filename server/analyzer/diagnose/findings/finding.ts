import type { Code } from "../catalogue/catalogue.js";
import type { Severity } from "../catalogue/code-entry.js";
import type { AccessMode, Way } from "../situation/way.js";

/** Where on the way from A to B something was found, in the order that a connection meets them. */
export const places = [
  "source-pod",
  "source-node",
  "lookup",
  "egress",
  "service",
  "destination-node",
  "ingress",
  "destination-pod",
] as const;

/** One of the places. */
export type Place = (typeof places)[number];

/** What a finding does to the ways that it concerns. */
export type Effect =
  /** Stops them. */
  | "blocks"
  /** Some connections fail, or all of them soon. */
  | "impairs"
  /** Whether they work can't be told. */
  | "unknown"
  /** Nothing yet. */
  | "risk";

/** An observation on an object, before it has an id. */
export type Observation = {
  /** pod, node, policy, rule, service, endpoints, event, configmap … */
  readonly kind: string;
  readonly data: Readonly<Record<string, string>>;
};

/** What a person can do, before it is shown. */
export type Remedy = {
  readonly summary: string;
  readonly why: string;
  /** Commands with the real names filled in, quoted for a shell. */
  readonly steps: readonly string[];
  readonly patch: string;
  /** "" stands for asking this diagnosis again. */
  readonly verify: string;
  readonly risk: "none" | "low" | "disruptive";
  readonly rollback: string;
  readonly prevention: string;
};

/** Something that was found. */
export type Finding = {
  readonly code: Code;
  readonly place: Place;
  readonly effect: Effect;
  /** The catalogue's unless this case is another. */
  readonly severity?: Severity;
  readonly certainty?: number;
  readonly origin: "source" | "destination" | "path" | "cluster";
  /** "Pod default/web". */
  readonly component: string;
  /** Which ways it concerns. */
  readonly hits: (way: Way) => boolean;
  /** direct: an object says so. */
  readonly proof: "direct" | "inferred";
  /** What is wrong, for the list of issues. */
  readonly issue: string;
  /** What to do, for the list of solutions; each can be done as it stands. */
  readonly solutions: readonly string[];
  readonly observations: readonly Observation[];
  /** Codes that these objects can't tell from it. */
  readonly equivalentTo?: readonly Code[];
  readonly remedy?: Remedy;
  /** Whether it is how another finding of its place shows: a Service without ready endpoints where no pod is ready. */
  readonly isConsequence?: boolean;
};

/** What a check says. */
export type CheckResult = {
  readonly findings: readonly Finding[];
  /** What was looked for and is not so. */
  readonly ruledOut: readonly { readonly code: Code; readonly because: string }[];
  /** What was seen at places where nothing is wrong, for the path. */
  readonly seen: readonly { readonly place: Place; readonly observation: Observation }[];
};

/** Nothing found, nothing ruled out. */
export const nothing: CheckResult = { findings: [], ruledOut: [], seen: [] };

/** Results of several checks as one. */
export const joinResults = (results: readonly CheckResult[]): CheckResult => ({
  findings: results.flatMap(({ findings }) => findings),
  ruledOut: results.flatMap(({ ruledOut }) => ruledOut),
  seen: results.flatMap(({ seen }) => seen),
});

/** Ways of any of the modes. */
export const ofModes =
  (...modes: readonly AccessMode[]): ((way: Way) => boolean) =>
  ({ mode }) =>
    modes.includes(mode);

/** Every way. */
export const everyWay = (): boolean => true;

/** A remedy without patch and risk, to be completed. */
export const remedyOf = (
  parts: Partial<Remedy> & Pick<Remedy, "summary" | "why" | "steps">,
): Remedy => ({ patch: "", verify: "", risk: "none", rollback: "", prevention: "", ...parts });
