import fc from "fast-check";
import { dump } from "js-yaml";
import { describe, expect, it } from "vitest";
import { ClusterModel } from "../../../../server/analyzer/model/cluster-model.js";
import { parseManifests } from "../../../../server/kube/manifests/parse-manifests.js";
import { decodeObject } from "../../../../server/kube/objects/decode-object.js";
import { brokenInvariants } from "../../../support/object-invariants.js";
import { rawSamples } from "../../../support/raw-samples.js";

// Goal: whatever the input is, the answer is objects and problems, never a throw or a hang, and the objects are well-formed.
// Method: valid objects of every kind and their YAML, changed at random; and texts of the characters that mean something.
// CAUSEWAY_FUZZ_RUNS sets how many cases each property has.

const runs = Number(process.env["CAUSEWAY_FUZZ_RUNS"] ?? 500);
const settings = { numRuns: runs, seed: 4 };

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const words = [
  "",
  "web",
  "TCP",
  "Ingress",
  "In",
  "10.0.0.0/8",
  "10.0.0.1",
  "fd00::1",
  "None",
  "a b",
  "__proto__",
  "default",
  "List",
  "80",
  "-",
  "é\u0000",
];
const leaf: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(null, true, false, {}, []),
  fc.constantFrom<Json>(0, 1, -1, 80, 65_535, 65_536, 1e9, 1.5, Number.MAX_SAFE_INTEGER),
  fc.constantFrom<Json>(...words),
  fc.constantFrom<Json>([null], [{}], { a: null }, [[]], { matchLabels: {} }, { podSelector: {} }),
  fc.string({ maxLength: 12 }),
);
const newKey = fc.constantFrom(
  "spec",
  "podSelector",
  "from",
  "ports",
  "endPort",
  "items",
  "kind",
  "ipBlock",
  "namespaces",
  "__proto__",
  "constructor",
  "x",
);

