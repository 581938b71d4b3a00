import { describe, expect, it } from "vitest";
import {
  matchTemplate,
  parseTemplate,
  pathSegments,
  pathVariables,
} from "../../../../server/rpc/transcode/template.js";

/** Variables of a path under a template; undefined when it does not match. */
const variables = (text: string, path: string): Record<string, string> | undefined => {
  const template = parseTemplate(text);
  const matched = matchTemplate(template, pathSegments(path));
  return matched && Object.fromEntries(pathVariables(template, matched));
};

describe("parseTemplate()", () => {
  it.each([
    ["/v1/agents", "22"],
    ["/v1/agents/{agent_id}", "221"],
    ["/v1/{name=clusters/*/nodes/*}:drain", "221213"],
    ["/v1/{name=files/**}", "220"],
    ["/{path=**}:get", "03"],
  ])("ranks %s as %s", (text, rank) => {
    expect(parseTemplate(text).rank).toBe(rank);
  });

  it("counts the segments of a variable's pattern as written", () => {
    expect(parseTemplate("/v1/{name=clusters/*/nodes/*}:drain")).toEqual({
      text: "/v1/{name=clusters/*/nodes/*}:drain",
      segments: [
        { kind: "literal", value: "v1" },
        { kind: "literal", value: "clusters" },
        { kind: "any" },
        { kind: "literal", value: "nodes" },
        { kind: "any" },
      ],
      variables: [{ fieldPath: ["name"], start: 1, end: 5 }],
      verb: "drain",
      rank: "221213",
    });
  });

  it.each([
    ["v1/agents", "start with /"],
    ["/v1/{agent", "bad segment"],
    ["/v1/{a={b}}", "bad segment"],
    ["/v1/**/x", "last"],
    ["/v1//x", "bad segment"],
    ["/v1/{a}/{a}", "twice"],
    ["/v1/{}", "bad segment"],
    ["/v1/x{a}", "bad segment"],
  ])("refuses %s", (text, why) => {
    expect(() => parseTemplate(text)).toThrow(why);
  });
});

describe("matchTemplate()", () => {
  it.each([
    ["/v1/agents", "/v1/agents", {}],
    ["/v1/agents/{agent_id}", "/v1/agents/n1.pod", { agent_id: "n1.pod" }],
    ["/v1/pairs/{source}/{target}", "/v1/pairs/a/node%2Fn1", { source: "a", target: "node/n1" }],
    ["/v1/pairs/{source}/{target}", "/v1/pairs/a/fd00::1", { source: "a", target: "fd00::1" }],
    ["/v1/pairs/{source}/{target}", "/v1/pairs/a/%E8%8A%82", { source: "a", target: "节" }],
    ["/v1/{name=shelves/*}/books", "/v1/shelves/7/books", { name: "shelves/7" }],
    ["/v1/{name=shelves/*}", "/v1/shelves/a%2Fb%20c", { name: "shelves/a%2Fb c" }],
    ["/v1/{name=files/**}", "/v1/files/a/b%2fc/d", { name: "files/a/b%2fc/d" }],
    ["/v1/{name=files/**}", "/v1/files", { name: "files" }],
    ["/{path=**}:get", "/a/b:get", { path: "a/b" }],
    ["/v1/{node.name=nodes/*}:drain", "/v1/nodes/b:drain", { "node.name": "nodes/b" }],
    ["/v1/matrix:watch", "/v1/matrix:watch", {}],
    ["/v1/a b", "/v1/a%20b", {}],
  ])("finds the variables of %s in %s", (text, path, expected) => {
    expect(variables(text, path)).toEqual(expected);
  });

  it.each([
    ["/v1/agents", "/v1/agents/"],
    ["/v1/agents", "/v1/agents:x"],
    ["/v1/agents/{agent_id}", "/v1/agents/"],
    ["/v1/agents/{agent_id}", "/v1/agents/a/b"],
    ["/v1/matrix:watch", "/v1/matrix"],
    ["/v1/matrix:watch", "/v1/matrix%3Awatch"],
    ["/v1/{name=shelves/*}", "/v1/shelves"],
    ["/v1/{name=shelves/*}", "/v1/books/7"],
  ])("does not take %s for %s", (text, path) => {
    expect(variables(text, path)).toBeUndefined();
  });

  it("refuses what is not percent-encoded, as the caller's mistake", () => {
    expect(() => variables("/v1/agents/{agent_id}", "/v1/agents/%zz")).toThrow(
      expect.objectContaining({ code: "invalid_argument" }),
    );
  });
});
