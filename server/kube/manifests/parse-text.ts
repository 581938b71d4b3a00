import { type LoadOptions, load, YAMLException } from "js-yaml";
import {
  aliasExpansionMax,
  documentValuesMax,
  jsonFallbackCharsMax,
  jsonKeysCharsMax,
  manifestDepthMax,
  mergedKeysMax,
  yamlDocumentCharsMax,
} from "../limits.js";
import { expandedSizeOf } from "./expanded-size.js";
import { jsonShapeOf } from "./json-scan.js";
import { kubectlSchema } from "./kubectl-schema.js";
import { LineIndex } from "./line-index.js";
import { contentStart } from "./split-documents.js";

/** A parsed document, or what is wrong with its text. */
export type ParsedText =
  | { readonly kind: "value"; readonly value: unknown }
  | {
      readonly kind: "fault";
      readonly code: "unreadable" | "too-large";
      readonly message: string;
      /** 0-based, in the text. */
      readonly line: number;
      readonly column: number;
    };

/** What all texts of one load may use up together. */
export type ParseBudget = {
  /** Values that aliases may still stand for. */
  aliasedValues: number;
};

/** The budget of a load. */
export const parseBudget = (): ParseBudget => ({ aliasedValues: aliasExpansionMax });

/** js-yaml has more options than its types tell. */
const options: LoadOptions & { readonly maxDepth: number; readonly maxTotalMergeKeys: number } = {
  schema: kubectlSchema,
  maxDepth: manifestDepthMax,
  maxTotalMergeKeys: mergedKeysMax,
};

/** Parses one document: JSON where it is JSON, else YAML as kubectl reads it. Repeated keys of YAML are an error. */
export const parseText = (text: string, budget: ParseBudget): ParsedText => {
  if (text.length > valuesCountedFrom && countValues(text) > documentValuesMax) {
    return fault("too-large", `has more than ${documentValuesMax} values: split it`);
  }
  const start = contentStart(text, 0, text.length);
  const first = text.charAt(start);
  return first === "{" || first === "[" ? parseJson(text, start, budget) : parseYaml(text, budget);
};

/** What is not JSON after all is read as YAML, as kubectl does. */
const parseJson = (text: string, start: number, budget: ParseBudget): ParsedText => {
  const json = start === 0 ? text : text.slice(start);
  const keys = json.length <= jsonKeysCharsMax;
  const { depth, repeatedKey } = jsonShapeOf(json, { keys, depthMax: manifestDepthMax });
  if (depth > manifestDepthMax) {
    return fault("too-large", `is nested more than ${manifestDepthMax} levels deep`);
  }
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    return text.length > jsonFallbackCharsMax
      ? fault("unreadable", `is not JSON: ${messageOf(error)}`)
      : parseYaml(text, budget);
  }
  if (repeatedKey === undefined) return { kind: "value", value };
  const { line, column } = new LineIndex(text).place(start + repeatedKey);
  return {
    kind: "fault",
    code: "unreadable",
    message: "has the same key twice in one map",
    line: line - 1,
    column: column - 1,
  };
};

/** Shorter texts can't have too many values to hold. */
const valuesCountedFrom = 1024 * 1024;

/** Values of a text at most: what stands between line ends, commas and opening brackets. */
const countValues = (text: string): number => {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 10 || code === 44 || code === 91 || code === 123) count++;
  }
  return count;
};

const parseYaml = (text: string, budget: ParseBudget): ParsedText => {
  if (text.length > yamlDocumentCharsMax) {
    return fault(
      "too-large",
      `is one YAML document of more than ${yamlDocumentCharsMax} characters: split it, or write JSON`,
    );
  }
  const zero = text.indexOf("\0");
  if (zero >= 0) return fault("unreadable", `has a null character at offset ${zero}`);
  try {
    const value = load(text, options);
    const hasAliases = text.includes("*") && text.includes("&");
    return hasAliases ? checkAliases(value, budget) : { kind: "value", value };
  } catch (error) {
    return faultOf(error, text);
  }
};

const checkAliases = (value: unknown, budget: ParseBudget): ParsedText => {
  const valuesMax = budget.aliasedValues;
  const size = expandedSizeOf(value, { valuesMax, depthMax: manifestDepthMax });
  switch (size.kind) {
    case "fits":
      budget.aliasedValues -= size.values;
      return { kind: "value", value };
    case "cyclic":
      return fault("unreadable", "has an alias inside the value that it stands for");
    case "deep":
      return fault("too-large", `is nested more than ${manifestDepthMax} levels deep by aliases`);
    case "large":
      return fault(
        "too-large",
        `brings the values that aliases stand for to more than ${aliasExpansionMax}`,
      );
  }
};

const faultOf = (error: unknown, text: string): ParsedText => {
  if (!(error instanceof YAMLException)) {
    return fault("unreadable", `is not YAML: ${messageOf(error)}`);
  }
  // What is missing at the end is told at the end of what is there.
  const offset = Math.min(error.mark?.position ?? 0, text.trimEnd().length);
  const { line, column } = new LineIndex(text).place(offset);
  const bound = boundOf(error.reason);
  return {
    kind: "fault",
    code: bound === undefined ? "unreadable" : "too-large",
    message: bound ?? `is not YAML: ${error.reason}`,
    line: line - 1,
    column: column - 1,
  };
};

// js-yaml names the option of its own in the reason; that is no word of ours.
const boundOf = (reason: string): string | undefined => {
  if (reason.includes("maxDepth")) return `is nested more than ${manifestDepthMax} levels deep`;
  if (reason.includes("maxTotalMergeKeys")) {
    return `merges more than ${mergedKeysMax} keys with "<<"`;
  }
  return undefined;
};

const fault = (code: "unreadable" | "too-large", message: string): ParsedText => ({
  kind: "fault",
  code,
  message,
  line: 0,
  column: 0,
});

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 200);
