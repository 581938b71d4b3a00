import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { decodeServerMessage, encodeAgentMessage } from "../../agent/rpc/wire.js";
import type { AgentMessage, ServerMessage } from "../../common/agent-stream.js";
import {
  addressBytesMax,
  explanationBytesMax,
  featuresMax,
  httpPathBytesMax,
  nameBytesMax,
  planEntriesMax,
  podAddressesMax,
  podUidBytesMax,
  runProbesMax,
  targetKeyBytesMax,
  tokenBytesMax,
  wordBytesMax,
} from "../../common/limits.js";
import { outcomeNumber, outcomes, probeKinds } from "../../common/probe.js";
import { probeKindNumber } from "../../common/wire-values.js";
import {
  ConnectRequestSchema,
  ConnectResponseSchema,
  PlanSchema,
} from "../../gen/causeway/v1/agent_pb.js";
import { OutcomeSchema, type ProbeKind, ProbeKindSchema } from "../../gen/causeway/v1/types_pb.js";
import { decodeAgentMessage, encodeServerMessage } from "../../server/rpc/wire.js";
import { helloOf } from "../support/agent-messages.js";

const hash = (length: number, fill: string): string => fill.repeat(length);

const probe = {
  kind: "tcp",
  address: "10.0.0.2",
  port: 22,
  timeoutMs: 1500,
  hostName: "",
  httpPath: "",
  expectPodUid: "",
} as const;

const agentMessages: readonly AgentMessage[] = [
  { kind: "hello", hello: helloOf({ agentId: "n1.pod" }) },
  {
    kind: "hello",
    hello: {
      ...helloOf({ agentId: "n1.host" }),
      plane: "host",
      applied: { serverEpoch: "e1", revision: Number.MAX_SAFE_INTEGER, hash: hash(32, "0a") },
      unacked: { first: 4, last: 9 },
      unavailable: { icmp: "no compiler at install time" },
    },
  },
  { kind: "plan_ack", nonce: 3, revision: 12 },
  { kind: "plan_nack", nonce: 3, error: "id 0", runningRevision: 0, reason: "base_mismatch" },
  {
    kind: "results",
    batch: {
      bootId: "b1",
      seq: 2 ** 40,
      serverEpoch: "e1",
      columns: {
        baseUnixUs: 1_790_000_000_123_456,
        targetId: [1, 2, 4_294_967_295],
        timeDeltaUs: [0, -5, 2_147_483_647],
        rttUs: [0, 17, 4_294_967_295],
        outcome: [2, 1, 23],
        details: [{ index: 0, text: "no answer" }],
      },
      dictionary: [{ id: 1, key: "tcp|node/n1" }],
    },
  },
  {
    kind: "gap",
    gap: {
      bootId: "b1",
      seq: 7,
      fromUnixMs: 1000,
      toUnixMs: 2500,
      dropped: 99,
      reason: "spool_age",
    },
  },
  {
    kind: "run_outcome",
    outcome: {
      requestId: "r1",
      results: [
        { outcome: "ok", rttUs: 12, detail: "", measuredAtUnixMs: 1_790_000_000_000.125 },
        { outcome: "timeout", rttUs: undefined, detail: "no answer", measuredAtUnixMs: 5 },
      ],
      error: "",
    },
  },
  {
    kind: "heartbeat",
    loopDelayUs: 1200,
    clockUnixMs: 1_790_000_000_001.5,
    spooled: { batches: 3, oldestMs: 60_000 },
  },
  { kind: "token", token: "secret" },
  { kind: "unsupported", what: "ConnectResponse kind 99" },
  { kind: "goodbye", reason: "shutdown" },
];

const serverMessages: readonly ServerMessage[] = [
  {
    kind: "welcome",
    welcome: {
      serverEpoch: "e1",
      sessionId: "s1",
      sessionGeneration: 2,
      ackSeq: 41,
      durability: "memory",
      heartbeatMs: 5000,
      window: { batches: 16, bytes: 524_288 },
      limits: { messageBytesMax: 262_144, batchResultsMax: 1000, runsMax: 4 },
      serverTimeMs: 1_790_000_000_000.5,
      protocolVersion: 1,
      features: ["run"],
    },
  },
  {
    kind: "plan",
    plan: {
      revision: 5,
      nonce: 9,
      baseRevision: undefined,
      upserts: [
        {
          id: 1,
          hash: hash(8, "ab"),
          key: "tcp|node/n2",
          probe,
          intervalMs: 10_000,
          agentId: "",
          node: "n2",
        },
      ],
      removes: [],
      hash: hash(32, "cd"),
    },
  },
  {
    kind: "plan",
    plan: {
      revision: 6,
      nonce: 10,
      baseRevision: 5,
      upserts: [],
      removes: [1],
      hash: hash(32, "01"),
    },
  },
  { kind: "ack", seq: 12 },
  { kind: "window", window: { batches: 0, bytes: 0 } },
  {
    kind: "run",
    requestId: "r1",
    probes: probeKinds.map((kind) => ({ ...probe, kind })),
    vantage: "agent",
    deadlineUnixMs: 1_790_000_000_000,
  },
  { kind: "cancel_run", requestId: "r1" },
  { kind: "heartbeat", serverTimeMs: 1_790_000_000_000.25 },
  { kind: "drain", reconnectAfterMs: 1500, reason: "shutdown" },
  { kind: "unsupported", what: "ConnectRequest kind 99" },
];

