import { afterAll, describe, expect, it } from "vitest";
import { createIcmpEngine } from "../../../agent/probe/icmp.js";
import { outcomeFromIcmpError, parseIcmp } from "../../../agent/probe/icmp-message.js";
import { loadNetPing } from "../../../agent/probe/net-ping.js";
import { createProbeTable } from "../../../agent/probe/probe-table.js";
import { systemClock } from "../../../common/clock.js";
import { createSeededRandom } from "../../../common/random.js";
import { createProbeContext, probeSpec } from "../../support/probe-context.js";

const options = { clock: systemClock, random: createSeededRandom(7) };

const engine = await createIcmpEngine(options);
const reason = engine.available ? "" : ` (skipped: ${engine.reason})`;
if (!engine.available) console.warn(`the ICMP engine is not tested: ${engine.reason}`);
afterAll(() => {
  if (engine.available) engine.close();
});

/** An engine that must be there: the tests around it are skipped when it cannot. */
const open = async (seed: number) => {
  const opened = await createIcmpEngine({ clock: systemClock, random: createSeededRandom(seed) });
  if (!opened.available) throw new Error(opened.reason);
  return opened;
};

describe.skipIf(!engine.available)(`the ICMP engine${reason}`, () => {
  it.each(["127.0.0.1", "::1", "127.3.4.5"])("measures %s", async (address) => {
    const own = await open(1);
    const outcome = await own.probe(probeSpec({ kind: "icmp", address }), createProbeContext());
    own.close();
    expect(outcome.outcome).toBe("ok");
    expect(outcome.rttUs).toBeGreaterThanOrEqual(1);
  });

  it("keeps many targets apart", async () => {
    const own = await open(2);
    const specs = Array.from({ length: 100 }, (_, index) =>
      probeSpec({ kind: "icmp", address: `127.9.0.${index + 1}` }),
    );
    const outcomes = await Promise.all(specs.map((spec) => own.probe(spec, createProbeContext())));
    own.close();
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(specs.map(() => "ok"));
  });

  it("opens a new socket after it was closed", async () => {
    const own = await open(6);
    const spec = probeSpec({ kind: "icmp", address: "127.0.0.1" });
    expect((await own.probe(spec, createProbeContext())).outcome).toBe("ok");
    own.close();
    expect((await own.probe(spec, createProbeContext())).outcome).toBe("ok");
    own.close();
  });

  it("ends at once what is in flight when it closes", async () => {
    const own = await open(7);
    const spec = probeSpec({ kind: "icmp", address: "127.0.0.1", timeoutMs: 60_000 });
    const running = own.probe(spec, createProbeContext());
    own.close();
    expect((await running).outcome).not.toBe("ok");
  });
});

describe("loadNetPing()", () => {
  const failing = (code: string, message: string) => () =>
    loadNetPing(() => Promise.reject(Object.assign(new Error(message), { code })));

  it("says that the package is missing", async () => {
    const probes = await createProbeTable({
      ...options,
      loadAddon: () => ({ available: false, reason: "it was not built" }),
      loadNetPing: failing("ERR_MODULE_NOT_FOUND", "Cannot find package 'net-ping'"),
    });
    expect(probes.engine).toBe("net-ping");
    expect(probes.unavailable).toEqual({
      native: "it was not built",
      icmp: "net-ping is not installed: it is optional, and needs a compiler to install",
    });
    expect(
      await probes.table.icmp(probeSpec({ kind: "icmp", address: "::1" }), createProbeContext()),
    ).toMatchObject({ outcome: "not_run" });
    probes.close();
  });

  it("says that its addon was not built", async () => {
    const loaded = await failing(
      "MODULE_NOT_FOUND",
      "Cannot find module './build/Release/raw.node'\nRequire stack:",
    )();
    expect(loaded).toEqual({
      available: false,
      reason:
        "net-ping's raw-socket was not built: no compiler, or install scripts were off, when it was installed",
    });
  });

  it("says that the addon is another Node's", async () => {
    const message = "The module 'raw.node'\nwas compiled using NODE_MODULE_VERSION 115.";
    expect(await failing("ERR_DLOPEN_FAILED", message)()).toEqual({
      available: false,
      reason: `net-ping's raw-socket was built for another Node.js than ${process.version}: npm rebuild raw-socket`,
    });
  });

  it("says what else is wrong", async () => {
    expect(await failing("ERR_DLOPEN_FAILED", "wrong ELF class")()).toEqual({
      available: false,
      reason: "net-ping cannot be loaded: wrong ELF class",
    });
    expect(await loadNetPing(() => Promise.resolve({}))).toMatchObject({ available: false });
  });

  it("says that raw sockets are not permitted", async () => {
    const engine = await createIcmpEngine({
      ...options,
      load: async () => ({
        available: true,
        netPing: {
          NetworkProtocol: { IPv4: 1, IPv6: 2 },
          createSession: () => {
            throw new Error("Operation not permitted");
          },
        },
      }),
    });
    expect(engine).toEqual({
      available: false,
      reason: "raw sockets need CAP_NET_RAW: Operation not permitted",
    });
  });
});

