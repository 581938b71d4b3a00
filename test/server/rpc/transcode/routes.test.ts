import { describe, expect, it } from "vitest";
import { CheckerService } from "../../../../gen/causeway/v1/checker_pb.js";
import { MeshService } from "../../../../gen/causeway/v1/mesh_pb.js";
import { createRouteTable } from "../../../../server/rpc/transcode/routes.js";
import { makeTestProto, type TestMethod } from "../../../support/rest-proto.js";

const tableOf = (methods: Record<string, TestMethod>) =>
  createRouteTable([makeTestProto(methods).service]);

const get = (path: string): TestMethod => ({ rule: { pattern: { case: "get", value: path } } });
const post = (path: string, body = "*"): TestMethod => ({
  rule: { pattern: { case: "post", value: path }, body },
});

/** Name of the method that a request finds, or what else was found. */
const found = (table: ReturnType<typeof tableOf>, httpMethod: string, path: string): unknown => {
  const match = table.find(httpMethod, path);
  if (match.kind === "found") return match.route.method.name;
  return match.kind === "wrong_method" ? match.allow : match.kind;
};

describe("createRouteTable()", () => {
  it("finds every RPC of the contract under its own path", () => {
    const table = createRouteTable([MeshService, CheckerService]);
    expect(table.routes).toHaveLength(20);
    expect(found(table, "GET", "/v1/agents")).toBe("ListAgents");
    expect(found(table, "GET", "/v1/agents/n1.pod")).toBe("GetAgent");
    expect(found(table, "GET", "/v1/matrix:watch")).toBe("WatchMatrix");
    expect(found(table, "GET", "/v1/pairs:worst")).toBe("ListWorstPairs");
    expect(found(table, "POST", "/v1/probes:run")).toBe("RunProbe");
    expect(found(table, "POST", "/api/v1/test-results/hosts")).toBe("SubmitHostResults");
    expect(found(table, "GET", "/api/v1/test-results/hosts")).toBe("GetHostResults");
    expect(found(table, "DELETE", "/api/v1/test-results/hosts")).toEqual(["GET", "POST"]);
    expect(found(table, "GET", "/v1/probes:run")).toEqual(["POST"]);
    expect(found(table, "GET", "/")).toBe("none");
  });

  it("prefers literals to variables, variables to **, and a verb to none", () => {
    const table = tableOf({
      Rest: get("/v1/{name=**}"),
      One: get("/v1/{name}"),
      Literal: get("/v1/items"),
      Verb: get("/v1/{name}:count"),
      RestVerb: get("/v1/{name=**}:count"),
    });
    expect(found(table, "GET", "/v1/items")).toBe("Literal");
    expect(found(table, "GET", "/v1/other")).toBe("One");
    expect(found(table, "GET", "/v1/a/b")).toBe("Rest");
    expect(found(table, "GET", "/v1/other:count")).toBe("Verb");
    expect(found(table, "GET", "/v1/a/b:count")).toBe("RestVerb");
  });

  it("takes additional bindings and custom methods", () => {
    const table = tableOf({
      Many: {
        rule: {
          pattern: { case: "get", value: "/v1/a" },
          additionalBindings: [
            { pattern: { case: "patch", value: "/v1/b" }, body: "node" },
            { pattern: { case: "custom", value: { kind: "*", path: "/v1/any" } } },
            { pattern: { case: "custom", value: { kind: "purge", path: "/v1/c" } } },
          ],
        },
      },
    });
    expect(found(table, "PATCH", "/v1/b")).toBe("Many");
    expect(found(table, "DELETE", "/v1/any")).toBe("Many");
    expect(found(table, "PURGE", "/v1/c")).toBe("Many");
    expect(found(table, "GET", "/v1/c")).toEqual(["PURGE"]);
  });

  it.each<[string, Record<string, TestMethod>]>([
    ["has no path", { A: { rule: {} } }],
    ["has no missing", { A: get("/v1/{missing}") }],
    ["has no node.missing", { A: get("/v1/{node.missing}") }],
    ["tags cannot be in a path", { A: get("/v1/{tags}") }],
    ["node cannot be in a path", { A: get("/v1/{node}") }],
    ["has no missing", { A: post("/v1/a", "missing") }],
    [
      "has no missing",
      { A: { rule: { pattern: { case: "get", value: "/a" }, responseBody: "missing" } } },
    ],
    ["no client streams", { A: { ...post("/v1/a"), clientStreaming: true } }],
    ["both serve GET", { A: get("/v1/{name}"), B: get("/v1/{raw}") }],
    [
      "do not nest",
      {
        A: {
          rule: {
            pattern: { case: "get", value: "/a" },
            additionalBindings: [
              {
                pattern: { case: "get", value: "/b" },
                additionalBindings: [{ pattern: { case: "get", value: "/c" } }],
              },
            ],
          },
        },
      },
    ],
  ])("stops the start when an annotation %s", (why, methods) => {
    expect(() => tableOf(methods)).toThrow(why);
  });
});
