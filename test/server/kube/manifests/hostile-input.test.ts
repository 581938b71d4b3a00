import { describe, expect, it } from "vitest";
import {
  aliasExpansionMax,
  documentValuesMax,
  jsonFallbackCharsMax,
  jsonKeysCharsMax,
  listDepthMax,
  manifestDepthMax,
  manifestDocumentsMax,
  manifestFileBytesMax,
  manifestObjectsMax,
  manifestProblemsMax,
  mergedKeysMax,
  problemCharsMax,
  unreadableDocumentsMax,
  yamlDocumentCharsMax,
} from "../../../../server/kube/limits.js";
import { parseManifests } from "../../../../server/kube/manifests/parse-manifests.js";

const parse = (text: string) => parseManifests([{ file: "a.yaml", text }]);
/** Problems without those that only say that a document is no object. */
const problemsOf = (text: string): readonly string[] =>
  parse(text)
    .problems.filter(({ severity }) => severity !== "info")
    .map(({ code, line, message }) => `${code} ${line}: ${message}`);

const namespace = (name: string): string =>
  `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}}\n`;

describe("aliases", () => {
  const bomb = (levels: number): string =>
    ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
      .concat(
        Array.from(
          { length: levels },
          (_, level) => `a${level + 1}: &a${level + 1} [${Array(10).fill(`*a${level}`).join(",")}]`,
        ),
      )
      .join("\n");

  it("stand for no more than aliasExpansionMax values", () => {
    expect(problemsOf(bomb(3))).toEqual([]);
    expect(problemsOf(bomb(40))).toEqual([
      `too-large 1: brings the values that aliases stand for to more than ${aliasExpansionMax}`,
    ]);
  });

  it("stand for no more than that in all documents together", () => {
    const small = bomb(3);
    const documents = Math.ceil(aliasExpansionMax / 10_000);
    expect(problemsOf(Array(documents).fill(small).join("\n---\n")).length).toBeGreaterThan(0);
  });

  it("may not contain themselves", () => {
    expect(problemsOf("a: &a [b, *a]")).toEqual([
      "unreadable 1: has an alias inside the value that it stands for",
    ]);
  });

  it("may not nest deeper than what is written", () => {
    const chain = [
      "a0: &a0 [x]",
      ...Array.from(
        { length: manifestDepthMax },
        (_, index) => `a${index + 1}: &a${index + 1} [*a${index}]`,
      ),
    ].join("\n");
    expect(problemsOf(chain)).toEqual([
      `too-large 1: is nested more than ${manifestDepthMax} levels deep by aliases`,
    ]);
  });

  it("merge no more than mergedKeysMax keys", () => {
    const keys = Array.from({ length: 1000 }, (_, index) => `k${index}: 1`).join(", ");
    const merges = (count: number): string =>
      `a: &a {${keys}}\n${Array.from({ length: count }, (_, index) => `m${index}:\n  <<: *a`).join("\n")}`;
    expect(problemsOf(merges(10))).toEqual([]);
    expect(problemsOf(merges(Math.ceil(mergedKeysMax / 1000)))[0]).toMatch(
      `merges more than ${mergedKeysMax} keys with "<<"`,
    );
  });
});

