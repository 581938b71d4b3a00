import { constants, type ServerHttp2Stream } from "node:http2";
import type { DescService } from "@bufbuild/protobuf";
import {
  type handleBidiStreamingCall,
  type Metadata,
  type Server,
  type ServerDuplexStream,
  ServerInterceptingCall,
  type ServerInterceptor,
  status,
} from "@grpc/grpc-js";
import { assert } from "../../common/assert.js";
import { AgentService } from "../../gen/causeway/v1/agent_pb.js";
import { CheckerService } from "../../gen/causeway/v1/checker_pb.js";
import { MeshService } from "../../gen/causeway/v1/mesh_pb.js";
import { Health } from "../../gen/grpc/health/v1/health_pb.js";
import { ServerReflection } from "../../gen/grpc/reflection/v1/reflection_pb.js";

/** One agent stream as grpc-js hands it over: bytes both ways, (de)coded by wire.ts. */
export type BytesCall = ServerDuplexStream<Buffer, Buffer>;

/**
 * Registers AgentService.Connect. Bytes pass through both ways: a plan that goes to many is encoded once, and a malformed
 * message ends its stream with INVALID_ARGUMENT instead of grpc-js's INTERNAL.
 */
export const registerAgentService = (
  server: Server,
  handler: handleBidiStreamingCall<Buffer, Buffer>,
): void => {
  server.register(pathOf(AgentService, "Connect"), handler, asIs, asIs, "bidi");
};

/** Answers the services of the query port here too, saying where they are. */
export const registerElsewhere = (
  server: Server,
  { queryPort, find }: { readonly queryPort: number; readonly find: FindStream },
): void => {
  const refuse: handleBidiStreamingCall<Buffer, Buffer> = (call) => {
    const stream = find(call);
    // The answer is whole: whoever goes on sending is not listened to.
    setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), refusedStreamMs).unref();
    call.emit("error", {
      code: status.UNIMPLEMENTED,
      details: `this is the agent port; ${call.getPath().slice(1)} is served on the query port (HTTP_PORT), ${queryPort}`,
    });
  };
  for (const service of [MeshService, CheckerService, Health, ServerReflection]) {
    for (const { name } of service.methods) {
      server.register(pathOf(service, name), refuse, asIs, asIs, "bidi");
    }
  }
};

const refusedStreamMs = 100;

const pathOf = (service: DescService, method: string): string => `/${service.typeName}/${method}`;

const asIs = (bytes: Buffer): Buffer => bytes;

/** Finds the HTTP/2 stream below a call. */
export type FindStream = (call: BytesCall) => ServerHttp2Stream;

/**
 * Gives the HTTP/2 stream below a call, which grpc-js has but does not show; needed to measure frames and to end a stream
 * whose reader takes nothing. `interceptor` must be the server's.
 */
export const createStreamFinder = (): {
  readonly interceptor: ServerInterceptor;
  readonly find: FindStream;
} => {
  const streams = new WeakMap<Metadata, ServerHttp2Stream>();
  const interceptor: ServerInterceptor = (_method, call) => {
    // A private field: the version of grpc-js is pinned, and a release without it fails here at the first call.
    const stream: unknown = Reflect.get(call, "stream");
    assert(isHttp2Stream(stream), "grpc-js keeps the HTTP/2 stream of a call in `stream`");
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, pass) => {
            streams.set(metadata, stream);
            pass(metadata);
          },
        }),
    });
  };
  return {
    interceptor,
    find: (call) => {
      const stream = streams.get(call.metadata);
      assert(stream !== undefined, "every call passes the interceptor first");
      return stream;
    },
  };
};

const isHttp2Stream = (value: unknown): value is ServerHttp2Stream =>
  typeof value === "object" &&
  value !== null &&
  "push" in value &&
  "rstCode" in value &&
  "session" in value;
