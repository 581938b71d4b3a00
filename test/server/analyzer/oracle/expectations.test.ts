import { describe, expect, it } from "vitest";
import { canonicalConnections } from "../../../oracle/connections-text.js";
import { parseStatedFile } from "../../../oracle/expected-file.js";
import { isInFocus, isUnderstood, parseFocus } from "../../../oracle/focus.js";
import { parsePeer } from "../../../oracle/stated-peer.js";

// Goal: expected files mean what they say, whatever the way it is written, and what is not understood is an error.

describe("canonicalConnections()", () => {
  it.each([
    ["TCP 80,81-90,UDP 53", "TCP 80-90,UDP 53"],
    ["UDP 53,TCP 443,80", "TCP 80,443,UDP 53"],
    ["SCTP 1-65535,TCP 1-65535,UDP 1-65535", "All Connections"],
    ["No Connections", "No Connections"],
    ["TCP 80,http", "TCP 80 + TCP http"],
    [" local-port", "No Connections + any local-port"],
  ])("reads %s as %s", (text, meaning) => {
    expect(canonicalConnections(text)).toBe(meaning);
  });

  it.each(["80", "TCP 0", "TCP 70000", "TCP 90-80"])("refuses %s", (text) => {
    expect(() => canonicalConnections(text)).toThrow(text);
  });
});

describe("parseStatedFile()", () => {
  const line = { source: "a/b[Pod]", destination: "c/d[Pod]", connections: "TCP 80,90" };

  it.each([
    ["txt", "a/b[Pod] => c/d[Pod] : TCP 80,90\r\n"],
    ["json", '[{"src": "a/b[Pod]", "dst": "c/d[Pod]", "conn": "TCP 80,90"}]'],
    ["csv", 'src,dst,conn\r\na/b[Pod],c/d[Pod],"TCP 80,90"\r\n'],
  ] as const)("reads a list in %s", (format, text) => {
    expect(parseStatedFile(text, format)).toEqual({ lines: [line], exposure: undefined });
  });

  it("reads the workload of an ingress exposure from the left in text and csv", () => {
    const exposure = { egress: [], ingress: [line] };
    expect(
      parseStatedFile(
        "\nExposure Analysis Result:\nIngress Exposure:\nc/d[Pod] \t<= \ta/b[Pod] : TCP 80,90\n",
        "txt",
      ).exposure,
    ).toEqual({ ...exposure, unprotected: [] });
    expect(
      parseStatedFile(
        'src,dst,conn\nExposure Analysis Result:,,\nIngress Exposure:,,\ndst,src,conn\nc/d[Pod],a/b[Pod],"TCP 80,90"\n',
        "csv",
      ).exposure,
    ).toEqual({ ...exposure, unprotected: undefined });
  });

  it.each([
    ["txt", ""],
    ["json", "[]"],
    ["json", "null"],
    ["csv", "src,dst,conn\n"],
  ] as const)("reads an empty list in %s", (format, text) => {
    expect(parseStatedFile(text, format)).toEqual({ lines: [], exposure: undefined });
  });

  it.each([
    ["txt", "a/b[Pod] -> c/d[Pod] : TCP 80"],
    ["csv", "src,dst,conn\na/b[Pod],c/d[Pod]\n"],
    ["json", "{"],
  ] as const)("refuses what is no %s of this form", (format, text) => {
    expect(() => parseStatedFile(text, format)).toThrow();
  });
});

describe("parsePeer()", () => {
  it("reads a range of this and of older releases alike", () => {
    expect(parsePeer("10.0.0.0-10.0.0.9[External]")).toEqual(parsePeer("10.0.0.0-10.0.0.9"));
  });

  it("takes a namespace by name for the selector of its name label", () => {
    expect(parsePeer("shop/[all pods]")).toEqual(
      parsePeer("[namespace with {kubernetes.io/metadata.name=shop}]/[all pods]"),
    );
  });

  it("compares selectors whatever the order of their parts", () => {
    expect(
      parsePeer("[all namespaces]/[pod with {{Key:app,Operator:In,Values:[x y],},tier=web}]"),
    ).toEqual(
      parsePeer("[all namespaces]/[pod with {tier=web,{Key:app,Operator:In,Values:[y x],}}]"),
    );
  });

  it("refuses an operator that there is not", () => {
    expect(() => parsePeer("shop/[pod with {{Key:app,Operator:Like,Values:[x],}}]")).toThrow(
      'not an operator: "Like"',
    );
  });
});

describe("a focus", () => {
  const workloads = ["shop/web[Deployment]", "shop/api[Deployment]", "ops/probe[Pod]"];

  it.each([
    ["web", true],
    ["shop_web_ops_probe", true],
    ["web_ingress_with_api", true],
    ["ingress-controller", false],
    ["web_tcp-8080", false],
    ["shop", false],
    ["ingress", false],
  ])("%s is understood: %s", (text, isKnown) => {
    expect(isUnderstood(parseFocus(text), workloads)).toBe(isKnown);
  });

  const all = ["web => api", "api => web", "probe => web", "probe => api"];

  it.each([
    ["web", ["web => api", "api => web", "probe => web"]],
    ["web_egress", ["web => api"]],
    ["web_ingress_with_probe", ["probe => web"]],
    ["", all],
  ])("%s holds %j", (text, expected) => {
    const held = all.filter((each) => {
      const [source = "", destination = ""] = each.split(" => ").map((name) => `shop/${name}[Pod]`);
      return isInFocus(parseFocus(text), { source, destination });
    });
    expect(held).toEqual(expected);
  });
});