describe("the agent stream's wire", () => {
  it.each(agentMessages.map((message) => [message.kind, message] as const))(
    "carries %s from the agent to the server unchanged",
    (_, message) => {
      expect(decodeAgentMessage(encodeAgentMessage(message))).toEqual(message);
    },
  );

  it.each(serverMessages.map((message) => [message.kind, message] as const))(
    "carries %s from the server to the agent unchanged",
    (_, message) => {
      const decoded = decodeServerMessage(encodeServerMessage(message));
      expect(decoded).toEqual({ kind: "message", message });
    },
  );

  it("numbers outcomes and kinds as the proto does", () => {
    for (const { number, name } of OutcomeSchema.values) {
      expect(outcomes[number]).toBe(name.replace("OUTCOME_", "").toLowerCase());
    }
    for (const kind of probeKinds) {
      const wire = ProbeKindSchema.values.find(({ number }) => number === probeKindNumber(kind));
      expect(wire?.name).toBe(`PROBE_KIND_${kind.toUpperCase()}`);
    }
    expect(OutcomeSchema.values).toHaveLength(outcomes.length);
    expect(outcomeNumber("not_run")).toBe(23);
  });

  it("takes typed arrays as columns", () => {
    const [, , , , results] = agentMessages;
    if (results?.kind !== "results") throw new Error("fixture moved");
    const { columns } = results.batch;
    const typed = { ...columns, targetId: Uint32Array.from(columns.targetId) };
    const decoded = decodeAgentMessage(
      encodeAgentMessage({ kind: "results", batch: { ...results.batch, columns: typed } }),
    );
    expect(decoded).toEqual(results);
  });

  it("names what it does not know, instead of failing", () => {
    const kind99 = Uint8Array.of(0x9a, 0x06, 0x00);
    expect(decodeAgentMessage(kind99)).toEqual({ kind: "unknown", what: "ConnectRequest kind 99" });
    expect(decodeServerMessage(kind99)).toEqual({
      kind: "message",
      message: { kind: "unknown", what: "ConnectResponse kind 99" },
    });
    expect(decodeAgentMessage(new Uint8Array())).toEqual({
      kind: "unknown",
      what: "a message without a kind",
    });
  });

  it("refuses a plan of unknown probes without giving up the stream", () => {
    const plan = create(PlanSchema, {
      nonce: 4n,
      revision: 2n,
      base: { case: "full", value: true },
      hash: new Uint8Array(32),
      upserts: [
        {
          id: 1,
          hash: new Uint8Array(8),
          key: "quic|node/n1",
          intervalMs: 1000,
          probe: { kind: 77 as ProbeKind, address: "10.0.0.1", port: 443, timeoutMs: 1000 },
        },
      ],
    });
    const encode = () =>
      toBinary(
        ConnectResponseSchema,
        create(ConnectResponseSchema, { kind: { case: "plan", value: plan } }),
      );
    expect(decodeServerMessage(encode())).toEqual({
      kind: "refused_plan",
      nonce: 4,
      reason: "unsupported",
      error: "plan.upserts[0].probe.kind: 77 is not known; allowed: icmp, udp, tcp, http, dns",
    });
    plan.hash = new Uint8Array(31);
    expect(decodeServerMessage(encode())).toMatchObject({
      kind: "refused_plan",
      reason: "invalid",
      error: "plan.hash: has 31 bytes, allowed: 32",
    });
  });
});

