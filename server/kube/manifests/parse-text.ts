import { type LoadOptions, load, YAMLException } from "js-yaml";
import { aliasExpansionMax, jsonFallbackCharsMax, manifestDepthMax } from "../limits.js";
import { expandedSizeOf } from "./expanded-size.js";
import { kubectlSchema } from "./kubectl-schema.js";

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

/** js-yaml has more options than its types tell. */
const options: LoadOptions & { readonly maxDepth: number; readonly maxTotalMergeKeys: number } = {
  schema: kubectlSchema,
  maxDepth: manifestDepthMax,
  maxTotalMergeKeys: aliasExpansionMax,
};

/** Parses one document: JSON where it is JSON, else YAML as kubectl reads it. Repeated keys are an error. */
export const parseText = (text: string): ParsedText => {
  const first = /^[\s\ufeff]*[[{]/.test(text);
  if (first) {
    try {
      return { kind: "value", value: JSON.parse(text.replace(/^\ufeff/, "")) };
    } catch (error) {
      if (text.length > jsonFallbackCharsMax) {
        return fault("unreadable", `is not JSON: ${messageOf(error)}`);
      }
    }
  }
  return parseYaml(text);
};

const parseYaml = (text: string): ParsedText => {
  let value: unknown;
  try {
    value = load(text, options);
  } catch (error) {
    return faultOf(error);
  }
  if (!text.includes("&") || !text.includes("*")) return { kind: "value", value };
  const size = expandedSizeOf(value, { valuesMax: aliasExpansionMax, depthMax: manifestDepthMax });
  switch (size.kind) {
    case "fits":
      return { kind: "value", value };
    case "cyclic":
      return fault("unreadable", "has an alias inside the value that it stands for");
    case "deep":
      return fault(
        "too-large",
        `is nested more than ${manifestDepthMax} levels deep through aliases`,
      );
    case "large":
      return fault("too-large", `stands for more than ${aliasExpansionMax} values through aliases`);
  }
};

const faultOf = (error: unknown): ParsedText => {
  if (!(error instanceof YAMLException))
    return fault("unreadable", `is not YAML: ${messageOf(error)}`);
  const { line = 0, column = 0 } = error.mark ?? {};
  return {
    kind: "fault",
    code: /exceeded max/.test(error.reason) ? "too-large" : "unreadable",
    message: `is not YAML: ${error.reason}`,
    line,
    column,
  };
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
