import { labelSelectorOf } from "../../analyzer/model/label-selector.js";
import type { ObjectMeta, UnmodelledPolicyObject } from "../../analyzer/model/objects.js";
import type { Field } from "./field.js";
import { given } from "./given.js";
import { selectorOf } from "./selector.js";
import { type Condition, type Cover, coverOf, type ScopedRequirement } from "./selector-cover.js";

/** A direction that a policy has a say in. */
export type PolicyDirection = "ingress" | "egress";

/** What is known of a policy that is not evaluated. */
export type UnmodelledParts = {
  /** Which pods it selects; undefined where that can't be read. */
  readonly condition: Condition | undefined;
  readonly directions: readonly PolicyDirection[];
};

/** Reads a policy that is not evaluated; nothing when it can't select a pod, or has no direction. */
export type UnmodelledReader = (
  object: Field,
  meta: ObjectMeta,
  type: { readonly apiVersion: string; readonly kind: string },
) => readonly UnmodelledPolicyObject[];

/** Makes a reader of what is known of the policies of a kind. */
export const unmodelled =
  (read: (object: Field, meta: ObjectMeta) => UnmodelledParts): UnmodelledReader =>
  (object, meta, { apiVersion, kind: policyKind }) => {
    const { condition, directions } = read(object, meta);
    const cover = condition === undefined ? [] : coverOf(condition);
    if (cover === "nothing" || directions.length === 0) return [];
    return [
      {
        kind: "UnmodelledPolicy",
        ...meta,
        apiVersion,
        policyKind,
        ...given("podSelector", selectorOfScope(cover, "pod")),
        ...given("namespaceSelector", selectorOfScope(cover, "namespace")),
        selectorUnderstood: condition !== undefined,
        directions,
      },
    ];
  };

const selectorOfScope = (
  cover: Exclude<Cover, "nothing">,
  scope: ScopedRequirement["scope"],
): UnmodelledPolicyObject["podSelector"] => {
  const requirements = cover
    .filter((requirement) => requirement.scope === scope)
    .map(({ key, operator, values }) => ({ key, operator, values }));
  return requirements.length === 0 ? undefined : labelSelectorOf(requirements);
};

/** The condition that a meta/v1 label selector on pods or on namespaces stands for. */
export const conditionOfSelector = (
  field: Field,
  scope: ScopedRequirement["scope"],
): Condition => ({
  kind: "and",
  parts: selectorOf(field).requirements.map((requirement) => ({
    kind: "requirement",
    requirement: { ...requirement, scope },
  })),
});

/** The directions whose lists have entries. */
export const directionsWithRules = (
  spec: Field,
  keys: Readonly<Record<PolicyDirection, readonly string[]>>,
): readonly PolicyDirection[] =>
  (["ingress", "egress"] as const).filter((direction) =>
    keys[direction].some((key) => spec.field(key).items().length > 0),
  );
