import { closest } from "../../../common/closest.js";
import { workloadText } from "../model/cluster-model.js";
import type { PodObject } from "../model/objects.js";
import type { PolicyUnit } from "../policy/engine.js";
import type { PolicyWorld } from "../policy-world.js";
import { QuestionError } from "../question-error.js";
import { didYouMean } from "../resolve/near-misses.js";
import { resolveName } from "../resolve/resolve-name.js";
import type { ResolvedName } from "../resolve/resolved-name.js";
import type { ListEnd, ListEnds } from "./list-ends.js";
import type { ListRange } from "./list-ranges.js";
import type { RowSelection } from "./row-selection.js";

/** Which rows of the list; "" and what is left out leave a side open. */
export type RowFilter = {
  /** A namespace that one end is in. */
  readonly namespace?: string;
  /** A workload "ns/name[Kind]" or "ns/name", a pod, an address or a CIDR. */
  readonly source?: string;
  readonly destination?: string;
};

/** The ends that a filter asks for. Throws QuestionError for names that stand for no end of a row, with near misses. */
export const selectionOf = (
  world: PolicyWorld,
  ends: ListEnds,
  { namespace = "", source = "", destination = "" }: RowFilter,
): RowSelection => ({
  ...(namespace === "" ? {} : { namespace: knownNamespace(world, namespace) }),
  ...(source === "" ? {} : { sources: endsNamed(world, source, ends.sources) }),
  ...(destination === "" ? {} : { destinations: endsNamed(world, destination, ends.destinations) }),
});

const knownNamespace = ({ model }: PolicyWorld, name: string): string => {
  const names = model.namespaceNames();
  if (names.has(name)) return name;
  const near = closest(name, [...names]);
  throw new QuestionError(
    "not-found",
    `no namespace ${name}.${didYouMean(near === undefined ? [] : [near])}`,
  );
};

const endsNamed = (
  world: PolicyWorld,
  text: string,
  ranges: readonly ListRange[],
): ReadonlySet<ListEnd> => {
  const name = resolveName(world, text);
  switch (name.kind) {
    case "pod":
    case "workload":
      return unitsOf(world, name);
    case "addresses":
      return rangesOf(ranges, name);
    case "service":
    case "node":
    case "dns":
      throw new QuestionError(
        "invalid",
        `${text} is a ${words[name.kind]}: rows are of workloads and addresses; ask about the pair instead`,
      );
  }
};

const words = { service: "Service", node: "node", dns: "DNS name" } as const;

const unitsOf = ({ engine }: PolicyWorld, name: ResolvedName): ReadonlySet<ListEnd> => {
  const isNamed = ({ workload, pods }: PolicyUnit): boolean =>
    name.workload === undefined
      ? pods.some((pod) => isSame(pod, name.pod))
      : workloadText(workload) === workloadText(name.workload);
  return new Set(engine.units().filter(isNamed));
};

const isSame = (one: PodObject, other: PodObject | undefined): boolean =>
  one.namespace === other?.namespace && one.name === other.name;

const rangesOf = (
  ranges: readonly ListRange[],
  { endpoints }: ResolvedName,
): ReadonlySet<ListEnd> => {
  const asked = endpoints.flatMap((end) => (end.kind === "addresses" ? [end.range] : []));
  return new Set(
    ranges.filter(({ range }) =>
      asked.some(
        ({ family, first, last }) =>
          family === range.family && first <= range.last && range.first <= last,
      ),
    ),
  );
};
