import { closest } from "../../../common/closest.js";
import { nearMissesMax, nearNamesComparedMax } from "../limits.js";
import { type ClusterModel, workloadText } from "../model/cluster-model.js";
import { standsFor } from "../model/stands-for.js";

/** A name that was not found. */
export type Missing = {
  readonly kind: "pod" | "workload" | "service" | "node";
  readonly namespace: string;
  readonly name: string;
};

/**
 * Names of the model that a missing one was probably meant to be, best first, as people write them: the same name as
 * another kind, the same name in another namespace, one with a slip, a pod of a workload of that name.
 */
export const nearMisses = (model: ClusterModel, missing: Missing): readonly string[] => {
  if (missing.kind === "node") return nearNodes(model, missing.name);
  const known = [...namesOf(model, missing)].slice(0, nearNamesComparedMax);
  const near = [
    ...known.filter(({ name, namespace }) => same(name, namespace, missing)),
    ...known.filter(({ name }) => name === missing.name),
    ...slips(known, missing),
    ...known.filter(
      ({ name, namespace }) =>
        namespace === missing.namespace &&
        (name.startsWith(`${missing.name}-`) || missing.name.startsWith(`${name}-`)),
    ),
    ...otherNamespaces(model, missing, known),
  ];
  return [...new Set(near.map(({ text }) => text))].slice(0, nearMissesMax);
};

/** " Did you mean a, b or c?", or "". */
export const didYouMean = (names: readonly string[]): string => {
  if (names.length === 0) return "";
  const last = names.at(-1) ?? "";
  const all = names.length === 1 ? last : `${names.slice(0, -1).join(", ")} or ${last}`;
  return ` Did you mean ${all}?`;
};

type Known = { readonly namespace: string; readonly name: string; readonly text: string };

const same = (name: string, namespace: string, missing: Missing): boolean =>
  name === missing.name && namespace === missing.namespace;

/** Everything with a name, the missing one's own namespace first. */
function* namesOf(model: ClusterModel, { namespace }: Missing): Generator<Known> {
  const own: Known[] = [];
  const others: Known[] = [];
  const add = (known: Known): void => {
    if (known.namespace === namespace) own.push(known);
    else if (others.length < nearNamesComparedMax) others.push(known);
  };
  for (const workload of model.workloads()) {
    if (standsFor(workload) === undefined)
      add({ ...nameOf(workload), text: workloadText(workload) });
  }
  for (const service of model.services) {
    add({ ...nameOf(service), text: `svc/${service.namespace}/${service.name}` });
  }
  for (const pod of model.pods) add({ ...nameOf(pod), text: `${pod.namespace}/${pod.name}` });
  yield* own.sort(byText);
  yield* others.sort(byText);
}

const byText = (one: Known, other: Known): number => (one.text < other.text ? -1 : 1);

const nameOf = ({ namespace, name }: Known | Omit<Known, "text">): Omit<Known, "text"> => ({
  namespace,
  name,
});

/** One slip of the finger in the name, in the own namespace or, when nothing is near there, in others. */
const slips = (known: readonly Known[], missing: Missing): readonly Known[] => {
  for (const within of [
    known.filter(({ namespace }) => namespace === missing.namespace),
    known.filter(({ namespace }) => namespace !== missing.namespace),
  ]) {
    const near = closest(
      missing.name,
      within.map(({ name }) => name),
    );
    if (near !== undefined) return within.filter(({ name }) => name === near);
  }
  return [];
};

/** A namespace with a slip, where nothing is in the one that was written. */
const otherNamespaces = (
  model: ClusterModel,
  missing: Missing,
  known: readonly Known[],
): readonly Known[] => {
  if (model.namespaceNames().has(missing.namespace)) return [];
  const near = closest(
    missing.namespace,
    [...model.namespaceNames()].sort().slice(0, nearNamesComparedMax),
  );
  if (near === undefined) return [];
  const within = known.filter(({ namespace }) => namespace === near);
  const name = closest(
    missing.name,
    within.map((each) => each.name),
  );
  return name === undefined ? [] : within.filter((each) => each.name === name);
};

const nearNodes = (model: ClusterModel, name: string): readonly string[] => {
  const names = new Set([...model.nodes].map((node) => node.name));
  for (const pod of model.pods) if (pod.nodeName !== undefined) names.add(pod.nodeName);
  const near = closest(name, [...names].sort().slice(0, nearNamesComparedMax));
  if (near !== undefined) return [`node/${near}`];
  return [...names]
    .sort()
    .slice(0, nearMissesMax)
    .map((each) => `node/${each}`);
};
