import { describe, expect, it } from "vitest";
import {
  jsonItemsOf,
  jsonShapeOf,
  jsonValuesOf,
} from "../../../../server/kube/manifests/json-scan.js";
import { LineIndex } from "../../../../server/kube/manifests/line-index.js";
import { splitDocuments } from "../../../../server/kube/manifests/split-documents.js";
import { cutList, itemText } from "../../../../server/kube/manifests/split-list.js";

const documentsOf = (text: string): readonly string[] =>
  splitDocuments(text, 100).documents.map(({ start, end }) => text.slice(start, end));

describe("splitDocuments()", () => {
  it.each([
    ["one document", "a: 1\n", ["a: 1\n"]],
    ["documents between markers", "a: 1\n---\nb: 2\n", ["a: 1\n", "---\nb: 2\n"]],
    ["a marker at the start and at the end", "---\na: 1\n---\n", ["---\na: 1\n"]],
    ["line ends of Windows", "a: 1\r\n---\r\nb: 2\r\n", ["a: 1\r\n", "---\r\nb: 2\r\n"]],
    [
      "a marker with a comment, and with content",
      "--- # one\na: 1\n--- {b: 2}\n",
      ["--- # one\na: 1\n", "--- {b: 2}\n"],
    ],
    ["documents of comments and space", "# a\n---\n\n  \n---\na: 1\n---\n# b", ["---\na: 1\n"]],
    ["the end of a document", "a: 1\n...\n# b\n---\nb: 2\n", ["a: 1\n", "---\nb: 2\n"]],
    ["directives", "%YAML 1.1\n---\na: 1\n", ["---\na: 1\n"]],
    ["dashes that are no marker", "a: |\n ---\n----\n---a\n", ["a: |\n ---\n----\n---a\n"]],
    ["nothing", "", []],
  ])("finds %s", (_, text, expected) => {
    expect(documentsOf(text)).toEqual(expected);
  });

  it("stops at the number of documents that is allowed", () => {
    const text = "a: 1\n---\n".repeat(5);
    expect(splitDocuments(text, 3)).toMatchObject({ documents: { length: 3 }, cut: true });
    expect(splitDocuments(text, 5)).toMatchObject({ documents: { length: 5 }, cut: false });
  });
});

describe("cutList()", () => {
  const itemsOf = (text: string): readonly string[] | undefined => {
    const cut = cutList(text, 100);
    return cut?.items.map((item) => itemText(text, item, cut.indent));
  };

  it("cuts a List as kubectl writes it", () => {
    const text = "apiVersion: v1\nitems:\n- a: 1\n  b:\n  - c\n- d: 2\nkind: List\n";
    expect(itemsOf(text)).toEqual(["  a: 1\n  b:\n  - c\n", "  d: 2\n"]);
    expect(cutList(text, 100)?.header).toBe("apiVersion: v1\nkind: List\n");
  });

  it("cuts a list that is indented, with comments, blank lines and line ends of Windows", () => {
    const text = "items: # all\r\n\r\n# first\r\n  - a: 1\r\n\r\n# second\r\n  -\r\n    b: 2\r\n";
    expect(itemsOf(text)).toEqual(["    a: 1\r\n\r\n# second\r\n", "   \r\n    b: 2\r\n"]);
  });

  it("leaves block scalars whole", () => {
    const text = "items:\n- a: |\n    - no\n    - item\n- b\n";
    expect(itemsOf(text)).toEqual(["  a: |\n    - no\n    - item\n", "  b\n"]);
  });

  it.each([
    ["no items", "kind: List\n"],
    ["items of another map", "a:\n  items:\n  - b\n"],
    ["items in one line", "items: [a]\n"],
    ["no items below", "items:\nkind: List\n"],
    ["a map of items", "items:\n  a: 1\n"],
  ])("leaves a document with %s", (_, text) => {
    expect(itemsOf(text)).toBeUndefined();
  });

  it("leaves a document with more items than allowed", () => {
    expect(cutList("items:\n- a\n- b\n", 2)?.items).toHaveLength(2);
    expect(cutList("items:\n- a\n- b\n- c\n", 2)).toBeUndefined();
  });
});

describe("JSON scans", () => {
  it("find the items of a list", () => {
    const text =
      '{"kind": "List", "meta": {"items": [1]}, "items": [{"a": "]"}, 7, "x,y", [2, 3], null]}';
    expect(jsonItemsOf(text).map(({ start, end }) => text.slice(start, end))).toEqual([
      '{"a": "]"}',
      "7",
      '"x,y"',
      "[2, 3]",
      "null",
    ]);
  });

  it.each(['{"a": 1}', "[1]", '{"items": {}}', "{", '{"items": [', "{a: 1}", ""])(
    "find none in %s",
    (text) => {
      expect(jsonItemsOf(text)).toEqual([]);
    },
  );

  it("find values that stand one after the other", () => {
    const text = '{"a": "}"}\n{"b": [1]} 3';
    expect(jsonValuesOf(text, 3)?.map(({ start, end }) => text.slice(start, end))).toEqual([
      '{"a": "}"}',
      '{"b": [1]}',
      "3",
    ]);
    expect(jsonValuesOf(text, 2)).toBeUndefined();
  });

  it("tell depth and repeated keys", () => {
    expect(
      jsonShapeOf('{"a": [[{"b": "[[[["}]], "b": {"a": 1}}', { keys: true, depthMax: 9 }),
    ).toEqual({
      depth: 4,
    });
    expect(
      jsonShapeOf('{"a": {"b": 1, "c": "b", "b": 2}}', { keys: true, depthMax: 9 }).repeatedKey,
    ).toBe(25);
    expect(jsonShapeOf("[[[[", { keys: false, depthMax: 2 })).toEqual({ depth: 3 });
    expect(jsonShapeOf('{"a": 1, "a": 2}', { keys: false, depthMax: 9 })).toEqual({ depth: 1 });
  });
});

describe("LineIndex", () => {
  it("tells line and column of an offset", () => {
    const index = new LineIndex("ab\nc\n\nd");
    expect([0, 2, 3, 5, 6, 99].map((offset) => index.place(offset))).toEqual([
      { line: 1, column: 1 },
      { line: 1, column: 3 },
      { line: 2, column: 1 },
      { line: 3, column: 1 },
      { line: 4, column: 1 },
      { line: 4, column: 94 },
    ]);
  });
});
