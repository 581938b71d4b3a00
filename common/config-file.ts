import { createRequire } from "node:module";
import type { Node } from "yaml";

/** A key of the file: its value as the text that a flag would have, and its line. */
export type FileEntry = { readonly text: string; readonly line: number };

/** What a configuration file holds, and what is wrong with it. */
export type ConfigFile = {
  readonly entries: ReadonlyMap<string, FileEntry>;
  readonly problems: readonly { readonly line: number; readonly text: string }[];
};

// Loaded when there is a file, which is rare, and at once, because configuring is synchronous: an agent saves 5 MB.
const loadYaml = (): typeof import("yaml") => createRequire(import.meta.url)("yaml");

const shapeText = "must be a map of settings, such as `http-port: 8080`";

/**
 * Reads a configuration file: a YAML map whose keys are flags without their dashes and whose values are scalars or lists
 * of scalars. Aliases, nested maps, empty values and repeated keys are problems.
 */
export const readConfigFile = (text: string): ConfigFile => {
  const { isMap, isScalar, LineCounter, parseDocument } = loadYaml();
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number): number => Math.max(lines.linePos(offset).line, 1);
  const problems = document.errors.map((error) => ({
    line: lineAt(error.pos[0]),
    text: error.message,
  }));
  const entries = new Map<string, FileEntry>();
  const contents = document.contents;
  if (problems.length > 0 || contents === null) return { entries, problems };
  if (!isMap(contents)) return { entries, problems: [{ line: 1, text: shapeText }] };
  for (const pair of contents.items) {
    const key = pair.key as Node | null;
    const line = lineAt(key?.range?.[0] ?? 0);
    const value = textOfNode(pair.value as Node | null);
    if (!isScalar(key)) problems.push({ line, text: shapeText });
    else if (value === undefined) {
      problems.push({ line, text: `${String(key.value)} ${valueText}` });
    } else entries.set(String(key.value), { text: value, line });
  }
  return { entries, problems };
};

const valueText = "must have a text, number, true, false or a list of them as its value";

const textOfNode = (node: Node | null): string | undefined => {
  const { isScalar, isSeq } = loadYaml();
  if (isSeq(node)) {
    const items = node.items.map((item) => textOfNode(item as Node));
    return items.some((item) => item === undefined || item.includes(","))
      ? undefined
      : items.join(",");
  }
  if (!isScalar(node) || node.value === null) return undefined;
  return typeof node.value === "string" ? node.value : (node.source ?? String(node.value));
};