describe("bounds of the wire", () => {
  const requestBytes = (kind: Parameters<typeof create<typeof ConnectRequestSchema>>[1]) =>
    toBinary(ConnectRequestSchema, create(ConnectRequestSchema, kind));

  const refusedHello: readonly [string, Record<string, unknown>, string][] = [
    ["nameBytesMax", { agentId: "a".repeat(nameBytesMax + 1) }, "hello.agent_id"],
    ["wordBytesMax", { bootId: "é".repeat(wordBytesMax / 2 + 1) }, "hello.boot_id"],
    [
      "featuresMax",
      { features: Array.from({ length: featuresMax + 1 }, String) },
      "hello.features",
    ],
  ];

  it.each(refusedHello)("refuses a hello beyond %s", (_, change, field) => {
    const message: AgentMessage = {
      kind: "hello",
      hello: { ...helloOf({ agentId: "n1.pod" }), ...change },
    };
    expect(() => decodeAgentMessage(encodeAgentMessage(message))).toThrow(field);
  });

  it.each([
    [
      "podAddressesMax",
      { ips: Array.from({ length: podAddressesMax + 1 }, (_, i) => `10.0.0.${i}`) },
      "identity.ips",
    ],
    ["addressBytesMax", { ips: ["1".repeat(addressBytesMax + 1)] }, "identity.ips"],
    ["no address", { ips: [] }, "identity.ips"],
    ["podUidBytesMax", { podUid: "u".repeat(podUidBytesMax + 1) }, "identity.pod_uid"],
  ])("refuses an identity beyond %s", (_, change, field) => {
    const hello = helloOf({ agentId: "n1.pod" });
    const message: AgentMessage = {
      kind: "hello",
      hello: { ...hello, identity: { ...hello.identity, ...change } },
    };
    expect(() => decodeAgentMessage(encodeAgentMessage(message))).toThrow(field);
  });

  it("refuses a token beyond tokenBytesMax and counts beyond 2^53", () => {
    const token = "t".repeat(tokenBytesMax + 1);
    expect(() => decodeAgentMessage(encodeAgentMessage({ kind: "token", token }))).toThrow(
      "token.token: is longer than 16384 bytes",
    );
    const wide = requestBytes({ kind: { case: "planAck", value: { nonce: 2n ** 60n } } });
    expect(() => decodeAgentMessage(wide)).toThrow("plan_ack.nonce");
  });

  it("refuses times outside the calendar, and messages without what they need", () => {
    const late = requestBytes({
      kind: { case: "heartbeat", value: { clock: { seconds: 2n ** 40n, nanos: 0 } } },
    });
    expect(() => decodeAgentMessage(late)).toThrow("heartbeat.clock");
    const nanos = requestBytes({
      kind: { case: "heartbeat", value: { clock: { seconds: 1n, nanos: -1 } } },
    });
    expect(() => decodeAgentMessage(nanos)).toThrow("heartbeat.clock");
    expect(() => decodeAgentMessage(requestBytes({ kind: { case: "hello", value: {} } }))).toThrow(
      "hello.protocol: is required",
    );
    expect(() =>
      decodeAgentMessage(requestBytes({ kind: { case: "results", value: {} } })),
    ).toThrow("results.columns: is required");
  });

  it("refuses bytes that are not protobuf", () => {
    expect(() => decodeAgentMessage(Uint8Array.of(0x0a, 0xff))).toThrow(
      "ConnectRequest: is not protobuf",
    );
    expect(() => decodeServerMessage(Uint8Array.of(0x0a, 0xff))).toThrow(
      "ConnectResponse: is not protobuf",
    );
  });

  const entry = {
    id: 1,
    hash: hash(8, "ab"),
    key: "tcp|node/n2",
    probe,
    intervalMs: 10_000,
    agentId: "",
    node: "",
  };
  it.each([
    ["targetKeyBytesMax", { key: "k".repeat(targetKeyBytesMax + 1) }, "key"],
    [
      "httpPathBytesMax",
      { probe: { ...probe, httpPath: `/${"p".repeat(httpPathBytesMax)}` } },
      "http_path",
    ],
    ["the shortest interval", { intervalMs: 999 }, "interval_ms"],
  ])("refuses a plan entry beyond %s", (_, change, field) => {
    const message: ServerMessage = {
      kind: "plan",
      plan: {
        revision: 1,
        nonce: 1,
        baseRevision: undefined,
        upserts: [{ ...entry, ...change }],
        removes: [],
        hash: hash(32, "cd"),
      },
    };
    const decoded = decodeServerMessage(encodeServerMessage(message));
    expect(decoded).toMatchObject({ kind: "refused_plan", reason: "invalid" });
    expect(decoded.kind === "refused_plan" && decoded.error).toContain(field);
  });

  it("refuses more removes than planEntriesMax and more probes than runProbesMax", () => {
    const removes = Array.from({ length: planEntriesMax + 1 }, (_, i) => i);
    const plan = {
      revision: 1,
      nonce: 1,
      baseRevision: 0,
      upserts: [],
      removes,
      hash: hash(32, "cd"),
    };
    expect(decodeServerMessage(encodeServerMessage({ kind: "plan", plan }))).toMatchObject({
      kind: "refused_plan",
      error: "plan.removes: has 50001 entries, allowed: at most 50000",
    });
    const probes = Array.from({ length: runProbesMax + 1 }, () => probe);
    const run = {
      kind: "run",
      requestId: "r1",
      probes,
      vantage: "agent",
      deadlineUnixMs: 1,
    } as const;
    expect(decodeServerMessage(encodeServerMessage(run))).toMatchObject({
      kind: "refused_run",
      requestId: "r1",
      error: "run.probes: has 17 entries, allowed: at most 16",
    });
  });

  it("clips what it explains to what the contract allows, and no shorter", () => {
    const sentError = (error: string) => {
      const outcome = { requestId: "r1", results: [], error };
      const decoded = decodeAgentMessage(encodeAgentMessage({ kind: "run_outcome", outcome }));
      return decoded.kind === "run_outcome" && decoded.outcome.error;
    };
    expect(sentError("…".repeat(2000))).toBe("…".repeat(341));
    expect(sentError("x".repeat(2000))).toBe("x".repeat(explanationBytesMax));
  });
});
