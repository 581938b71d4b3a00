import { isSeq, type Node } from "yaml";
import {
  allConnections,
  type ConnectionSet,
  connectionsOf,
  noConnections,
  unionConnections,
} from "../sets/connections.js";
import { portRange } from "../sets/port-set.js";
import type { CheckRule, RulePort, RulesFile } from "./check-rule.js";
import { rulePortsMax, rulesCharsMax, rulesMax } from "./limits.js";
import { parseRuleEnd } from "./parse-rule-end.js";
import { parseRulePort } from "./parse-rule-port.js";
import { RuleFaults } from "./rule-faults.js";
import { type Entry, YamlReader } from "./yaml-reader.js";

const kinds = ["permit", "forbid"] as const;
const ruleKeys = ["from", "to", "ports"];

/**
 * Parses a rules file: YAML with lists `permit` and `forbid` of {from, to, ports}. Throws QuestionError `invalid` that names
 * every fault with its line.
 */
export const parseRules = (text: string, file: string): RulesFile => {
  const faults = new RuleFaults(file);
  if (text.length > rulesCharsMax) {
    faults.add(1, `the file has ${text.length} characters; ${rulesCharsMax} are allowed`);
    faults.throwIfAny();
  }
  const reader = new YamlReader(text, faults);
  faults.throwIfAny();
  const rules = readRules({ reader, faults });
  if (rules.length > rulesMax) {
    faults.add(1, `the file has ${rules.length} rules; ${rulesMax} are allowed`);
  }
  faults.throwIfAny();
  return { file, rules };
};

type Reading = { readonly reader: YamlReader; readonly faults: RuleFaults };

const readRules = (reading: Reading): readonly CheckRule[] => {
  const { reader, faults } = reading;
  const lists = new Map<string, readonly Node[]>();
  for (const { key, value, line } of reader.entries(reader.root, "the file")) {
    if (!(kinds as readonly string[]).includes(key)) faults.addUnknown(line, "key", key, kinds);
    else if (value !== undefined) lists.set(key, reader.items(value, key));
  }
  const rules = kinds.flatMap((kind) =>
    (lists.get(kind) ?? []).flatMap(
      (item, index) => readRule(item, kind, index + 1, reading) ?? [],
    ),
  );
  if ([...lists.values()].every((list) => list.length === 0)) {
    faults.add(1, "the file has no rule: write permit or forbid lists");
  }
  return rules;
};

const readRule = (
  item: Node,
  kind: CheckRule["kind"],
  number: number,
  reading: Reading,
): CheckRule | undefined => {
  const { reader, faults } = reading;
  const line = reader.lineOf(item);
  const entries = new Map<string, Entry>();
  for (const entry of reader.entries(item, `a rule of ${kind}`)) {
    if (ruleKeys.includes(entry.key)) entries.set(entry.key, entry);
    else faults.addUnknown(entry.line, "key of a rule", entry.key, ruleKeys);
  }
  const [from, to] = (["from", "to"] as const).map((side) => {
    const entry = entries.get(side);
    if (entry?.value !== undefined) return parseRuleEnd(entry.value, side, reading);
    faults.add(entry?.line ?? line, `${side} is missing`);
    return undefined;
  });
  const ports = readPorts(entries.get("ports"), reading);
  if (from === undefined || to === undefined) return undefined;
  return { kind, number, from, to, ports, connections: connectionsOfPorts(ports), line };
};

const readPorts = (entry: Entry | undefined, { reader, faults }: Reading): readonly RulePort[] => {
  if (entry === undefined) return [];
  const items = reader.items(entry.value, "ports");
  if (isSeq(entry.value) && items.length === 0) {
    faults.add(entry.line, "ports is empty: leave it out to mean every port");
  }
  if (items.length > rulePortsMax) {
    faults.add(entry.line, `ports has ${items.length} entries; ${rulePortsMax} are allowed`);
  }
  return items.slice(0, rulePortsMax).flatMap((item) => {
    const port = parseRulePort(reader.text(item, "a port"));
    if (typeof port !== "string") return [port];
    faults.add(reader.lineOf(item), port);
    return [];
  });
};

const connectionsOfPorts = (ports: readonly RulePort[]): ConnectionSet =>
  ports.length === 0
    ? allConnections
    : ports.reduce(
        (set, { protocol, first, last }) =>
          unionConnections(set, connectionsOf(protocol, portRange(first, last))),
        noConnections,
      );
