import { createRegistry, type JsonObject, toJson } from "@bufbuild/protobuf";
import { Code, type ConnectError } from "@connectrpc/connect";
import { codeToHttpStatus } from "@connectrpc/connect/protocol-connect";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "../../../gen/google/rpc/error_details_pb.js";
import { statusName } from "../errors.js";

/** Paths below it have the shapes of k8snet-checker: other errors, and unknown fields ignored. */
export const legacyPrefix = "/api/v1/";

/** How an error looks: as Google's APIs have it, or as k8snet-checker has it. */
export type ErrorShape = "google" | "legacy";

/** The shape of errors under a path. */
export const errorShapeOf = (path: string): ErrorShape =>
  path.startsWith(legacyPrefix) ? "legacy" : "google";

/** An error as a REST answer. */
export type RestError = {
  readonly httpStatus: number;
  readonly json: JsonObject;
  /** Whole seconds for a Retry-After header; undefined when the error names none. */
  readonly retryAfterS: number | undefined;
};

const registry = createRegistry(BadRequestSchema, ErrorInfoSchema, RetryInfoSchema);

/**
 * An error in one of the shapes, with the HTTP status of its code unless another one says more (405, 421). Details that
 * are not of google.rpc are left out.
 */
export const restErrorFrom = (
  error: ConnectError,
  shape: ErrorShape,
  httpStatus: number = codeToHttpStatus(error.code),
): RestError => {
  const retryDelay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return {
    httpStatus,
    json:
      shape === "legacy" ? legacyJson(error, httpStatus) : { error: googleJson(error, httpStatus) },
    retryAfterS:
      retryDelay === undefined
        ? undefined
        : Math.max(1, Number(retryDelay.seconds) + Math.ceil(retryDelay.nanos / 1e9)),
  };
};

const googleJson = (error: ConnectError, code: number): JsonObject => ({
  code,
  status: statusName(error.code),
  message: error.rawMessage,
  details: error.findDetails(registry).flatMap((detail) => {
    const desc = registry.getMessage(detail.$typeName);
    if (desc === undefined) return [];
    const json = toJson(desc, detail, { useProtoFieldName: true }) as JsonObject;
    return [{ "@type": `type.googleapis.com/${detail.$typeName}`, ...json }];
  }),
});

const legacyJson = (error: ConnectError, httpStatus: number): JsonObject => ({
  code: httpStatus === 400 ? "INVALID_REQUEST" : statusName(error.code),
  message: error.rawMessage,
  details: error
    .findDetails(BadRequestSchema)
    .flatMap(({ fieldViolations }) => fieldViolations)
    .map(({ field, description }) => `${field}: ${description}`)
    .join("; "),
});

/** Whether a code is the server's own fault, so that its log should show the cause. */
export const isOwnFault = (code: Code): boolean =>
  code === Code.Internal || code === Code.Unknown || code === Code.DataLoss;
