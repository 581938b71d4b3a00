import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { cidrsOf } from "../../../../server/analyzer/fix/cidrs.js";
import { shellWord } from "../../../../server/analyzer/fix/shell-word.js";
import { suggestFix } from "../../../../server/analyzer/fix/suggest-fix.js";
import { parseCidr, parseIp } from "../../../../server/analyzer/sets/ip.js";
import { askFix, verdictWith } from "../../../support/ask-fix.js";
import { documents, podText, policyText } from "../../../support/lint-manifests.js";
import { manifestWorld } from "../../../support/manifest-world.js";

const deny = policyText("shop/deny", "podSelector: {}");

describe("the manifest of a fix", () => {
  // What YAML 1.1 takes for something else than text: sigs.k8s.io/yaml, which kubectl reads with, is of that version.
  it.each([
    "yes",
    "on",
    "y",
    "N",
    "true",
    "null",
    "014",
    "0x1F",
    "1_000",
    "1e3",
    "1.5",
    "2001-01-01",
    "",
  ])("keeps the label value %j a text", (value) => {
    const web = podText("shop/web", { labels: { app: "web", on: value, constructor: value } });
    const db = podText("shop/db");
    const { manifest } = askFix([web, db, deny], "shop/web => shop/db", { port: 80 });
    const labels = { app: "web", on: value, constructor: value };
    for (const document of [load(manifest), parse(manifest, { version: "1.1" })]) {
      expect(document).toMatchObject({
        spec: { ingress: [{ from: [{ podSelector: { matchLabels: labels } }] }] },
      });
    }
    expect(verdictWith([web, db, deny, manifest], "shop/web => shop/db", { port: 80 })).toBe(
      "allowed",
    );
  });
});

describe("the steps of a fix", () => {
  it("quote what a shell would take for something else", () => {
    const web = podText("shop/web");
    const db = podText("shop/db");
    const { steps } = askFix([web, db, deny], "shop/web[Pod] => shop/db", {
      port: 80,
      profile: "calico",
    });
    expect(steps[2]).toBe(
      "causeway policy eval 'shop/web[Pod]' shop/db --port 80 --profile calico",
    );
  });

  it("ask the folders again that were asked, and the fix with them", () => {
    const world = manifestWorld(documents(podText("shop/web"), podText("shop/db"), deny), {
      inputs: ["my manifests", "more.yaml"],
    });
    const { steps } = suggestFix(world, { source: "shop/web", destination: "shop/db", port: 80 });
    expect(steps.slice(0, 3)).toEqual([
      "causeway policy fix shop/web shop/db 'my manifests' more.yaml --port 80 -o yaml > causeway-fix.yaml",
      "kubectl apply -f causeway-fix.yaml",
      "causeway policy eval shop/web shop/db 'my manifests' more.yaml causeway-fix.yaml --port 80",
    ]);
  });

  it.each([
    ["shop/web", "shop/web"],
    ["a b", "'a b'"],
    ["$(rm -rf /)", "'$(rm -rf /)'"],
    ["it's; `x`", "'it'\\''s; `x`'"],
    ["a\nb", "'a\nb'"],
    ["", "''"],
  ])("%j becomes %s", (text, word) => {
    expect(shellWord(text)).toBe(word);
  });
});

describe("cidrsOf()", () => {
  const texts = (first: string, last: string): readonly string[] => {
    const [from, to] = [parseIp(first), parseIp(last)];
    if (from === undefined || to === undefined) throw new Error("no addresses");
    return cidrsOf({ family: from.family, first: from.value, last: to.value }).map(
      ({ text }) => text,
    );
  };

  it.each([
    ["10.0.0.5", "10.0.0.5", ["10.0.0.5/32"]],
    ["10.0.0.0", "10.0.0.255", ["10.0.0.0/24"]],
    ["0.0.0.0", "255.255.255.255", ["0.0.0.0/0"]],
    ["10.0.0.1", "10.0.0.6", ["10.0.0.1/32", "10.0.0.2/31", "10.0.0.4/31", "10.0.0.6/32"]],
    ["::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ["::/0"]],
    ["fd00::1", "fd00::2", ["fd00::1/128", "fd00::2/128"]],
  ])("%s to %s are %j", (first, last, expected) => {
    expect(texts(first, last)).toEqual(expected);
  });

  it("hold exactly the range", () => {
    const ranges = cidrsOf({ family: 4, first: 3n, last: 1000n });
    expect(ranges.map(({ range }) => range)).toEqual(ranges.map(({ text }) => parseCidr(text)));
    expect(ranges[0]?.range.first).toBe(3n);
    expect(ranges.at(-1)?.range.last).toBe(1000n);
    for (const [index, { range }] of ranges.slice(1).entries()) {
      expect(range.first).toBe((ranges[index]?.range.last ?? 0n) + 1n);
    }
  });
});
