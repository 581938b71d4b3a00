import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "../../../gen/google/rpc/error_details_pb.js";
import {
  connectErrorFrom,
  RpcError,
  rpcErrorFrom,
  statusName,
} from "../../../server/rpc/errors.js";
import { restErrorFrom } from "../../../server/rpc/transcode/error-json.js";

const detailed = new RpcError({
  code: "resource_exhausted",
  message: "too many",
  details: [
    { kind: "retry_info", retryAfterMs: 2500 },
    { kind: "bad_field", field: "port", description: "is taken" },
    { kind: "reason", reason: "RUNS_MAX", metadata: { max: "4" } },
  ],
});

describe("rpcErrorFrom()", () => {
  it("keeps what is an RpcError and hides what is a bug", () => {
    expect(rpcErrorFrom(detailed)).toBe(detailed);
    const bug = new Error("password is hunter2");
    expect(rpcErrorFrom(bug)).toMatchObject({
      code: "internal",
      message: "internal error",
      cause: bug,
    });
    expect(rpcErrorFrom("text")).toMatchObject({ code: "internal", cause: "text" });
  });

  it("takes an abort for a cancelled call", () => {
    const abort = new DOMException("This operation was aborted", "AbortError");
    expect(rpcErrorFrom(abort).code).toBe("canceled");
  });
});

describe("connectErrorFrom()", () => {
  it("carries the code, the message and the details of google.rpc", () => {
    const error = connectErrorFrom(detailed);
    expect([error.code, error.rawMessage]).toEqual([Code.ResourceExhausted, "too many"]);
    expect(error.details.map((detail) => ("desc" in detail ? detail.desc.typeName : ""))).toEqual([
      RetryInfoSchema.typeName,
      BadRequestSchema.typeName,
      ErrorInfoSchema.typeName,
    ]);
  });

  it("keeps what is a ConnectError", () => {
    const error = new ConnectError("x", Code.Aborted);
    expect(connectErrorFrom(error)).toBe(error);
  });
});

describe("restErrorFrom()", () => {
  it("has the shape of Google's APIs", () => {
    expect(restErrorFrom(connectErrorFrom(detailed), "google")).toEqual({
      httpStatus: 429,
      retryAfterS: 3,
      json: {
        error: {
          code: 429,
          status: "RESOURCE_EXHAUSTED",
          message: "too many",
          details: [
            { "@type": "type.googleapis.com/google.rpc.RetryInfo", retry_delay: "2.500s" },
            {
              "@type": "type.googleapis.com/google.rpc.BadRequest",
              field_violations: [{ field: "port", description: "is taken" }],
            },
            {
              "@type": "type.googleapis.com/google.rpc.ErrorInfo",
              reason: "RUNS_MAX",
              domain: "causeway",
              metadata: { max: "4" },
            },
          ],
        },
      },
    });
  });

  it.each([
    ["invalid_argument", 400, "INVALID_REQUEST"],
    ["failed_precondition", 400, "INVALID_REQUEST"],
    ["not_found", 404, "NOT_FOUND"],
    ["unauthenticated", 401, "UNAUTHENTICATED"],
    ["unavailable", 503, "UNAVAILABLE"],
    ["canceled", 499, "CANCELLED"],
  ] as const)("has the shape of k8snet-checker for %s", (code, httpStatus, name) => {
    const details = [{ kind: "bad_field" as const, field: "pod_name", description: "is empty" }];
    const error = connectErrorFrom(new RpcError({ code, message: "no", details }));
    expect(restErrorFrom(error, "legacy")).toMatchObject({
      httpStatus,
      json: { code: name, message: "no", details: "pod_name: is empty" },
    });
  });
});

describe("statusName()", () => {
  it("gives the names of gRPC", () => {
    expect([Code.Canceled, Code.DeadlineExceeded, Code.NotFound].map(statusName)).toEqual([
      "CANCELLED",
      "DEADLINE_EXCEEDED",
      "NOT_FOUND",
    ]);
  });
});
