import { namespaceNameLabel } from "../../server/analyzer/model/cluster-model.js";
import {
  labelSelectorOf,
  type Requirement,
  type SelectorOperator,
  selectorOperators,
} from "../../server/analyzer/model/label-selector.js";
import { type IpRange, parseIp } from "../../server/analyzer/sets/ip.js";

/** A peer of an expected file. */
export type StatedPeer =
  | { readonly kind: "workload"; readonly name: string }
  | { readonly kind: "range"; readonly range: IpRange }
  | { readonly kind: "cluster" }
  | { readonly kind: "ingress-controller" }
  /** Pods that no object of the model stands for, by the keys of their selectors ("" selects everything). */
  | { readonly kind: "hypothetical"; readonly namespaces: string; readonly pods: string };

/** Parses a peer: "ns/name[Kind]", "a-b[External]" (older releases: "a-b"), "entire-cluster", "{ingress-controller}", "ns/[pod with {app=x}]". */
export const parsePeer = (text: string): StatedPeer => {
  if (text === "entire-cluster") return { kind: "cluster" };
  if (text === "{ingress-controller}") return { kind: "ingress-controller" };
  const range = /^([0-9a-f.:]+)-([0-9a-f.:]+)(?:\[External\])?$/.exec(text);
  if (range !== null) return { kind: "range", range: rangeOf(range[1] ?? "", range[2] ?? "") };
  const pods = /\/\[(all pods|pod with \{.*\})\]$/.exec(text);
  if (pods === null) return { kind: "workload", name: text };
  return {
    kind: "hypothetical",
    namespaces: namespacesKey(text.slice(0, pods.index)),
    pods: selectorKey(pods[1] ?? "", "pod with "),
  };
};

const rangeOf = (from: string, to: string): IpRange => {
  const [first, last] = [parseIp(from), parseIp(to)];
  if (first === undefined || last === undefined) throw new Error(`not a range: ${from}-${to}`);
  return { family: first.family, first: first.value, last: last.value };
};

const namespacesKey = (text: string): string => {
  if (!text.startsWith("[")) return labelSelectorOf([equals(namespaceNameLabel, text)]).key;
  return selectorKey(text.slice(1, -1), "namespace with ");
};

const selectorKey = (text: string, prefix: string): string => {
  if (text === "all pods" || text === "all namespaces") return "";
  if (!text.startsWith(`${prefix}{`)) throw new Error(`not a selector: "${text}"`);
  const inner = text.slice(prefix.length + 1, -1);
  const expressions = [
    ...inner.matchAll(/\{Key:([^,]+),Operator:([A-Za-z]+),Values:\[([^\]]*)\],\}/g),
  ].map(([, key = "", operator = "", values = ""]): Requirement => {
    if (!isOperator(operator)) throw new Error(`not an operator: "${operator}"`);
    return { key, operator, values: values === "" ? [] : values.split(" ") };
  });
  const labels = inner
    .replace(/\{Key:[^}]*\}/g, "")
    .split(",")
    .filter((label) => label !== "")
    .map((label) => equals(label.split("=")[0] ?? "", label.split("=")[1] ?? ""));
  return labelSelectorOf([...expressions, ...labels]).key;
};

const equals = (key: string, value: string): Requirement => ({
  key,
  operator: "In",
  values: [value],
});

const isOperator = (word: string): word is SelectorOperator =>
  (selectorOperators as readonly string[]).includes(word);
