import type { Labels } from "../model/label-selector.js";
import type { ContainerPort, NodeObject, PodObject } from "../model/objects.js";
import type { AddressAtoms } from "./address-atoms.js";
import type { PolicyEnd } from "./policy-end.js";

/** Terms of policies that have come up: pods of one class may differ in them. */
export type Refinement = {
  readonly podKeys: ReadonlySet<string>;
  readonly nodeKeys: ReadonlySet<string>;
  readonly portNames: ReadonlySet<string>;
  /** The new cuts; undefined when there are none, or when no block matches pods. */
  readonly cuts: AddressAtoms | undefined;
};

type Refined = { readonly pod: PodObject; readonly end: PolicyEnd };

/** Members of a class, apart where they differ in the new terms; undefined where none does. */
export const partsOf = <T extends Refined>(
  members: ReadonlySet<T>,
  refinement: Refinement,
): readonly (readonly T[])[] | undefined => {
  if (areAllSame(members, refinement)) return undefined;
  const parts = new Map<string, T[]>();
  for (const member of members) {
    const key = keyOf(member, refinement);
    const part = parts.get(key);
    if (part === undefined) parts.set(key, [member]);
    else part.push(member);
  }
  return [...parts.values()];
};

const areAllSame = (members: ReadonlySet<Refined>, refinement: Refinement): boolean => {
  let first: Refined | undefined;
  for (const member of members) {
    first ??= member;
    if (!isSame(first, member, refinement)) return false;
  }
  return true;
};

const keyOf = ({ pod, end }: Refined, terms: Refinement): string => {
  const isPod = end.kind === "pod";
  const labels = isPod ? pod.labels : labelsOf({ end });
  return JSON.stringify([
    [...(isPod ? terms.podKeys : terms.nodeKeys)].map((key) =>
      Object.hasOwn(labels, key) ? labels[key] : null,
    ),
    isPod ? portsText(pod.ports, terms.portNames) : "",
    terms.cuts?.keyOf(end.addresses) ?? "",
  ]);
};

const isSame = (
  one: Refined,
  other: Refined,
  { podKeys, nodeKeys, portNames, cuts }: Refinement,
): boolean => {
  if (cuts?.areApart(one.end.addresses, other.end.addresses)) return false;
  if (one.end.kind !== "pod") return areLabelsSame(labelsOf(one), labelsOf(other), nodeKeys);
  return (
    areLabelsSame(one.pod.labels, other.pod.labels, podKeys) &&
    arePortsSame(one.pod.ports, other.pod.ports, portNames)
  );
};

const labelsOf = ({ end: { node } }: { readonly end: { readonly node?: NodeObject } }): Labels =>
  node?.labels ?? noLabels;

const noLabels: Labels = {};

const areLabelsSame = (one: Labels, other: Labels, keys: ReadonlySet<string>): boolean => {
  for (const key of keys) {
    const has = Object.hasOwn(one, key);
    if (has !== Object.hasOwn(other, key) || (has && one[key] !== other[key])) return false;
  }
  return true;
};

const arePortsSame = (
  one: readonly ContainerPort[],
  other: readonly ContainerPort[],
  names: ReadonlySet<string>,
): boolean => {
  if (names.size === 0 || one === other) return true;
  return portsText(one, names) === portsText(other, names);
};

const portsText = (ports: readonly ContainerPort[], names: ReadonlySet<string>): string =>
  ports
    .filter(({ name }) => name !== undefined && names.has(name))
    .map(({ name, protocol, port }) => `${name}/${protocol}/${port}`)
    .sort()
    .join();
