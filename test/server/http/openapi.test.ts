import { describe, expect, it } from "vitest";
import { CheckerService } from "../../../gen/causeway/v1/checker_pb.js";
import { MeshService } from "../../../gen/causeway/v1/mesh_pb.js";
import { openapiDocument } from "../../../server/http/openapi.js";
import { createRouteTable } from "../../../server/rpc/transcode/routes.js";
import { makeTestProto } from "../../support/rest-proto.js";

type Json = { readonly [key: string]: Json | undefined };

const documentOf = (...services: Parameters<typeof createRouteTable>[0]): Json => {
  const { routes } = createRouteTable(services);
  // What a reader of the JSON sees, not what the objects are.
  return JSON.parse(JSON.stringify(openapiDocument({ routes, version: "1.2.3" })));
};

const document = documentOf(MeshService, CheckerService);

/** Every value under a key, anywhere. */
const valuesOf = (json: unknown, key: string): unknown[] => {
  if (typeof json !== "object" || json === null) return [];
  return Object.entries(json).flatMap(([name, value]) => [
    ...(name === key ? [value] : []),
    ...valuesOf(value, key),
  ]);
};

describe("openapiDocument()", () => {
  it("has an operation for each route of the contract", () => {
    const operations = Object.values(document["paths"] ?? {}).flatMap((item) =>
      Object.keys(item ?? {}),
    );
    expect(operations).toHaveLength(20);
    expect(Object.keys(document["paths"] ?? {})).toEqual(
      expect.arrayContaining([
        "/v1/pairs/{source}/{target}",
        "/v1/matrix:watch",
        "/api/v1/heartbeat",
      ]),
    );
    const ids = valuesOf(document["paths"], "operationId");
    expect(new Set(ids).size).toBe(20);
    expect(document["info"]?.["version"]).toBe("1.2.3");
  });

  it("refers only to schemas that it has", () => {
    const references = valuesOf(document, "$ref") as string[];
    const found = (reference: string): unknown =>
      reference
        .slice(2)
        .split("/")
        .reduce<Json | undefined>((json, part) => json?.[part], document);
    expect(references.length).toBeGreaterThan(50);
    expect(references.filter((reference) => found(reference) === undefined)).toEqual([]);
  });

  it("shows the comments of the protos", () => {
    const operation = document["paths"]?.["/v1/pairs/{source}/{target}"]?.["get"];
    expect(operation).toMatchObject({
      tags: ["MeshService"],
      operationId: "MeshService_GetPair",
      description: expect.stringMatching(/^One pair in both directions/),
      parameters: [
        { name: "source", in: "path", required: true, description: expect.any(String) },
        { name: "target", in: "path", required: true },
        { name: "window_s", in: "query", schema: { type: "integer", format: "int32" } },
      ],
      responses: {
        "200": {
          content: {
            "application/json": { schema: { $ref: "#/components/schemas/causeway.v1.Pair" } },
          },
        },
      },
    });
    const undescribed = Object.entries(
      document["components"]?.["schemas"]?.["causeway.v1.Agent"]?.["properties"] ?? {},
    )
      .filter(([, schema]) => schema?.["description"] === undefined)
      .map(([name]) => name);
    expect(undescribed).toEqual([]);
  });

  it("writes types as ProtoJSON does", () => {
    const properties = document["components"]?.["schemas"]?.["causeway.v1.Agent"]?.["properties"];
    expect(properties).toMatchObject({
      applied_revision: { type: "string", format: "uint64" },
      spooled_batches: { type: "integer" },
      since: { type: "string", format: "date-time" },
      features: { type: "array", items: { type: "string" } },
      unavailable: { type: "object", additionalProperties: { type: "string" } },
      state: { $ref: "#/components/schemas/causeway.v1.AgentState" },
    });
  });

  it("names what a request must have", () => {
    const schemas = document["components"]?.["schemas"];
    const requiredOf = (name: string): unknown => schemas?.[`causeway.v1.${name}`]?.["required"];
    expect(requiredOf("SubmitResultsRequest")).toEqual(["source_ip", "results"]);
    expect(requiredOf("SendHeartbeatRequest")).toEqual(["node_ip", "pod_ip", "pod_name"]);
    expect(requiredOf("CheckerResult")).toBeUndefined();
  });

  it("tells streams, bodies and error shapes apart", () => {
    const paths = document["paths"];
    const watch = paths?.["/v1/matrix:watch"]?.["get"]?.["responses"]?.["200"]?.["content"];
    expect(Object.keys(watch ?? {})).toEqual(["application/x-ndjson", "text/event-stream"]);
    const run = paths?.["/v1/probes:run"]?.["post"];
    expect(run?.["requestBody"]?.["content"]?.["application/json"]?.["schema"]).toEqual({
      $ref: "#/components/schemas/causeway.v1.RunProbeRequest",
    });
    const refOf = (path: string, method: string) =>
      valuesOf(paths?.[path]?.[method]?.["responses"]?.["default"], "$ref");
    expect(refOf("/v1/agents", "get")).toEqual(["#/components/schemas/Error"]);
    expect(refOf("/api/v1/heartbeat", "post")).toEqual(["#/components/schemas/LegacyError"]);
  });

  it("takes every shape of annotation", () => {
    const { service } = makeTestProto({
      Deep: {
        rule: {
          pattern: { case: "put", value: "/v1/{node.name=shelves/*/books/**}:move" },
          body: "node",
          responseBody: "tags",
          additionalBindings: [{ pattern: { case: "get", value: "/v1/*/deep/{name}" } }],
        },
      },
    });
    const paths = documentOf(service)["paths"];
    expect(Object.keys(paths ?? {})).toEqual(["/v1/{node.name}:move", "/v1/*/deep/{name}"]);
    expect(valuesOf(paths, "operationId")).toEqual(["Rest_Deep", "Rest_Deep_2"]);
  });
});
