import { type JsonValue, type MessageInitShape, toJson } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { CheckerService } from "../../../../gen/causeway/v1/checker_pb.js";
import type { HttpRuleSchema } from "../../../../gen/google/api/http_pb.js";
import { bindRequest, queryParameterNames } from "../../../../server/rpc/transcode/bind.js";
import { createRouteTable, type Route } from "../../../../server/rpc/transcode/routes.js";
import { makeTestProto } from "../../../support/rest-proto.js";

type Rule = MessageInitShape<typeof HttpRuleSchema>;

const routeOf = (rule: Rule): Route => {
  const { service } = makeTestProto({ Method: { rule } });
  const [route] = createRouteTable([service]).routes;
  if (route === undefined) throw new Error("no route");
  return route;
};

type Input = { query?: string; body?: JsonValue; variables?: Record<string, string> };

/** The bound request as JSON with proto names. */
const bound = (rule: Rule, input: Input, ignoreUnknownFields = false): unknown => {
  const route = routeOf(rule);
  const message = bindRequest(
    route,
    {
      variables: new Map(Object.entries(input.variables ?? {})),
      query: new URLSearchParams(input.query),
      body: input.body,
    },
    { ignoreUnknownFields },
  );
  return toJson(route.method.input, message, { useProtoFieldName: true });
};

const plain: Rule = { pattern: { case: "get", value: "/v1/items" } };
const whole: Rule = { pattern: { case: "post", value: "/v1/items" }, body: "*" };
const nodeBody: Rule = { pattern: { case: "post", value: "/v1/{name}" }, body: "node" };

describe("bindRequest()", () => {
  it.each<[string, unknown]>([
    ["name=a+b%2Fc", { name: "a b/c" }],
    ["name=a&name=b", { name: "b" }],
    ["tags=a&tags=b", { tags: ["a", "b"] }],
    ["big_number=9007199254740993", { big_number: "9007199254740993" }],
    ["bigNumber=7", { big_number: "7" }],
    ["on=True&maybe=0", { on: true, maybe: false }],
    ["on=1", { on: true }],
    [
      "phase=PHASE_ONE&phases=2&phases=PHASE_ONE",
      { phase: "PHASE_ONE", phases: ["PHASE_TWO", "PHASE_ONE"] },
    ],
    ["since=2026-01-02T03:04:05Z&ttl=1.5s", { since: "2026-01-02T03:04:05Z", ttl: "1.500s" }],
    [
      "node.name=n1&node.parent.zone=z&node.cores=4",
      { node: { name: "n1", parent: { zone: "z" }, cores: 4 } },
    ],
    ["ratio=0.5&raw=aGk%3D", { ratio: 0.5, raw: "aGk=" }],
    ["name=", {}],
  ])("takes query parameters %s", (query, expected) => {
    expect(bound(plain, { query })).toEqual(expected);
  });

  it.each([
    ["nope=1", 'unknown query parameter "nope"; /v1/items takes name, node.name'],
    ["node=x", "unknown query parameter"],
    ["nodes.name=x", "unknown query parameter"],
    ["labels=x", "unknown query parameter"],
    ["node.parent.parent.parent.nope=x", "unknown query parameter"],
    ["__proto__=x", "unknown query parameter"],
    ["on=maybe", "on: expected true or false"],
    ["maybe=2", "maybe: expected true or false"],
    ["phase=PHASE_NONE", "phase: must be one of PHASE_UNSPECIFIED, PHASE_ONE, PHASE_TWO"],
    ["node.cores=-1", "node.cores: "],
    ["big_number=x", "big_number"],
    ["big_number=", "big_number"],
    ["since=yesterday", "since"],
    ["ratio=wide", "ratio"],
  ])("refuses query parameters %s, naming them", (query, message) => {
    expect(() => bound(plain, { query })).toThrow(
      expect.objectContaining({
        code: "invalid_argument",
        message: expect.stringContaining(message),
      }),
    );
  });

  it("takes the whole message from the body, by either name, and no query parameters", () => {
    expect(bound(whole, { body: { name: "a", bigNumber: "7", nodes: [{ name: "n" }] } })).toEqual({
      name: "a",
      big_number: "7",
      nodes: [{ name: "n" }],
    });
    expect(bound(whole, {})).toEqual({});
    expect(() => bound(whole, { query: "name=a" })).toThrow("takes none");
  });

  it("takes one field from the body and the others from query and path, which overwrite", () => {
    const input = { body: { name: "n1", zone: "z" }, query: "on=1", variables: { name: "a" } };
    expect(bound(nodeBody, input)).toEqual({
      name: "a",
      on: true,
      node: { name: "n1", zone: "z" },
    });
    expect(() => bound(nodeBody, { query: "node.zone=z" })).toThrow("unknown query parameter");
    expect(() => bound(nodeBody, { query: "name=b" })).toThrow("unknown query parameter");
    const both = { ...whole, pattern: { case: "post" as const, value: "/v1/{node.name}" } };
    const overwritten = {
      body: { node: { name: "body", zone: "z" } },
      variables: { "node.name": "path" },
    };
    expect(bound(both, overwritten)).toEqual({ node: { name: "path", zone: "z" } });
  });

  it.each<[JsonValue, string]>([
    [{ nonsense: 1 }, "body: nonsense: unknown field, Item has name, node, tags"],
    [{ naem: "a" }, "body: naem: unknown field, did you mean name?"],
    [{ big_number: "x" }, "body: big_number"],
    [{ node: { cores: 1.5 } }, "body: node.cores: expected number"],
    [{ nodes: [{}, { parent: { cores: "x" } }] }, "body: nodes[1].parent.cores: "],
    [{ phases: ["PHASE_NONE"] }, "body: phases: must be one of PHASE_UNSPECIFIED, PHASE_ONE"],
    [{ since: "yesterday" }, "body: since: "],
    [{ labels: { a: 1 } }, "body: labels: "],
    [{ name: "a", ["x".repeat(5_000)]: 1 }, "…"],
    [{ tags: "a" }, "body: tags"],
    [[], "body: must be a JSON object"],
    ["text", "body: must be a JSON object"],
    [{ node: 7 }, "body: node: must be a JSON object"],
    [{ name: "a", nodes: [{ nope: 1 }] }, "body: nodes[0].nope: unknown field"],
  ])("refuses the body %j, naming the field", (body, message) => {
    expect(() => bound(whole, { body })).toThrow(
      expect.objectContaining({
        code: "invalid_argument",
        message: expect.stringContaining(message),
      }),
    );
  });

  it("ignores unknown fields and parameters where it is told to", () => {
    expect(bound(whole, { body: { name: "a", nope: 1 }, query: "x=1" }, true)).toEqual({
      name: "a",
    });
    expect(() => bound(whole, { body: { big_number: "x" } }, true)).toThrow("big_number");
  });
});

