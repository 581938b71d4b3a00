import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import * as grpc from "@grpc/grpc-js";
import { ConnectRequestSchema, ConnectResponseSchema } from "../../gen/causeway/v1/agent_pb.js";
import { rowBatchSchema, rowSchema } from "./row-messages.js";

/**
 * The server half of the ingest benchmark: one bidirectional method for each encoding on the same gRPC stack, which decodes
 * every message, reads every result and acknowledges every few messages. Commands come over IPC; CPU is this process's.
 */
type Variant = {
  readonly method: string;
  readonly decode: (bytes: Buffer) => unknown;
  readonly count: (message: unknown) => number;
  readonly ackEvery: number;
};

let checksum = 0;

const variants: readonly Variant[] = [
  {
    method: "Columns",
    decode: (bytes) => fromBinary(ConnectRequestSchema, bytes),
    count: (message) => {
      const request = message as ReturnType<typeof fromBinary<typeof ConnectRequestSchema>>;
      if (request.kind.case !== "results" || request.kind.value.columns === undefined) return 0;
      const { targetId, rttUs, outcome } = request.kind.value.columns;
      for (let i = 0; i < targetId.length; i++) {
        checksum += (targetId[i] ?? 0) + (rttUs[i] ?? 0) + (outcome[i] ?? 0);
      }
      return targetId.length;
    },
    ackEvery: 2,
  },
  {
    method: "RowBatches",
    decode: (bytes) => fromBinary(rowBatchSchema, bytes),
    count: (message) => {
      const rows = (message as unknown as { rows: { rttUs: number; status: number }[] }).rows;
      for (const row of rows) checksum += row.rttUs + row.status;
      return rows.length;
    },
    ackEvery: 2,
  },
  {
    method: "Rows",
    decode: (bytes) => fromBinary(rowSchema, bytes),
    count: (message) => {
      const row = message as unknown as { rttUs: number; status: number };
      checksum += row.rttUs + row.status;
      return 1;
    },
    ackEvery: 8,
  },
];

const ack = Buffer.from(
  toBinary(
    ConnectResponseSchema,
    create(ConnectResponseSchema, { kind: { case: "ack", value: { seq: 1n } } }),
  ),
);

let messages = 0;
let results = 0;

const definition = Object.fromEntries(
  variants.map((variant) => [
    variant.method,
    {
      path: `/causeway.bench.Bench/${variant.method}`,
      requestStream: true,
      responseStream: true,
      requestDeserialize: variant.decode,
      requestSerialize: (value: Buffer) => value,
      responseSerialize: (value: Buffer) => value,
      responseDeserialize: (value: Buffer) => value,
    },
  ]),
);

const implementation = Object.fromEntries(
  variants.map((variant) => [
    variant.method,
    (call: grpc.ServerDuplexStream<unknown, Buffer>) => {
      let sinceAck = 0;
      call.on("data", (message) => {
        messages++;
        results += variant.count(message);
        if (++sinceAck === variant.ackEvery) {
          sinceAck = 0;
          call.write(ack);
        }
      });
      call.on("end", () => call.end());
      call.on("error", () => undefined);
    },
  ]),
);

const server = new grpc.Server({ "grpc.enable_channelz": 0 });
server.addService(definition as grpc.ServiceDefinition, implementation);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  process.send?.({ kind: "listening", port });
});

let cpu = process.cpuUsage();
let started = performance.now();
process.on("message", (command) => {
  if (command === "start") {
    messages = 0;
    results = 0;
    cpu = process.cpuUsage();
    started = performance.now();
  }
  if (command === "stop") {
    const used = process.cpuUsage(cpu);
    const seconds = (performance.now() - started) / 1000;
    const cpuUs = used.user + used.system;
    process.send?.({ kind: "figures", messages, results, cpuUs, seconds, checksum });
  }
});
process.on("disconnect", () => process.exit(0));
