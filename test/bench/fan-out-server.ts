import { fromBinary, toBinary } from "@bufbuild/protobuf";
import type { PlanEntry } from "../../common/agent-stream.js";
import { systemClock } from "../../common/clock.js";
import { silentLogger } from "../../common/logger.js";
import { ConnectResponseSchema } from "../../gen/causeway/v1/agent_pb.js";
import { createAgentListener } from "../../server/rpc/agent-listener.js";
import { createAuthenticator } from "../../server/rpc/authenticator.js";
import { encodeServerMessage } from "../../server/rpc/wire.js";
import type { StreamId } from "../../server/session/protocol.js";

/**
 * The server half of the plan fan-out benchmark: the real agent listener, and one plan to all streams, either encoded once or
 * encoded for each stream. Commands come over IPC.
 */
const planBytes = 36_000;

const entry = (id: number): PlanEntry => ({
  id,
  hash: id.toString(16).padStart(16, "0"),
  key: `tcp|node-${id}.pod`,
  probe: {
    kind: "tcp",
    address: `10.244.${id >> 8}.${id & 255}`,
    port: 6100,
    timeoutMs: 1500,
    hostName: "",
    httpPath: "",
    expectPodUid: "",
  },
  intervalMs: 10_000,
  agentId: `node-${id}.pod`,
  node: "",
});

/** A whole plan of about planBytes. */
const plan = (nonce: number) => {
  const upserts: PlanEntry[] = [];
  const make = () => ({
    revision: nonce,
    nonce,
    baseRevision: undefined,
    upserts,
    removes: [],
    hash: "00".repeat(32),
  });
  const perEntry = encodeServerMessage({
    kind: "plan",
    plan: { ...make(), upserts: [entry(1000)] },
  }).length;
  for (let id = 1000; upserts.length * perEntry < planBytes; id++) upserts.push(entry(id));
  return make();
};

const streams: StreamId[] = [];
const listener = await createAgentListener({
  host: "127.0.0.1",
  port: 0,
  tls: undefined,
  queryPort: 0,
  authenticator: createAuthenticator([]),
  clock: systemClock,
  logger: silentLogger,
  bounds: { connectionsPerAddressMax: 5000 },
  onInput: (input) => {
    if (input.kind === "opened") streams.push(input.stream);
  },
  onCount: () => undefined,
});
process.send?.({ kind: "listening", port: listener.port });

/** Keeps the encoding from being optimised away. */
let encodedBytes = 0;

const push = (mode: string, nonce: number): void => {
  const message = plan(nonce);
  if (mode === "once") {
    listener.carryOut({ kind: "push_plan", streams, plan: message });
    return;
  }
  // What encoding for each stream costs: the generated codec on the whole message. The bytes that go out are the same.
  const whole = fromBinary(
    ConnectResponseSchema,
    encodeServerMessage({ kind: "plan", plan: message }),
  );
  for (const stream of streams) {
    encodedBytes += toBinary(ConnectResponseSchema, whole).length;
    listener.carryOut({ kind: "send", stream, message: { kind: "plan", plan: message } });
  }
};

let nonce = 0;
/** The longest that one turn of the event loop took since the last reset. */
const turns = { longestMs: 0, lastAt: performance.now() };
setInterval(() => {
  const now = performance.now();
  turns.longestMs = Math.max(turns.longestMs, now - turns.lastAt - 1);
  turns.lastAt = now;
}, 1);
process.on("message", (command) => {
  if (command === "count") process.send?.({ kind: "count", streams: streams.length });
  if (command === "once" || command === "each") {
    turns.lastAt = performance.now();
    turns.longestMs = 0;
    const cpu = process.cpuUsage();
    const startedAt = performance.timeOrigin + performance.now();
    nonce += 1;
    push(command, nonce);
    const pushMs = performance.timeOrigin + performance.now() - startedAt;
    process.send?.({ kind: "started", startedAt, pushMs });
    process.once("message", () => {
      const used = process.cpuUsage(cpu);
      process.send?.({
        kind: "done",
        cpuMs: (used.user + used.system) / 1000,
        encodedBytes,
        blockedMs: Math.max(turns.longestMs, 0.1),
      });
    });
  }
});
process.on("disconnect", () => process.exit(0));