describe("bindRequest() with required fields", () => {
  const posted = (body: JsonValue | undefined) => {
    const { routes } = createRouteTable([CheckerService]);
    const route = routes.find(({ method }) => method.name === "SubmitHostResults");
    if (route === undefined) throw new Error("no route");
    const input = { variables: new Map(), query: new URLSearchParams(), body };
    return bindRequest(route, input, { ignoreUnknownFields: true });
  };

  it("takes an empty list, which is there", () => {
    expect(posted({ source_ip: "10.1.0.1", results: [] })).toMatchObject({ results: [] });
    expect(posted({ sourceIp: "10.1.0.1", results: [] })).toMatchObject({ sourceIp: "10.1.0.1" });
  });

  it.each<[JsonValue | undefined, string]>([
    [undefined, "source_ip"],
    [{ results: [] }, "source_ip"],
    [{ source_ip: "10.1.0.1" }, "results"],
    [{ source_ip: "10.1.0.1", results: null }, "results"],
  ])("refuses %j, which lacks one", (body, field) => {
    expect(() => posted(body)).toThrow(
      expect.objectContaining({
        code: "invalid_argument",
        message: `${field} must be set`,
        details: [{ kind: "bad_field", field, description: "must be set" }],
      }),
    );
  });
});

describe("queryParameterNames()", () => {
  it("lists every parameter once, entering a message that holds itself only once", () => {
    expect(queryParameterNames(routeOf(plain))).toEqual([
      "name",
      "node.name",
      "node.zone",
      "node.cores",
      "tags",
      "big_number",
      "on",
      "phase",
      "phases",
      "since",
      "ttl",
      "maybe",
      "raw",
      "ratio",
    ]);
    expect(queryParameterNames(routeOf(nodeBody))).not.toContain("name");
    expect(queryParameterNames(routeOf(whole))).toEqual([]);
  });
});
