import type { ServiceObject } from "../../model/objects.js";
import type { SelectorGuess } from "../situation/selector-guess.js";
import { listSlices, patchService } from "./service-commands.js";
import type { ServiceFault } from "./service-faults.js";

/** "app=web,tier=back": the selector of a Service. */
export const selectorText = ({ selector = {} }: ServiceObject): string =>
  Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(",");

/** A selector that selects nothing, with the labels that it probably means. */
export const selectorFault = (
  service: ServiceObject,
  { unmet, labels }: SelectorGuess,
  hits: ServiceFault["hits"],
): ServiceFault => {
  const before = service.selector ?? {};
  const has = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(",");
  const dropped = unmet
    .map((text) => text.split("=")[0] ?? "")
    .filter((key) => !Object.hasOwn(labels, key));
  const after = { ...Object.fromEntries(dropped.map((key) => [key, null])), ...labels };
  return {
    code: "SERVICE_SELECTOR_MISMATCH",
    effect: "blocks",
    hits,
    issue: `Service ${service.namespace}/${service.name} selects no pod: its selector wants ${unmet.join(",")}, the pods it is probably for have ${has}`,
    solution: `Make the Service's selector match its pods (${has})`,
    why: "A Service sends connections to the pods that carry every label of its selector; one wrong label leaves it without endpoints.",
    steps: [patchService(service, { spec: { selector: after } }), listSlices(service)],
    data: { selector: selectorText(service), unmet: unmet.join(","), pods_have: has },
    risk: "low",
    rollback: patchService(service, { spec: { selector: undo(before, after) } }),
    prevention:
      "Generate selectors and pod labels from one source, and check manifests before they are applied.",
  };
};

const undo = (
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string | null>>,
): Readonly<Record<string, string | null>> =>
  Object.fromEntries(
    Object.keys(after).map((key) => [
      key,
      Object.hasOwn(before, key) ? (before[key] ?? null) : null,
    ]),
  );
