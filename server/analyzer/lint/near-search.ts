import type { LabelSelector, Labels } from "../model/label-selector.js";
import { type NearLabels, nearestLabels } from "../near-labels.js";
import type { LintBounds } from "./lint-bounds.js";

/**
 * Looks for labels that come near to selectors without matches, each selector once. At most `nearLabelSetsMax` sets of
 * labels are compared with one, and at most `nearSearchesMax` selectors have theirs looked for.
 */
export class NearSearch {
  readonly #bounds: LintBounds;
  readonly #known = new Map<string, NearLabels | undefined>();

  constructor(bounds: LintBounds) {
    this.#bounds = bounds;
  }

  /** The labels nearest to a selector; `place` tells searches of one selector in different places apart. */
  find(
    selector: LabelSelector,
    place: string,
    labelSets: () => readonly Labels[],
  ): NearLabels | undefined {
    const key = `${place} ${selector.key}`;
    if (this.#known.has(key)) return this.#known.get(key);
    const { nearSearchesMax, nearLabelSetsMax } = this.#bounds;
    if (this.#known.size >= nearSearchesMax) return undefined;
    const near = nearestLabels(selector, labelSets().slice(0, nearLabelSetsMax));
    this.#known.set(key, near);
    return near;
  }
}
