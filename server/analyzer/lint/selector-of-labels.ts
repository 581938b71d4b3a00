import { type LabelSelector, type Labels, labelSelectorOf } from "../model/label-selector.js";

/** The selector of objects that have all of some labels, as a Service's selector is meant. */
export const selectorOfLabels = (labels: Labels): LabelSelector =>
  labelSelectorOf(
    Object.entries(labels).map(([key, value]) => ({ key, operator: "In", values: [value] })),
  );
