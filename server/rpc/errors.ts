import { create, type DescMessage, type Message } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { codeFromString, codeToString } from "@connectrpc/connect/protocol-connect";
import { assertNever } from "../../common/assert.js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "../../gen/google/rpc/error_details_pb.js";

/** What went wrong between us and a peer, by the names that Connect uses; when to use which: CONTRIBUTING. */
export type RpcErrorCode =
  | "canceled"
  | "invalid_argument"
  | "deadline_exceeded"
  | "not_found"
  | "permission_denied"
  | "resource_exhausted"
  | "failed_precondition"
  | "aborted"
  | "unimplemented"
  | "internal"
  | "unavailable"
  | "unauthenticated";

/** What a program can read beside the message; google.rpc has a message for each. */
export type RpcErrorDetail =
  /** RetryInfo: when to try again, in milliseconds. */
  | { readonly kind: "retry_info"; readonly retryAfterMs: number }
  /** BadRequest: which field is wrong, by its proto name, and why. */
  | { readonly kind: "bad_field"; readonly field: string; readonly description: string }
  /** ErrorInfo: a reason in UPPER_SNAKE_CASE, with values. */
  | {
      readonly kind: "reason";
      readonly reason: string;
      readonly metadata: Readonly<Record<string, string>>;
    };

type RpcErrorInit = {
  readonly code: RpcErrorCode;
  /** For people; leaves the process. */
  readonly message: string;
  readonly details?: readonly RpcErrorDetail[];
  /** For the log; never leaves the process. */
  readonly cause?: unknown;
};

/** A fault between us and a peer. Thrown by services, turned into the listener's status once, at its edge. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: RpcErrorCode;
  readonly details: readonly RpcErrorDetail[];

  constructor({ code, message, details = [], cause }: RpcErrorInit) {
    super(message, cause === undefined ? {} : { cause });
    this.code = code;
    this.details = details;
  }
}

/** Any thrown value as an RpcError. What is not one is a bug of ours: "internal error", with the value as its cause. */
export const rpcErrorFrom = (error: unknown): RpcError => {
  if (error instanceof RpcError) return error;
  if (isAbortError(error)) {
    return new RpcError({ code: "canceled", message: "the call was cancelled", cause: error });
  }
  return new RpcError({ code: "internal", message: "internal error", cause: error });
};

/** Any thrown value as the error that connect-es sends: for the query port. ConnectErrors pass through. */
export const connectErrorFrom = (error: unknown): ConnectError => {
  if (error instanceof ConnectError) return error;
  const { code, message, details, cause } = rpcErrorFrom(error);
  return new ConnectError(
    message,
    codeFromString(code),
    undefined,
    details.map(googleDetail),
    cause,
  );
};

/** The gRPC name of a code, as REST errors show it: NOT_FOUND. */
export const statusName = (code: Code): string =>
  code === Code.Canceled ? "CANCELLED" : codeToString(code).toUpperCase();

/** The code of whatever a call ended with, in lower case, as metrics count it. */
export const codeWord = (error: unknown): string => codeToString(connectErrorFrom(error).code);

const isAbortError = (error: unknown): boolean =>
  error instanceof Error && error.name === "AbortError";

type GoogleDetail = { readonly desc: DescMessage; readonly value: Message };

const googleDetail = (detail: RpcErrorDetail): GoogleDetail => {
  switch (detail.kind) {
    case "retry_info": {
      const retryDelay = durationFromMs(detail.retryAfterMs);
      return { desc: RetryInfoSchema, value: create(RetryInfoSchema, { retryDelay }) };
    }
    case "bad_field": {
      const fieldViolations = [{ field: detail.field, description: detail.description }];
      return { desc: BadRequestSchema, value: create(BadRequestSchema, { fieldViolations }) };
    }
    case "reason": {
      const { reason, metadata } = detail;
      const info = { reason, domain: "causeway", metadata: { ...metadata } };
      return { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, info) };
    }
    default:
      return assertNever(detail);
  }
};
