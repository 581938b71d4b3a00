import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { kubectlSchema } from "../../../../server/kube/manifests/kubectl-schema.js";

const read = (text: string): unknown => load(text, { schema: kubectlSchema });

describe("scalars, as kubectl reads them (sigs.k8s.io/yaml, goyaml.v2/resolve.go)", () => {
  it.each([
    ["yes", true],
    ["On", true],
    ["y", true],
    ["TRUE", true],
    ["no", false],
    ["OFF", false],
    ["N", false],
    ["yEs", "yEs"],
    ["null", null],
    ["~", null],
    ["NULL", null],
    ["nULL", "nULL"],
    ["0", 0],
    ["-7", -7],
    ["+7", 7],
    ["0755", 493],
    ["0o755", 493],
    ["0x1F", 31],
    ["-0x1f", -31],
    ["0b101", 5],
    ["1_000", 1000],
    ["08", 8],
    ["1.10", 1.1],
    [".5", 0.5],
    ["5.", 5],
    ["1e3", 1000],
    [".inf", Number.POSITIVE_INFINITY],
    ["-.Inf", Number.NEGATIVE_INFINITY],
    [".nan", Number.NaN],
    ["1.2.3", "1.2.3"],
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["22:22", "22:22"],
    ["2026-01-01", "2026-01-01"],
    ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"],
    ["+", "+"],
    [".", "."],
    ["0x", "0x"],
    ["web", "web"],
    ["nginx", "nginx"],
    ["'yes'", "yes"],
    ['"80"', "80"],
    ["!!str yes", "yes"],
    ["!!str 80", "80"],
    ["!!int 80", 80],
    ["!!float 1", 1],
    ["!!bool on", true],
    ["!!null ''", null],
    ["!!binary aGVsbG8=", "hello"],
    ["!!timestamp 2026-01-01", "2026-01-01"],
    ["!vault secret", "secret"],
  ])("%s", (text, value) => {
    expect(read(`a: ${text}`)).toEqual({ a: value });
  });

  it("reads nothing as null, and keys as text", () => {
    expect(read("a:\nyes: b\n80: c\n")).toEqual({ a: null, true: "b", 80: "c" });
  });

  it("passes over tags that it does not know", () => {
    expect(read("a: !Ref {b: c}\nd: !List [e]")).toEqual({ a: { b: "c" }, d: ["e"] });
  });

  it("merges maps", () => {
    expect(read("a: &a {b: 1, c: 2}\nd:\n  <<: *a\n  c: 3")).toMatchObject({ d: { b: 1, c: 3 } });
  });

  it("refuses a key that is there twice", () => {
    expect(() => read("a: 1\nb: 2\na: 3")).toThrow(/duplicated mapping key/);
  });
});
