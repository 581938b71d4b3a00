import { isMap, type Node } from "yaml";
import { type LabelSelector, labelSelectorOf, type Requirement } from "../model/label-selector.js";
import { QuestionError } from "../question-error.js";
import { parseName } from "../resolve/parse-name.js";
import type { RuleEnd } from "./check-rule.js";
import { ruleLabelsMax } from "./limits.js";
import type { RuleFaults } from "./rule-faults.js";
import type { YamlReader } from "./yaml-reader.js";

const selectorKeys = ["namespace", "pod"];

/** Parses one side of a rule: a name, or {namespace: {labels}, pod: {labels}}. Undefined, with faults, for anything else. */
export const parseRuleEnd = (
  node: Node,
  side: "from" | "to",
  { reader, faults }: { readonly reader: YamlReader; readonly faults: RuleFaults },
): RuleEnd | undefined => {
  if (!isMap(node)) return parseNamed(node, side, reader, faults);
  const selectors = new Map<string, LabelSelector>();
  for (const { key, value, line } of reader.entries(node, side)) {
    if (selectorKeys.includes(key)) {
      selectors.set(key, parseLabels(value, `${side}.${key}`, reader, faults));
    } else faults.addUnknown(line, `key of ${side}`, key, selectorKeys);
  }
  const namespaces = selectors.get("namespace") ?? labelSelectorOf([]);
  const pods = selectors.get("pod") ?? labelSelectorOf([]);
  return { kind: "pods", namespaces, pods, text: endText(namespaces, pods) };
};

const parseNamed = (
  node: Node,
  side: string,
  reader: YamlReader,
  faults: RuleFaults,
): RuleEnd | undefined => {
  const text = reader.text(node, side);
  if (text === "") return undefined;
  try {
    parseName(text);
  } catch (error) {
    if (!(error instanceof QuestionError)) throw error;
    faults.add(reader.lineOf(node), `${side}: ${error.message}`);
    return undefined;
  }
  return { kind: "name", text };
};

const parseLabels = (
  node: Node | undefined,
  what: string,
  reader: YamlReader,
  faults: RuleFaults,
): LabelSelector => {
  const entries = reader.entries(node, what);
  if (entries.length > ruleLabelsMax) {
    faults.add(
      reader.lineOf(node),
      `${what} has ${entries.length} labels; ${ruleLabelsMax} are allowed`,
    );
  }
  const requirements = entries.slice(0, ruleLabelsMax).map(
    ({ key, value }): Requirement => ({
      key,
      operator: "In",
      values: [reader.text(value, `${what}.${key}`)],
    }),
  );
  return labelSelectorOf(requirements);
};

const endText = (namespaces: LabelSelector, pods: LabelSelector): string => {
  const which = pods.key === "" ? "all pods" : `pods with ${pods.key}`;
  return namespaces.key === "" ? which : `${which} in namespaces with ${namespaces.key}`;
};