describe("parseIcmp()", () => {
  const ipv4Header = Buffer.alloc(20, 0);
  ipv4Header[0] = 0x45;
  const ipv6Header = Buffer.alloc(40, 0);
  ipv6Header[0] = 0x60;
  ipv6Header[6] = 58;
  const echo = (type: number) => Buffer.from([type, 0, 0, 0, 0x12, 0x34, 0x00, 0x07]);
  const error = (type: number, code: number) => Buffer.from([type, code, 0, 0, 0, 0, 0, 0]);

  it("reads echo replies of both families", () => {
    const expected = { code: 0, id: 0x1234, sequence: 7, isError: false };
    expect(parseIcmp("ipv4", Buffer.concat([ipv4Header, echo(0)]))).toEqual({
      type: 0,
      ...expected,
    });
    expect(parseIcmp("ipv6", echo(129))).toEqual({ type: 129, ...expected });
  });

  it("reads errors by the request that they quote", () => {
    const expected = { id: 0x1234, sequence: 7, isError: true };
    expect(
      parseIcmp("ipv4", Buffer.concat([ipv4Header, error(3, 1), ipv4Header, echo(8)])),
    ).toEqual({ type: 3, code: 1, ...expected });
    expect(parseIcmp("ipv6", Buffer.concat([error(1, 3), ipv6Header, echo(128)]))).toEqual({
      type: 1,
      code: 3,
      ...expected,
    });
  });

  it("refuses requests, errors about other packets, and every truncation", () => {
    expect(parseIcmp("ipv4", Buffer.concat([ipv4Header, echo(8)]))).toBeUndefined();
    expect(parseIcmp("ipv6", echo(128))).toBeUndefined();
    const whole = Buffer.concat([ipv4Header, error(3, 1), ipv4Header, echo(8)]);
    for (let length = 0; length < whole.length; length++)
      expect(parseIcmp("ipv4", whole.subarray(0, length))).toBeUndefined();
    const whole6 = Buffer.concat([error(1, 3), ipv6Header, echo(128)]);
    for (let length = 0; length < whole6.length; length++)
      expect(parseIcmp("ipv6", whole6.subarray(0, length))).toBeUndefined();
  });
});

describe("outcomeFromIcmpError()", () => {
  it.each([
    ["ipv4", 3, 0, "net_unreachable"],
    ["ipv4", 3, 1, "host_unreachable"],
    ["ipv4", 3, 3, "refused"],
    ["ipv4", 3, 4, "msg_too_big"],
    ["ipv4", 3, 13, "prohibited"],
    ["ipv4", 11, 0, "ttl_exceeded"],
    ["ipv6", 1, 0, "net_unreachable"],
    ["ipv6", 1, 1, "prohibited"],
    ["ipv6", 1, 3, "host_unreachable"],
    ["ipv6", 1, 4, "refused"],
    ["ipv6", 2, 0, "msg_too_big"],
    ["ipv6", 3, 0, "ttl_exceeded"],
    // Parameter problem: its codes are not those of "unreachable".
    ["ipv4", 12, 0, "host_unreachable"],
    ["ipv6", 4, 0, "host_unreachable"],
    ["ipv6", 4, 1, "host_unreachable"],
  ] as const)("%s type %i code %i is %s", (family, type, code, outcome) => {
    expect(outcomeFromIcmpError(family, { type, code })).toBe(outcome);
  });
});
