import { groupBy } from "../../../common/group-by.js";
import type { FindingView } from "../answers.js";
import type { ClusterObject } from "../model/objects.js";
import type { PolicyWorld } from "../policy-world.js";
import type { Finding } from "./finding.js";
import { objectText } from "./finding-text.js";
import {
  isSuppressedBy,
  type Suppression,
  type SuppressionFile,
  suppressionAnnotation,
  suppressionFindings,
  suppressionsOf,
} from "./suppressions.js";

/** All suppressions that a model and a file hold, and which of them were of use. */
export class SuppressionShelf {
  readonly #byRule: ReadonlyMap<string, readonly Suppression[]>;
  readonly #all: readonly Suppression[];
  readonly #faults: SuppressionFile["faults"];
  readonly #used = new Set<Suppression>();

  constructor(world: PolicyWorld, file: SuppressionFile | undefined) {
    const annotated: Suppression[] = [];
    for (const object of annotatable(world)) {
      if (!Object.hasOwn(object.annotations, suppressionAnnotation)) continue;
      const place = world.locate(object.origin, ["metadata", "annotations", suppressionAnnotation]);
      annotated.push(...suppressionsOf(object, objectText(object), place));
    }
    this.#all = [...annotated, ...(file?.suppressions ?? [])];
    this.#faults = file?.faults ?? [];
    this.#byRule = groupBy(this.#all, ({ rule }) => rule.toUpperCase());
  }

  /** The finding, suppressed where someone wished so. */
  applyTo(view: FindingView): FindingView {
    const suppression = this.#byRule.get(view.rule)?.find((each) => isSuppressedBy(view, each));
    if (suppression === undefined) return view;
    this.#used.add(suppression);
    const { from, location, reason } = suppression;
    const place = location.file === "" ? from : `${from}, ${location.file}:${location.line}`;
    return { ...view, suppressed: `${reason} (${place})` };
  }

  /** What is wrong with suppressions themselves. */
  faults(ruleIds: readonly string[]): readonly Finding[] {
    return suppressionFindings({ suppressions: this.#all, faults: this.#faults, ruleIds });
  }

  /** Suppressions of the rules that were run which suppressed nothing. */
  unused(ruleIds: ReadonlySet<string>): readonly Finding[] {
    return this.#all
      .filter(({ rule, reason }) => reason !== "" && ruleIds.has(rule.toUpperCase()))
      .filter((each) => !this.#used.has(each))
      .map(({ rule, object = "", location }) => ({
        message: `The suppression of ${rule} suppresses nothing.`,
        fix: "Remove it: what it was for is gone.",
        subject: object,
        location,
      }));
  }
}

const annotatable = function* ({ model }: PolicyWorld): Iterable<ClusterObject> {
  for (const name of model.namespaceNames()) yield model.namespace(name);
  yield* model.networkPolicies;
  yield* model.tieredPolicies;
  yield* model.unmodelledPolicies;
  yield* model.services;
  yield* model.workloads();
  for (const pod of model.pods) if (!pod.expanded) yield pod;
};
