import { namespaceNameLabel } from "../model/cluster-model.js";
import { type LabelSelector, type Requirement, requirementText } from "../model/label-selector.js";
import { type HypotheticalPeer, hasLabelsOnly, isLabel } from "./hypothetical-peer.js";

/**
 * The peer as np-guard writes it: "backend/[all pods]", "[namespace with {env=x}]/[pod with {app=y}]", match expressions
 * as "{Key:app,Operator:NotIn,Values:[x y],}".
 */
export const hypotheticalText = ({ namespaces, pods }: HypotheticalPeer): string =>
  `${namespacesText(namespaces)}/${pods.key === "" ? "[all pods]" : `[pod with {${labelsText(pods)}}]`}`;

const namespacesText = (selector: LabelSelector): string => {
  if (selector.key === "") return "[all namespaces]";
  const [only, second] = selector.requirements;
  const isName = hasLabelsOnly(selector) && second === undefined;
  if (isName && only?.key === namespaceNameLabel) return only.values[0] ?? "";
  return `[namespace with {${labelsText(selector)}}]`;
};

const labelsText = ({ requirements, expressed = [] }: LabelSelector): string => {
  const isWritten = (requirement: Requirement): boolean =>
    isLabel(requirement) && !expressed.includes(requirementText(requirement));
  const labels = requirements.filter(isWritten).map(requirementText);
  const expressions = requirements
    .filter((requirement) => !isWritten(requirement))
    .map(
      ({ key, operator, values }) =>
        `{Key:${key},Operator:${operator},Values:[${values.join(" ")}],}`,
    )
    .sort();
  return [...labels, ...expressions].join(",");
};
