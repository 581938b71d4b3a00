import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { ConnectRequestSchema } from "../../gen/causeway/v1/agent_pb.js";
import type { createFigures } from "./figures.js";
import { rowBatchSchema, rowInit, rowSchema } from "./row-messages.js";

const connectionCount = Number(process.env["BENCH_CONNECTIONS"] ?? 1000);
const warmupMs = 3000;
const windowMs = 5000;
const batchSize = 100;
const streamsPerTurn = 20;

/** A gRPC message frame: compression flag, length, bytes. */
const framed = (bytes: Uint8Array): Buffer => {
  const frame = Buffer.alloc(5 + bytes.length);
  frame.writeUInt32BE(bytes.length, 1);
  frame.set(bytes, 5);
  return frame;
};

const columnsMessage = (): Buffer => {
  const index = Array.from({ length: batchSize }, (_, i) => i);
  const columns = {
    baseUnixUs: 1_795_000_000_000_000n,
    targetId: index.map((i) => 1 + ((i * 37) % 1000)),
    timeDeltaUs: index.map((i) => i * 997),
    rttUs: index.map((i) => 180 + ((i * 13) % 900)),
    outcome: index.map(() => 1),
  };
  const value = { bootId: "0123456789abcdef0123456789abcdef", seq: 1n, serverEpoch: "e1", columns };
  return framed(
    toBinary(
      ConnectRequestSchema,
      create(ConnectRequestSchema, { kind: { case: "results", value } }),
    ),
  );
};

const rowBatchMessage = (): Buffer => {
  const rows = Array.from({ length: batchSize }, (_, i) => create(rowSchema, rowInit(i)));
  return framed(toBinary(rowBatchSchema, create(rowBatchSchema, { rows })));
};

const rowMessage = (): Buffer => framed(toBinary(rowSchema, create(rowSchema, rowInit(7))));

type OpenStream = {
  readonly session: ClientHttp2Session;
  readonly stream: ClientHttp2Stream;
  readonly message: Buffer;
  /** Messages that may be sent now. */
  credit: number;
};

/** One stream on a connection of its own; every ack gives credit for the next few messages. */
const openStream = async (
  port: number,
  options: { method: string; message: Buffer; window: number; perAck: number },
): Promise<OpenStream> => {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => undefined);
  await once(session, "connect");
  const stream = session.request(
    {
      ":method": "POST",
      ":path": `/causeway.bench.Bench/${options.method}`,
      "content-type": "application/grpc",
      te: "trailers",
    },
    { endStream: false },
  );
  stream.on("error", () => undefined);
  const opened: OpenStream = { session, stream, message: options.message, credit: options.window };
  // An ack is a frame of 5 + 4 bytes; several may come in one chunk.
  let pending = 0;
  stream.on("data", (chunk: Buffer) => {
    pending += chunk.length;
    const acks = Math.floor(pending / 9);
    pending -= acks * 9;
    opened.credit += acks * options.perAck;
  });
  return opened;
};

/**
 * Sends round and round, one message a stream and a few streams a turn: agents send at times of their own, so the server
 * never finds several messages of one agent in a single read.
 */
const startSending = (streams: readonly OpenStream[]): (() => void) => {
  let next = 0;
  let isStopped = false;
  const turn = (): void => {
    if (isStopped) return;
    for (let i = 0; i < streamsPerTurn; i++) {
      const each = streams[next];
      next = (next + 1) % streams.length;
      if (each === undefined || each.credit === 0 || each.stream.destroyed) continue;
      each.credit -= 1;
      each.stream.write(each.message);
    }
    setImmediate(turn);
  };
  turn();
  return () => {
    isStopped = true;
  };
};

type ServerFigures = {
  messages: number;
  results: number;
  cpuUs: number;
  seconds: number;
};

const ask = async (child: ChildProcess, command: string): Promise<ServerFigures> => {
  const answer = once(child, "message");
  child.send(command);
  return (await answer)[0] as ServerFigures;
};

const measure = async (options: {
  method: string;
  message: Buffer;
  window: number;
  perAck: number;
}): Promise<ServerFigures> => {
  const child = fork(new URL("ingest-server.ts", import.meta.url), {
    execArgv: ["--import", "tsx"],
    stdio: "inherit",
  });
  const [listening] = (await once(child, "message")) as [{ port: number }];
  const streams = [];
  for (let i = 0; i < connectionCount; i += 50) {
    const some = Array.from({ length: Math.min(50, connectionCount - i) }, () =>
      openStream(listening.port, options),
    );
    streams.push(...(await Promise.all(some)));
  }
  const stopSending = startSending(streams);
  await new Promise((resolve) => setTimeout(resolve, warmupMs));
  child.send("start");
  await new Promise((resolve) => setTimeout(resolve, windowMs));
  const figures = await ask(child, "stop");
  stopSending();
  for (const { session } of streams) session.destroy();
  const exited = once(child, "exit");
  child.disconnect();
  await exited;
  return figures;
};

/** Columnar batches of 100 against rows in batches of 100 and rows one by one, on the same stack in the same run. */
export const benchIngest = async (figures: ReturnType<typeof createFigures>): Promise<void> => {
  const perResult = (f: ServerFigures): number => f.cpuUs / f.results;
  const columns = await measure({
    method: "Columns",
    message: columnsMessage(),
    window: 4,
    perAck: 2,
  });
  const batches = await measure({
    method: "RowBatches",
    message: rowBatchMessage(),
    window: 4,
    perAck: 2,
  });
  const rows = await measure({ method: "Rows", message: rowMessage(), window: 16, perAck: 8 });
  const names = [
    { name: "ingest_columns_100", f: columns },
    { name: "ingest_rows_100", f: batches },
    { name: "ingest_rows_1", f: rows },
  ];
  for (const { name, f } of names) {
    figures.add({ name: `${name}_rate`, value: f.results / f.seconds, unit: "results/s" });
    figures.add({ name: `${name}_cpu`, value: perResult(f), unit: "us/result" });
  }
  figures.add({
    name: "ingest_columns_one_core",
    value: 1e6 / perResult(columns),
    unit: "results/s of one core",
    goal: ">= 2000000",
  });
  figures.add({
    name: "ingest_cpu_against_row_batches",
    value: perResult(columns),
    unit: "us/result",
    goal: "ratio >= 4",
    peer: `rows in batches of ${batchSize}`,
    ratio: perResult(batches) / perResult(columns),
  });
  figures.add({
    name: "ingest_cpu_against_single_rows",
    value: perResult(columns),
    unit: "us/result",
    goal: "ratio >= 40",
    peer: "rows one by one",
    ratio: perResult(rows) / perResult(columns),
  });
};
