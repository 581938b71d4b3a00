import { describe, expect, it } from "vitest";
import { locatedCharsMax, locatedDocumentsMax } from "../../../../server/kube/limits.js";
import { parseManifests } from "../../../../server/kube/manifests/parse-manifests.js";

type Path = readonly (string | number)[];

/** Line of a part of the n-th object of a text. */
const lineOf = (text: string, path: Path, index = 0): number => {
  const { objects, locate } = parseManifests([{ file: "a.yaml", text }]);
  return locate(objects[index]?.origin, path).line;
};

const policy = `# a comment
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
  annotations:
    "quoted/key": |
      spec:
        ingress: not here
spec:
  ingress:
    # of the monitoring
    - from:
        - podSelector: {matchLabels: {app: web}}
        - ipBlock:
            cidr: 10.0.0.0/8
      ports: [{port: 80},
              {port: 81}]
    -
      from:
      - podSelector: {}
`;

describe("Locate", () => {
  it.each<[Path, number]>([
    [[], 2],
    [["metadata", "name"], 5],
    [["metadata", "annotations", "quoted/key"], 7],
    [["spec"], 10],
    [["spec", "ingress"], 11],
    [["spec", "ingress", 0], 13],
    [["spec", "ingress", 0, "from", 0], 14],
    [["spec", "ingress", 0, "from", 1, "ipBlock", "cidr"], 16],
    [["spec", "ingress", 0, "ports", 1, "port"], 18],
    [["spec", "ingress", 1, "from", 0], 21],
    [["spec", "ingress", 1, "ports"], 20],
    [["spec", "ingress", 7], 11],
    [["spec", "egress", 0, "to"], 10],
    [["nothing"], 2],
  ])("leads %j to line %i", (path, line) => {
    expect(lineOf(policy, path)).toBe(line);
    expect(lineOf(policy.replaceAll("\n", "\r\n"), path)).toBe(line);
  });

  it("counts lines from the start of the file", () => {
    expect(lineOf(`---\n---\n${policy}`, ["spec", "ingress", 0])).toBe(15);
    expect(
      lineOf(
        `{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}\n---\n${policy}`,
        ["spec"],
        1,
      ),
    ).toBe(12);
  });

  it.each([
    [
      "of a List of kubectl",
      "apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Namespace\n  metadata:\n    name: one\n- apiVersion: v1\n  kind: Namespace\n  metadata:\n    name: two\nkind: List\n",
      7,
      10,
    ],
    [
      "of a list in one line each",
      "kind: NamespaceList\napiVersion: v1\nitems: [\n  {metadata: {name: one}},\n  {metadata:\n    {name: two}}]\n",
      5,
      6,
    ],
    [
      "of JSON",
      '{"kind": "NamespaceList", "apiVersion": "v1", "items": [\n {"metadata": {"name": "one"}},\n {"metadata": {\n  "name": "two"}}]}',
      3,
      4,
    ],
    [
      "of JSON objects one after the other",
      '{"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "one"}}\n{"kind": "Namespace", "apiVersion": "v1",\n "metadata": {\n  "name": "two"}}',
      2,
      4,
    ],
  ])("finds items %s", (_, text, start, name) => {
    expect(lineOf(text, [], 1)).toBe(start);
    expect(lineOf(text, ["metadata", "name"], 1)).toBe(name);
  });

  it("stops at an alias: what it stands for is written elsewhere", () => {
    const text =
      "kind: NamespaceList\napiVersion: v1\nitems:\n- metadata: &m\n    name: one\n- metadata: *m\n";
    expect(lineOf(text, ["metadata", "name"], 0)).toBe(6);
  });

  it("knows nothing of objects of the API server", () => {
    const { locate } = parseManifests([{ file: "a.yaml", text: policy }]);
    expect(locate(undefined, ["spec"])).toEqual({ file: "", line: 0 });
    expect(locate({ file: "other.yaml", document: 0 }, [])).toEqual({
      file: "other.yaml",
      line: 0,
    });
    expect(locate({ file: "a.yaml", document: 9 }, ["spec"])).toEqual({ file: "a.yaml", line: 1 });
  });

  it("leads to the workload of a pod that was made from it", () => {
    const text =
      "apiVersion: v1\nkind: ReplicationController\nmetadata: {name: web}\nspec:\n  template:\n    metadata: {labels: {a: b}}\n";
    expect(lineOf(text, ["spec", "template"], 1)).toBe(5);
  });

  it(`tells only the start of an object of more than ${locatedCharsMax} characters (locatedCharsMax)`, () => {
    const note = (chars: number) => policy.replace("# a comment", `# ${"x".repeat(chars)}`);
    expect(lineOf(note(locatedCharsMax - 1000), ["spec"])).toBe(10);
    expect(lineOf(note(locatedCharsMax), ["spec"])).toBe(2);
  });

  it("keeps telling when more documents are asked for than locatedDocumentsMax", () => {
    const documents = Array.from({ length: locatedDocumentsMax + 8 }, (_, index) =>
      policy.replace("name: web", `name: web-${index}`),
    );
    const { objects, locate } = parseManifests([{ file: "a.yaml", text: documents.join("---\n") }]);
    const lines = objects.map(({ origin }) => locate(origin, ["spec"]).line);
    expect(lines).toEqual(objects.map((_, index) => 10 + 22 * index));
    expect(locate(objects[0]?.origin, ["spec"]).line).toBe(10);
  });
});
