import { describe, expect, it } from "vitest";
import { AnalysisService } from "../../../gen/causeway/v1/analysis_pb.js";
import { CheckerService } from "../../../gen/causeway/v1/checker_pb.js";
import { MeshService } from "../../../gen/causeway/v1/mesh_pb.js";
import { PolicyService } from "../../../gen/causeway/v1/policy_pb.js";
import { ServerReflection } from "../../../gen/grpc/reflection/v1/reflection_pb.js";
import { apiTokensMax } from "../../../server/limits.js";
import { bearerToken, parseTokenFile, verbOfMethod } from "../../../server/rpc/api-auth.js";

describe("verbOfMethod()", () => {
  it.each([
    [MeshService.method.listAgents, "list"],
    [MeshService.method.listWorstPairs, "list"],
    [MeshService.method.getAgent, "get"],
    [MeshService.method.getReport, "get"],
    [MeshService.method.watchMatrix, "watch"],
    [MeshService.method.runProbe, "create"],
    [CheckerService.method.sendHeartbeat, "create"],
    [CheckerService.method.countClients, "get"],
    [PolicyService.method.evaluate, "get"],
    [PolicyService.method.suggestFix, "get"],
    [PolicyService.method.listConnections, "list"],
    [AnalysisService.method.analyzePodCommunication, "create"],
    [ServerReflection.method.serverReflectionInfo, "get"],
  ])("of %s is %s", (method, verb) => {
    expect(verbOfMethod(method)).toBe(verb);
  });
});

describe("bearerToken()", () => {
  it.each([
    ["Bearer abc", "abc"],
    ["bearer  a.b-c ", "a.b-c"],
    ["Basic abc", undefined],
    ["Bearer", undefined],
    ["Bearer a b", undefined],
    ["", undefined],
    [undefined, undefined],
  ])("of %j is %j", (header, token) => {
    expect(bearerToken(header)).toBe(token);
  });
});

describe("parseTokenFile()", () => {
  it("reads lines, skipping comments and empty ones", () => {
    const tokens = parseTokenFile("# ours\n\nt1,ann,get\r\n  t2 , bob , watch+create \n");
    expect(tokens.map(({ user, verbs }) => [user, [...verbs]])).toEqual([
      ["ann", ["get"]],
      ["bob", ["watch", "create"]],
    ]);
  });

  it("does not keep the token itself", () => {
    expect(JSON.stringify(parseTokenFile("sesame,ann,get"))).not.toContain("sesame");
  });

  it("names every bad line by number, never by content", () => {
    const text = "sesame\nt,ann,get\nt,ann,fly\nsecret,,get\na b,ann,get\nt,ann,get,more";
    expect(() => parseTokenFile(text)).toThrow(
      "token file: line 1: not token,user,verb+verb; line 3: verbs are get, list, watch, create, joined by +; " +
        "line 4: not token,user,verb+verb; line 5: not token,user,verb+verb; line 6: not token,user,verb+verb",
    );
  });

  it("takes apiTokensMax tokens and no more", () => {
    const lines = (count: number) =>
      Array.from({ length: count }, (_, at) => `t${at},u,get`).join("\n");
    expect(parseTokenFile(lines(apiTokensMax))).toHaveLength(apiTokensMax);
    expect(() => parseTokenFile(lines(apiTokensMax + 1))).toThrow(
      `more than ${apiTokensMax} tokens`,
    );
  });
});