/** A change of a tree: where (as a number that picks a node), and what. */
const change = fc.record({
  at: fc.nat(10_000),
  what: fc.oneof(
    fc.record({ kind: fc.constant("replace" as const), value: leaf }),
    fc.record({ kind: fc.constant("drop" as const) }),
    fc.record({ kind: fc.constant("add" as const), key: newKey, value: leaf }),
    fc.record({ kind: fc.constant("repeat" as const), times: fc.integer({ min: 2, max: 4 }) }),
    fc.record({ kind: fc.constant("graft" as const), from: fc.nat(10_000) }),
  ),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

/** Places of a tree that can be changed. */
const slotsOf = (
  root: object,
): { readonly parent: Record<string, unknown>; readonly key: string }[] => {
  const slots: { parent: Record<string, unknown>; key: string }[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    for (const key of Object.keys(node)) {
      slots.push({ parent: node as Record<string, unknown>, key });
      visit((node as Record<string, unknown>)[key]);
    }
  };
  visit(root);
  return slots;
};

const applyChange = (root: object, { at, what }: Change): void => {
  const slots = slotsOf(root);
  const slot = slots[at % slots.length];
  if (slot === undefined) return;
  const { parent, key } = slot;
  switch (what.kind) {
    case "replace":
      parent[key] = structuredClone(what.value);
      break;
    case "drop":
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else delete parent[key];
      break;
    case "add": {
      const target = parent[key];
      if (typeof target === "object" && target !== null && !Array.isArray(target)) {
        Object.defineProperty(target, what.key, {
          value: structuredClone(what.value),
          enumerable: true,
          configurable: true,
          writable: true,
        });
      }
      break;
    }
    case "repeat":
      if (Array.isArray(parent[key])) {
        parent[key] = Array.from({ length: what.times }, () =>
          structuredClone(parent[key] as unknown[]),
        ).flat();
      }
      break;
    case "graft": {
      const from = slots[what.from % slots.length];
      if (from !== undefined) parent[key] = structuredClone(from.parent[from.key]);
    }
  }
};

const changedSample = fc
  .tuple(fc.constantFrom(...rawSamples), fc.array(change, { maxLength: 4 }))
  .map(([sample, changes]) => {
    const raw = structuredClone(sample);
    for (const each of changes) applyChange(raw, each);
    return raw;
  });

/** Reads a text, asks for places of parts that are there and that are not, and returns what is broken. */
const brokenOf = (text: string): readonly string[] => {
  const { objects, problems, locate } = parseManifests([{ file: "a.yaml", text }]);
  const lines = text.split("\n").length;
  const places = [
    ...problems,
    ...objects.flatMap(({ origin }) =>
      [[], ["spec"], ["spec", "ingress", 0, "from"], ["metadata", "labels", "app"]].map((path) =>
        locate(origin, path),
      ),
    ),
  ];
  new ClusterModel(objects);
  return [
    ...objects.flatMap(brokenInvariants),
    ...places
      .filter(({ line }) => line < 0 || line > lines)
      .map(({ line }) => `is at line ${line} of ${lines}`),
    ...problems.filter(({ message }) => message === "").map(() => "has a problem without message"),
  ];
};

describe("fuzzed manifests", () => {
  it("starts from objects that are valid", () => {
    const refused = rawSamples
      .map((raw) => decodeObject(raw))
      .filter(({ kind }) => kind !== "objects");
    expect(refused).toEqual([]);
  });

  it("objects of every kind, changed at random, are read or refused", () => {
    fc.assert(
      fc.property(changedSample, (raw) => {
        const decoded = decodeObject(raw);
        if (decoded.kind === "objects")
          expect(decoded.objects.flatMap(brokenInvariants)).toEqual([]);
        if (decoded.kind === "refused") expect(decoded.faults.length).toBeGreaterThan(0);
      }),
      { ...settings, numRuns: 2 * runs },
    );
  });

  it("JSON and YAML of objects that are changed at random say the same", () => {
    fc.assert(
      fc.property(changedSample, (raw) => {
        const json = JSON.stringify(raw);
        const yaml = dump(JSON.parse(json), { noRefs: true });
        const read = (text: string) => parseManifests([{ file: "a", text }]).objects;
        expect(read(yaml)).toEqual(read(json));
      }),
      settings,
    );
  });

  const marks = [
    ..."\n\n\n  \t:-?,[]{}#&*!|>'\"%@`~\\/0aA.",
    "\r\n",
    "---\n",
    "...\n",
    "- ",
    ": ",
    "<<: *a",
    "&a ",
    "{{ .x }}",
    "\u0000",
    "\ufeff",
    "é",
    "items:\n",
    "kind: List\n",
  ];
  const edit = fc.record({
    at: fc.nat(100_000),
    drop: fc.constantFrom(0, 0, 0, 1, 2, 30),
    put: fc.array(fc.constantFrom(...marks), { maxLength: 3 }),
  });

  it("texts of manifests, edited at random, are read or told", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...rawSamples), { minLength: 1, maxLength: 3 }),
        fc.constantFrom("documents", "list", "flow", "json"),
        fc.array(edit, { minLength: 1, maxLength: 6 }),
        (samples, form, edits) => {
          let text = textOf(samples, form);
          for (const { at, drop, put } of edits) {
            const start = at % (text.length + 1);
            text = `${text.slice(0, start)}${put.join("")}${text.slice(start + drop)}`;
          }
          expect(brokenOf(text)).toEqual([]);
        },
      ),
      settings,
    );
  });

  it("texts of the characters that mean something are read or told", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...marks), { maxLength: 60 }), (parts) => {
        expect(brokenOf(parts.join(""))).toEqual([]);
      }),
      settings,
    );
  });
});

const textOf = (samples: readonly object[], form: string): string => {
  switch (form) {
    case "documents":
      return samples.map((sample) => dump(sample)).join("---\n");
    case "list":
      return dump({ apiVersion: "v1", items: samples, kind: "List" }, { noRefs: true });
    case "flow":
      return dump(
        { apiVersion: "v1", kind: "List", items: samples },
        { flowLevel: 1, noRefs: true },
      );
    default:
      return JSON.stringify({ apiVersion: "v1", kind: "List", items: samples }, null, 1);
  }
};
