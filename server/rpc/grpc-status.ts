import { create, toBinary } from "@bufbuild/protobuf";
import { anyPack, durationFromMs } from "@bufbuild/protobuf/wkt";
import { Metadata } from "@grpc/grpc-js";
import { type StatusCode, statusCodes } from "../../common/agent-stream.js";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { StatusSchema } from "../../gen/google/rpc/status_pb.js";
import { statusTextCharsMax } from "../limits.js";

/** How a stream ends, for the peer. */
export type StreamStatus = {
  readonly code: StatusCode;
  /** For people. */
  readonly message: string;
  /** When to come back; undefined leaves it to the peer's own back-off. */
  readonly retryAfterMs: number | undefined;
};

/** A status as grpc-js takes it; with RetryInfo when the peer is told when to come back. */
export type GrpcStatus = {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
};

/** A stream's end as grpc-js sends it. */
export const grpcStatus = ({ code, message, retryAfterMs }: StreamStatus): GrpcStatus => {
  const number = statusCodes.indexOf(code);
  const details = statusText(message);
  const metadata = new Metadata();
  if (retryAfterMs !== undefined) {
    const retryDelay = durationFromMs(Math.max(Math.round(retryAfterMs), 0));
    const status = create(StatusSchema, {
      code: number,
      message: details,
      details: [anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay }))],
    });
    metadata.set("grpc-status-details-bin", Buffer.from(toBinary(StatusSchema, status)));
  }
  return { code: number, details, metadata };
};

/**
 * A message that may stand in a trailer: short, and without halves of surrogate pairs, on which grpc-js's percent-encoding
 * would throw. Messages quote what a peer sent.
 */
const statusText = (message: string): string =>
  Buffer.from(message.slice(0, statusTextCharsMax)).toString();
