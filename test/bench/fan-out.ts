import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import type { createFigures } from "./figures.js";

const streamCount = Number(process.env["BENCH_CONNECTIONS"] ?? 1000);
const rounds = 5;

type Reader = { readonly session: ClientHttp2Session; readonly stream: ClientHttp2Stream };

/** Reads gRPC frames and reports the time at which each whole message had arrived. */
const openReader = async (port: number, onMessage: (at: number) => void): Promise<Reader> => {
  const session = connect(`http://127.0.0.1:${port}`, {
    settings: { initialWindowSize: 1 << 20 },
  });
  session.on("error", () => undefined);
  await once(session, "connect");
  session.setLocalWindowSize(1 << 20);
  const stream = session.request(
    {
      ":method": "POST",
      ":path": "/causeway.v1.AgentService/Connect",
      "content-type": "application/grpc",
      te: "trailers",
    },
    { endStream: false },
  );
  stream.on("error", () => undefined);
  let headerBytes = 0;
  let left = 0;
  const feed = (chunk: Buffer): void => {
    for (let at = 0; at < chunk.length; ) {
      if (headerBytes < 5) {
        // The compression flag, then the length, most significant byte first.
        if (headerBytes > 0) left = left * 256 + (chunk[at] ?? 0);
        headerBytes += 1;
        at += 1;
      } else {
        const taken = Math.min(left, chunk.length - at);
        left -= taken;
        at += taken;
      }
      if (headerBytes === 5 && left === 0) {
        headerBytes = 0;
        onMessage(performance.timeOrigin + performance.now());
      }
    }
  };
  stream.on("data", feed);
  return { session, stream };
};

const ask = async (child: ChildProcess, command: string) => {
  const answer = once(child, "message");
  child.send(command);
  return (await answer)[0];
};

type Round = { lastMs: number; cpuMs: number; blockedMs: number };

/** One plan to every stream; resolves when the last one has it. */
const createRound = (child: ChildProcess, arrivals: number[]) => async (mode: string) => {
  arrivals.length = 0;
  const { startedAt } = await ask(child, mode);
  while (arrivals.length < streamCount) await new Promise((resolve) => setTimeout(resolve, 5));
  const { cpuMs, blockedMs } = await ask(child, "stop");
  return { lastMs: Math.max(...arrivals) - startedAt, cpuMs, blockedMs } as Round;
};

const best = (all: readonly Round[], of: (round: Round) => number): number =>
  Math.min(...all.map(of));

/** One 36 kB plan to 1000 streams: encoded once and written in slices, against encoded for each stream. */
export const benchFanOut = async (figures: ReturnType<typeof createFigures>): Promise<void> => {
  const child = fork(new URL("fan-out-server.ts", import.meta.url), {
    execArgv: ["--import", "tsx"],
    stdio: "inherit",
  });
  const [{ port }] = await once(child, "message");
  const arrivals: number[] = [];
  const readers: Reader[] = [];
  for (let i = 0; i < streamCount; i += 50) {
    const some = Array.from({ length: Math.min(50, streamCount - i) }, () =>
      openReader(port, (at) => arrivals.push(at)),
    );
    readers.push(...(await Promise.all(some)));
  }
  while ((await ask(child, "count")).streams < streamCount) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const round = createRound(child, arrivals);
  await round("once");
  await round("each");
  const onces: Round[] = [];
  const eaches: Round[] = [];
  for (let i = 0; i < rounds; i++) {
    eaches.push(await round("each"));
    onces.push(await round("once"));
  }
  for (const { session } of readers) session.destroy();
  const exited = once(child, "exit");
  child.disconnect();
  await exited;

  const name = (mode: string) => `fan_out_${mode}`;
  for (const [mode, all] of [
    ["per_stream", eaches],
    ["encode_once", onces],
  ] as const) {
    figures.add({ name: `${name(mode)}_cpu`, value: best(all, (r) => r.cpuMs), unit: "ms" });
    figures.add({ name: `${name(mode)}_last`, value: best(all, (r) => r.lastMs), unit: "ms" });
  }
  figures.add({
    name: "fan_out_loop_blocked",
    value: best(onces, (r) => r.blockedMs),
    unit: "ms",
    goal: "<= 20",
    peer: "encoded per stream",
    ratio: best(eaches, (r) => r.blockedMs) / best(onces, (r) => r.blockedMs),
  });
  figures.add({
    name: "fan_out_last_agent_has_it",
    value: best(onces, (r) => r.lastMs),
    unit: "ms",
    goal: "ratio >= 4",
    peer: "encoded per stream",
    ratio: best(eaches, (r) => r.lastMs) / best(onces, (r) => r.lastMs),
  });
};
