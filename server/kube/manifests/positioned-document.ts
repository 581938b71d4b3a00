import { createRequire } from "node:module";
import type { Node } from "yaml";
import type { FieldPath } from "../objects/faults.js";

type Yaml = typeof import("yaml");

let yaml: Yaml | undefined;

// Loaded when a position is first asked for: most runs ask for none, and loading takes as long as parsing 400 KB.
const loadYaml = (): Yaml => {
  yaml ??= createRequire(import.meta.url)("yaml") as Yaml;
  return yaml;
};

/** A document parsed with positions. */
export class PositionedDocument {
  readonly #root: Node | null;

  /** Never throws: of a text that can't be parsed nothing is known. */
  constructor(text: string) {
    this.#root = rootOf(text);
  }

  /** Offset of a part; of one that is not there, that of the nearest part around it. Undefined when nothing is known. */
  offsetOf(path: FieldPath): number | undefined {
    let node: Node | null = this.#root;
    let offset = node?.range?.[0];
    for (const part of path) {
      const step = stepInto(node, part);
      if (step === undefined) return offset;
      offset = step.offset ?? offset;
      node = step.node;
    }
    return offset;
  }
}

const rootOf = (text: string): Node | null => {
  try {
    // Keys are compared as they are written: no schema is needed.
    return loadYaml().parseDocument(text, {
      schema: "failsafe",
      strict: false,
      uniqueKeys: false,
      logLevel: "silent",
      prettyErrors: false,
    }).contents;
  } catch {
    return null;
  }
};

type Step = { readonly node: Node | null; readonly offset: number | undefined };

const stepInto = (node: Node | null, part: string | number): Step | undefined => {
  const { isAlias, isMap, isScalar, isSeq } = loadYaml();
  // What stands behind an alias is written elsewhere: the alias is the place.
  if (node === null || isAlias(node)) return undefined;
  if (isSeq(node)) {
    const item = typeof part === "number" ? (node.items[part] as Node | null) : undefined;
    return item === undefined ? undefined : { node: item, offset: item?.range?.[0] };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
  if (pair === undefined) return undefined;
  return {
    node: (pair.value ?? null) as Node | null,
    offset: isScalar(pair.key) ? pair.key.range?.[0] : undefined,
  };
};
