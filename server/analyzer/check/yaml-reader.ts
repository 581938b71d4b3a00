import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from "yaml";
import type { RuleFaults } from "./rule-faults.js";

/** An entry of a map: its key as text, its value unless that is null, and the line of the key. */
export type Entry = {
  readonly key: string;
  readonly value: Node | undefined;
  readonly line: number;
};

/** Reads a YAML text by hand, with the line of everything; what is not as wanted becomes a fault. */
export class YamlReader {
  readonly #faults: RuleFaults;
  readonly #lines = new LineCounter();
  /** Undefined for an empty text, and for one that is not YAML. */
  readonly root: Node | undefined;

  constructor(text: string, faults: RuleFaults) {
    this.#faults = faults;
    this.root = this.#parse(text);
  }

  #parse(text: string): Node | undefined {
    try {
      const document = parseDocument(text, { lineCounter: this.#lines, logLevel: "silent" });
      const [error] = document.errors;
      if (error === undefined) return document.contents ?? undefined;
      this.#faults.add(error.linePos?.[0].line ?? 1, `not YAML: ${error.message.split("\n")[0]}`);
    } catch (error) {
      // The parser descends with the text, and runs out of stack in one that is nested without end.
      if (!(error instanceof RangeError)) throw error;
      this.#faults.add(1, "nested too deeply");
    }
    return undefined;
  }

  lineOf(node: Node | undefined): number {
    return node?.range ? this.#lines.linePos(node.range[0]).line : 1;
  }

  /** The entries of a map; a fault and none for anything else. */
  entries(node: Node | undefined, what: string): readonly Entry[] {
    if (isMap(node))
      return (node as YAMLMap<Node, Node | null>).items.map((pair) => this.#entry(pair));
    this.#faults.add(this.lineOf(node), `${what} must be a map`);
    return [];
  }

  /** The items of a list; a fault and none for anything else. */
  items(node: Node | undefined, what: string): readonly Node[] {
    if (isSeq(node)) return node.items as Node[];
    this.#faults.add(this.lineOf(node), `${what} must be a list`);
    return [];
  }

  /** A plain value as text; a fault and "" for a list, a map, an alias or nothing. */
  text(node: Node | undefined, what: string): string {
    if (isScalar(node) && node.value !== null) return String(node.value).trim();
    this.#faults.add(this.lineOf(node), `${what} must be a text`);
    return "";
  }

  #entry({ key, value }: { readonly key: Node; readonly value: Node | null }): Entry {
    const text = isScalar(key) ? String(key.value) : "?";
    const isNothing = value === null || (isScalar(value) && value.value === null);
    return { key: text, value: isNothing ? undefined : value, line: this.lineOf(key) };
  }
}
