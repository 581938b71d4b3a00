import { groupBy } from "../../../common/group-by.js";
import { memo } from "../../../common/memo.js";
import type { ClusterModel } from "../model/cluster-model.js";
import {
  type LabelSelector,
  type Labels,
  type Requirement,
  selects,
} from "../model/label-selector.js";
import type { PodObject } from "../model/objects.js";
import { compareTexts } from "./compare-texts.js";

/** Pods of one namespace with equal labels: no selector tells them apart. */
export type PodGroup = {
  readonly namespace: string;
  readonly labels: Labels;
  /** One or more, in order of names. */
  readonly pods: readonly PodObject[];
};

/**
 * Pods grouped by namespace and labels, to be found by selector. A selector that asks for a value looks only at groups that
 * have it, so that thousands of selectors do not each look at thousands of pods.
 */
export class PodIndex {
  readonly #model: ClusterModel;
  readonly #groups: readonly PodGroup[];
  readonly #byNamespace: ReadonlyMap<string, readonly PodGroup[]>;
  readonly #byLabel = new Map<string, PodGroup[]>();

  constructor(model: ClusterModel, pods: Iterable<PodObject>) {
    this.#model = model;
    this.#groups = groupsOf(pods);
    this.#byNamespace = groupBy(this.#groups, ({ namespace }) => namespace);
    for (const group of this.#groups) {
      for (const [key, value] of Object.entries(group.labels)) {
        memo(this.#byLabel, labelText(key, value), () => []).push(group);
      }
    }
  }

  /** Every group, by namespace and labels. */
  get groups(): readonly PodGroup[] {
    return this.#groups;
  }

  /** The groups of a namespace. */
  groupsIn(namespace: string): readonly PodGroup[] {
    return this.#byNamespace.get(namespace) ?? [];
  }

  /** The groups that a selector selects in a namespace. */
  inNamespace(namespace: string, selector: LabelSelector): readonly PodGroup[] {
    const own = this.groupsIn(namespace);
    const candidates = this.#candidates(selector);
    return candidates.length < own.length
      ? candidates.filter(
          (group) => group.namespace === namespace && selects(selector, group.labels),
        )
      : own.filter(({ labels }) => selects(selector, labels));
  }

  /** The groups that a selector selects in the namespaces that another one selects. */
  inNamespaces(namespaces: LabelSelector, selector: LabelSelector): readonly PodGroup[] {
    const chosen = new Map<string, boolean>();
    const isChosen = (namespace: string): boolean => {
      const known = chosen.get(namespace) ?? selects(namespaces, this.#labelsOf(namespace));
      chosen.set(namespace, known);
      return known;
    };
    return this.#candidates(selector).filter(
      ({ namespace, labels }) => selects(selector, labels) && isChosen(namespace),
    );
  }

  #labelsOf(namespace: string): Labels {
    return this.#model.namespace(namespace).labels;
  }

  /** The fewest groups that surely hold all that a selector selects. */
  #candidates(selector: LabelSelector): readonly PodGroup[] {
    let fewest = this.#groups;
    for (const requirement of selector.requirements) {
      const groups = this.#withValue(requirement);
      if (groups !== undefined && groups.length < fewest.length) fewest = groups;
    }
    return fewest;
  }

  #withValue({ key, operator, values }: Requirement): readonly PodGroup[] | undefined {
    const [value] = values;
    if (operator !== "In" || value === undefined || values.length > 1) return undefined;
    return this.#byLabel.get(labelText(key, value)) ?? [];
  }
}

const groupsOf = (pods: Iterable<PodObject>): readonly PodGroup[] => {
  return [...groupBy(pods, (pod) => `${pod.namespace} ${labelsText(pod.labels)}`)]
    .sort(([one], [other]) => compareTexts(one, other))
    .map(([, members]) => {
      const sorted = members.sort((one, other) => compareTexts(one.name, other.name));
      const { namespace, labels } = sorted[0] as PodObject;
      return { namespace, labels, pods: sorted };
    });
};

const labelText = (key: string, value: string): string => `${key}=${value}`;

const labelsText = (labels: Labels): string =>
  Object.entries(labels)
    .map(([key, value]) => labelText(key, value))
    .sort()
    .join(",");