describe("nesting", () => {
  const refused = [expect.stringContaining(`is nested more than ${manifestDepthMax} levels deep`)];

  it.each([
    ["lists in one line", (depth: number) => `a: ${"[".repeat(depth)}${"]".repeat(depth)}`],
    ["JSON", (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`],
    [
      "maps",
      (depth: number) =>
        Array.from({ length: depth }, (_, level) => `${" ".repeat(level)}a:`).join("\n"),
    ],
    ["lists", (depth: number) => `${"- ".repeat(depth)}a`],
  ])("is no deeper than manifestDepthMax: %s", (_, nested) => {
    expect(problemsOf(nested(manifestDepthMax - 2))).toEqual([]);
    expect(problemsOf(nested(manifestDepthMax + 2))).toEqual(refused);
    expect(problemsOf(nested(50_000 / (nested(2).includes("\n") ? 100 : 1)))).toEqual(refused);
  });

  it("of lists is read listDepthMax deep", () => {
    const nested = (depth: number): string =>
      `${'{"apiVersion":"v1","kind":"List","items":['.repeat(depth)}{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}}${"]}".repeat(depth)}`;
    expect(parse(nested(listDepthMax)).objects).toHaveLength(1);
    expect(parse(nested(listDepthMax + 1)).objects).toHaveLength(0);
  });
});

describe("size", () => {
  it("of a text is manifestFileBytesMax at most", () => {
    expect(problemsOf(" ".repeat(manifestFileBytesMax + 1))).toEqual([
      `too-large 0: has more than ${manifestFileBytesMax} characters: split it`,
    ]);
  });

  it("of a YAML document is yamlDocumentCharsMax at most; a List is larger when its items are not", () => {
    const scalar = "x".repeat(yamlDocumentCharsMax / 2);
    const map = (name: string): string =>
      `  - apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: ${name}}\n    data: {a: "${scalar}"}\n`;
    const list = `apiVersion: v1\nkind: List\nitems:\n${map("kube-proxy")}${map("coredns")}${map("calico-config")}`;
    expect(parse(list)).toMatchObject({ objects: { length: 3 }, problems: [] });
    expect(problemsOf(`a: "${scalar}${scalar}"\n---\n${namespace("a")}`)).toEqual([
      `too-large 1: is one YAML document of more than ${yamlDocumentCharsMax} characters: split it, or write JSON`,
    ]);
  });

  it("of a document is documentValuesMax values at most", () => {
    const problems = [`too-large 1: has more than ${documentValuesMax} values: split it`];
    expect(problemsOf(`[${"1,".repeat(documentValuesMax)}1]`)).toEqual(problems);
    expect(
      problemsOf(`{"kind":"List","items":[${"{},".repeat(documentValuesMax / 2)}{}]}`),
    ).toEqual(problems);
  });

  it("of what looks like JSON is jsonFallbackCharsMax at most to be tried as YAML", () => {
    const almost = (chars: number): string => `{"a": "${"x".repeat(chars)}",}`;
    expect(problemsOf(almost(1000))).toEqual([]);
    expect(problemsOf(almost(jsonFallbackCharsMax))[0]).toMatch(/^unreadable 1: is not JSON: /);
  });

  it("of JSON is jsonKeysCharsMax at most to be searched for repeated keys", () => {
    const twice = (chars: number): string => `{"a": "${"x".repeat(chars)}", "a": 1}`;
    expect(problemsOf(twice(1000))).toEqual(["unreadable 1: has the same key twice in one map"]);
    expect(problemsOf(twice(jsonKeysCharsMax))).toEqual([]);
  });
});

describe("number", () => {
  const bounds = { documentsMax: 3, objectsMax: 3 };
  const parseBounded = (text: string) => parseManifests([{ file: "a.yaml", text }], bounds);

  it("of documents is manifestDocumentsMax at most, or what the caller allows", () => {
    const text = `${namespace("a")}---\n${"a\n---\n".repeat(2)}${namespace("b")}`;
    const { objects, problems } = parseBounded(text);
    expect(objects.map(({ name }) => name)).toEqual(["a"]);
    expect(problems[0]?.message).toBe("brings the documents to more than 3: the rest is not read");
    expect(manifestDocumentsMax).toBeGreaterThan(100_000);
  });

  it("of objects is manifestObjectsMax at most, or what the caller allows", () => {
    const items = Array.from({ length: 5 }, (_, index) => `{"metadata":{"name":"n${index}"}}`);
    const { objects, problems } = parseBounded(
      `{"apiVersion":"v1","kind":"NamespaceList","items":[${items.join(",")}]}`,
    );
    expect(objects).toHaveLength(3);
    expect(problems.map(({ message }) => message)).toEqual([
      "brings the objects to more than 3: the rest is not read",
    ]);
    expect(manifestObjectsMax).toBeGreaterThan(100_000);
  });

  it("of documents that can't be read is unreadableDocumentsMax at most", () => {
    const text = `${"a: [\n---\n".repeat(unreadableDocumentsMax)}${namespace("a")}`;
    const { objects, unreadable, problems } = parse(text);
    expect(objects).toEqual([]);
    expect(unreadable).toBe(unreadableDocumentsMax + 1);
    expect(problems).toHaveLength(manifestProblemsMax + 1);
  });

  it("of problems is manifestProblemsMax at most: errors before warnings, and how many more there are", () => {
    const warned =
      "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: NAME}\nspec: {podSelectors: {}}\n";
    const documents = Array.from({ length: manifestProblemsMax + 10 }, (_, index) =>
      warned.replace("NAME", `p${index}`),
    );
    const { problems } = parse(
      [...documents, "apiVersion: v1\nkind: Pod\nmetadata: {}\n"].join("---\n"),
    );
    expect(problems).toHaveLength(manifestProblemsMax + 1);
    expect(problems.filter(({ severity }) => severity === "error")).toHaveLength(1);
    expect(problems.at(-1)).toMatchObject({
      severity: "warning",
      code: "too-large",
      message: `11 more problems are not shown: only the first ${manifestProblemsMax} are`,
    });
  });

  it("of characters that are parsed for the places of problems is problemCharsMax", () => {
    const long = `apiVersion: v1\nkind: Service\nmetadata: {name: NAME}\n${`# ${"x".repeat(98)}\n`.repeat(8000)}spec: {ports: [{port: 0}]}\n`;
    const count = Math.ceil(problemCharsMax / long.length) + 2;
    const text = Array.from({ length: count }, (_, index) =>
      long.replace("NAME", `s${index}`),
    ).join("---\n");
    const lines = parse(text).problems.map(({ line }) => line % 8005);
    expect(lines[0]).toBe(8004);
    expect(lines.at(-1)).toBe(1);
  });
});

describe("texts that are no YAML", () => {
  it.each([
    ["null characters", "a: \0", "unreadable 1: has a null character at offset 3"],
    [
      "tabs for indentation",
      "a:\n\t- b",
      "unreadable 2: is not YAML: tab characters must not be used in indentation",
    ],
    [
      "a quote without end",
      'a: "b',
      "unreadable 2: is not YAML: unexpected end of the stream within a double quoted scalar",
    ],
    [
      "control characters",
      "a: \u0007",
      "unreadable 1: is not YAML: the stream contains non-printable characters",
    ],
    ["an alias of nothing", "a: *b", 'unreadable 1: is not YAML: unidentified alias "b"'],
  ])("are told: %s", (_, text, problem) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.replace(/^unreadable \d+/, "")).toBe(
      problem.replace(/^unreadable \d+/, ""),
    );
  });
});
