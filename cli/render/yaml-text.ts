import { stringify, type ToStringOptions } from "yaml";
import type { Json } from "../policy/json-document.js";
import type { LongDocument } from "./json-text.js";
import { isPrintable, printableJson } from "./printable.js";

/** A document as YAML text. */
export const yamlText = (document: Json): string => {
  const text = stringify(document, plain);
  // Quoted, every character can be escaped as in JSON.
  return isPrintable(text) ? text : printableJson(stringify(document, quoted));
};

const plain: ToStringOptions & { readonly aliasDuplicateObjects: false } = {
  lineWidth: 0,
  aliasDuplicateObjects: false,
};

const quoted = {
  ...plain,
  defaultStringType: "QUOTE_DOUBLE",
  defaultKeyType: "QUOTE_DOUBLE",
} as const;

/** A long document as YAML text, item by item. */
export const longYamlText = ({ list, items, rest }: LongDocument): Iterable<string> =>
  longYamlLines(list, itemTexts(items), rest);

function* itemTexts(items: Iterable<Json>): Iterable<string> {
  for (const item of items) yield yamlText([item]).replaceAll(/^(?=.)/gm, "  ");
}

/** The same from items that are YAML text already, indented by two. */
export function* longYamlLines(
  list: string,
  items: Iterable<string>,
  rest: LongDocument["rest"],
): Iterable<string> {
  let isEmpty = true;
  for (const item of items) {
    yield isEmpty ? `${list}:\n${item}` : item;
    isEmpty = false;
  }
  yield `${isEmpty ? `${list}: []\n` : ""}${yamlText(rest())}`;
}
