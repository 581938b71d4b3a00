import { everything, type LabelSelector, type Requirement } from "../model/label-selector.js";

/** Pods that may come to be: any that a pair of selectors of some rule would select. */
export type HypotheticalPeer = {
  readonly namespaces: LabelSelector;
  readonly pods: LabelSelector;
};

/** The peer that stands for every pod of the cluster. */
export const entireCluster: HypotheticalPeer = { namespaces: everything, pods: everything };

/** Whether a requirement says no more than a label does. */
export const isLabel = ({ operator, values }: Requirement): boolean =>
  operator === "In" && values.length === 1;

/** Whether a selector is of labels alone, one or more, and was written so. */
export const hasLabelsOnly = ({ requirements, expressed = [] }: LabelSelector): boolean =>
  requirements.length > 0 && requirements.every(isLabel) && expressed.length === 0;
