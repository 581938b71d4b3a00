import { selectorTokensMax } from "../limits.js";
import type { Condition } from "./selector-cover.js";

/** Turns a test of one label into a condition. */
export type LabelTest = (
  key: string,
  test:
    | { readonly operator: "In" | "NotIn"; readonly values: readonly string[] }
    | { readonly operator: "Exists" }
    /** contains, starts with, ends with: the label is there, and its value is not compared. */
    | { readonly operator: "text" },
) => Condition;

/**
 * Parses a selector of Calico (libcalico-go/lib/selector): all(), global(), has(k), k == 'v', k != 'v', k in {…},
 * k not in {…}, contains, starts with, ends with, !, &&, || and parentheses. Undefined when it is none.
 */
export const parseCalicoSelector = (text: string, test: LabelTest): Condition | undefined => {
  const tokens = tokensOf(text);
  if (tokens === undefined) return undefined;
  if (tokens.length === 0) return { kind: "all" };
  const reader = new Reader(tokens, test);
  const condition = reader.anyOf();
  return reader.atEnd ? condition : undefined;
};

type Token =
  | { readonly kind: "mark"; readonly text: string }
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "text"; readonly text: string };

const tokenPattern =
  /\s*(?:(?<mark>&&|\|\||==|!=|[!(){},])|"(?<double>[^"]*)"|'(?<single>[^']*)'|(?<word>[A-Za-z0-9_./-]+))/y;

const tokensOf = (text: string): readonly Token[] | undefined => {
  const tokens: Token[] = [];
  const pattern = new RegExp(tokenPattern);
  const end = text.trimEnd().length;
  while (pattern.lastIndex < end) {
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined || tokens.length >= selectorTokensMax) return undefined;
    const { mark, double, single, word } = groups;
    if (mark !== undefined) tokens.push({ kind: "mark", text: mark });
    else if (word !== undefined) tokens.push({ kind: "word", text: word });
    else tokens.push({ kind: "text", text: double ?? single ?? "" });
  }
  return tokens;
};

/** Reads tokens by the grammar; every method is undefined where the grammar is broken. */
class Reader {
  readonly #tokens: readonly Token[];
  readonly #test: LabelTest;
  #at = 0;

  constructor(tokens: readonly Token[], test: LabelTest) {
    this.#tokens = tokens;
    this.#test = test;
  }

  get atEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  anyOf(): Condition | undefined {
    return this.#chain("||", "or", () => this.#allOf());
  }

  #allOf(): Condition | undefined {
    return this.#chain("&&", "and", () => this.#one());
  }

  #chain(
    mark: string,
    kind: "and" | "or",
    next: () => Condition | undefined,
  ): Condition | undefined {
    const parts: Condition[] = [];
    do {
      const part = next();
      if (part === undefined) return undefined;
      parts.push(part);
    } while (this.#takeMark(mark));
    return parts.length === 1 ? parts[0] : { kind, parts };
  }

  #one(): Condition | undefined {
    if (this.#takeMark("!")) {
      const part = this.#one();
      return part === undefined ? undefined : { kind: "not", part };
    }
    if (this.#takeMark("(")) {
      const part = this.anyOf();
      return this.#takeMark(")") ? part : undefined;
    }
    const word = this.#take("word");
    if (word === undefined) return undefined;
    return this.#takeMark("(") ? this.#call(word) : this.#comparison(word);
  }

  #call(name: string): Condition | undefined {
    const key = name === "has" ? this.#take("word") : undefined;
    if (!this.#takeMark(")")) return undefined;
    if (name === "all") return { kind: "all" };
    // Only network sets and host endpoints are global: no pod is.
    if (name === "global") return { kind: "not", part: { kind: "all" } };
    return key === undefined ? undefined : this.#test(key, { operator: "Exists" });
  }

  #comparison(key: string): Condition | undefined {
    if (this.#takeMark("==")) return this.#equal(key, "In");
    if (this.#takeMark("!=")) return this.#equal(key, "NotIn");
    switch (this.#take("word")) {
      case "in":
        return this.#set(key, "In");
      case "not":
        return this.#take("word") === "in" ? this.#set(key, "NotIn") : undefined;
      case "contains":
        return this.#textTest(key);
      case "starts":
      case "ends":
        return this.#take("word") === "with" ? this.#textTest(key) : undefined;
      default:
        return undefined;
    }
  }

  #equal(key: string, operator: "In" | "NotIn"): Condition | undefined {
    const value = this.#take("text");
    return value === undefined ? undefined : this.#test(key, { operator, values: [value] });
  }

  #textTest(key: string): Condition | undefined {
    return this.#take("text") === undefined ? undefined : this.#test(key, { operator: "text" });
  }

  #set(key: string, operator: "In" | "NotIn"): Condition | undefined {
    if (!this.#takeMark("{")) return undefined;
    const values: string[] = [];
    while (!this.#takeMark("}")) {
      if (values.length > 0 && !this.#takeMark(",")) return undefined;
      const value = this.#take("text");
      if (value === undefined) return undefined;
      values.push(value);
    }
    return this.#test(key, { operator, values });
  }

  #takeMark(text: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== "mark" || token.text !== text) return false;
    this.#at++;
    return true;
  }

  #take(kind: "word" | "text"): string | undefined {
    const token = this.#tokens[this.#at];
    if (token?.kind !== kind) return undefined;
    this.#at++;
    return token.text;
  }
}
