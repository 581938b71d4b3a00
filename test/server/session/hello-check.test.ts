import { describe, expect, it } from "vitest";
import type { Hello, Settings } from "../../../common/agent-stream.js";
import {
  addressBytesMax,
  explanationBytesMax,
  featuresMax,
  nameBytesMax,
  podAddressesMax,
  podUidBytesMax,
  wordBytesMax,
} from "../../../common/limits.js";
import { checkHello } from "../../../server/session/hello-check.js";
import { anyPrincipal, type HelloChanges, helloOf } from "../../support/control-rig.js";

const check = (changes: HelloChanges, node?: string) =>
  checkHello(helloOf("n1.pod", changes), { ...anyPrincipal, node }, { lostAfterMs: 15_000 });

const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `f${i}`);

const settings = (changes: Partial<Settings>): HelloChanges => ({ settings: changes });

const identity = (changes: Partial<Hello["identity"]>): HelloChanges => ({ identity: changes });

describe("checkHello()", () => {
  it("takes a sound Hello", () => {
    expect(check({})).toEqual({ kind: "good", protocolVersion: 1 });
    expect(check({ protocol: { min: 1, max: 4 } })).toEqual({ kind: "good", protocolVersion: 1 });
  });

  it("takes a node that is named by an IPv6 address", () => {
    const hello = helloOf("fd00--7.host", { identity: { node: "fd00::7", nodeIp: "fd00::7" } });
    const again = helloOf("--1.pod", { identity: { node: "::1" } });
    for (const one of [hello, again]) {
      expect(checkHello(one, anyPrincipal, { lostAfterMs: 15_000 }).kind).toBe("good");
    }
  });

  const faults: readonly [string, HelloChanges][] = [
    ["agent_id", { agentId: "n2.pod" }],
    ["agent_id", { agentId: "n1.host" }],
    [
      "agent_id",
      {
        agentId: `${"a".repeat(nameBytesMax)}.pod`,
        ...identity({ node: "a".repeat(nameBytesMax) }),
      },
    ],
    ["boot_id", { bootId: "" }],
    ["boot_id", { bootId: "a b" }],
    ["boot_id", { bootId: "b".repeat(65) }],
    ["plane", { plane: "edge" as "pod" }],
    ["identity.node", identity({ node: "" })],
    ["identity.node", identity({ node: "N1" })],
    ["identity.node", identity({ node: "n".repeat(nameBytesMax + 1) })],
    ["identity.pod", identity({ pod: "p".repeat(nameBytesMax + 1) })],
    ["identity.namespace", identity({ namespace: "a\nb" })],
    ["identity.pod_uid", identity({ podUid: "u".repeat(podUidBytesMax + 1) })],
    ["identity.ips", identity({ ips: [] })],
    ["identity.ips", identity({ ips: Array(podAddressesMax + 1).fill("10.0.0.1") })],
    ["identity.ips", identity({ ips: ["10.0.0.1", "localhost"] })],
    ["identity.ips", identity({ ips: ["1"] })],
    ["identity.ips", identity({ ips: ["224.0.0.1"] })],
    ["identity.ips", identity({ ips: ["::"] })],
    ["identity.node_ip", identity({ nodeIp: "" })],
    ["identity.node_ip", identity({ nodeIp: `fe80::1%${"e".repeat(addressBytesMax)}` })],
    ["zone", { zone: "z".repeat(nameBytesMax + 1) }],
    ["protocol", { protocol: { min: 0, max: 1 } }],
    ["protocol", { protocol: { min: 2, max: 1 } }],
    ["version", { version: "v".repeat(wordBytesMax + 1) }],
    ["version", { version: "\u001b[2J1.0" }],
    ["features", { features: many(featuresMax + 1) }],
    ["features", { features: ["x".repeat(65)] }],
    ["features", { features: [""] }],
    ["unavailable", { unavailable: Object.fromEntries(many(featuresMax + 1).map((f) => [f, ""])) }],
    ["unavailable", { unavailable: { icmp: "w".repeat(explanationBytesMax + 1) } }],
    ["settings.heartbeat_interval_s", settings({ heartbeatIntervalS: 0 })],
    ["settings.heartbeat_interval_s", settings({ heartbeatIntervalS: 1.5 })],
    ["settings.test_port", settings({ testPort: 65_536 })],
    ["settings.client_port", settings({ clientPort: 0 })],
    ["settings.custom_service_name", settings({ customServiceName: "a b" })],
    ["settings.custom_service_name", settings({ customServiceName: "a".repeat(nameBytesMax + 1) })],
    ["settings.custom_service_port", settings({ customServiceName: "a", customServicePort: 0 })],
    ["applied", { applied: { serverEpoch: "e", revision: 1, hash: "00" } }],
    [
      "applied",
      { applied: { serverEpoch: "e".repeat(wordBytesMax + 1), revision: 1, hash: "0".repeat(64) } },
    ],
    ["unacked", { unacked: { first: 0, last: 0 } }],
    ["unacked", { unacked: { first: 5, last: 3 } }],
    ["spooled", { spooled: { batches: -1, oldestMs: 0 } }],
  ];

  for (const [field, changes] of faults) {
    it(`names ${field} when it is ${JSON.stringify(changes).slice(0, 60)}`, () => {
      const checked = check(changes);
      expect(checked).toMatchObject({ kind: "bad", code: "invalid_argument", reason: "malformed" });
      expect(checked.kind === "bad" && checked.message).toMatch(new RegExp(`^hello\\.${field}: `));
      expect(checked.kind === "bad" && checked.message).toMatch(/allowed|must be/);
    });
  }

  it("refuses a credential of another node, and takes one that names none", () => {
    expect(check({}, "n2")).toMatchObject({ code: "permission_denied", reason: "wrong_node" });
    expect(check({}, "n1").kind).toBe("good");
  });

  it("names both ranges when no protocol version fits", () => {
    const checked = check({ protocol: { min: 2, max: 3 } });
    expect(checked).toMatchObject({ code: "failed_precondition", reason: "protocol_version" });
    expect(checked.kind === "bad" && checked.message).toContain("versions 2 to 3");
  });

  it("names both values when HEARTBEAT_INTERVAL is not below CACHE_KEY_SECOND", () => {
    expect(check(settings({ heartbeatIntervalS: 14 })).kind).toBe("good");
    const checked = check(settings({ heartbeatIntervalS: 15 }));
    expect(checked).toMatchObject({ code: "failed_precondition" });
    expect(checked.kind === "bad" && checked.message).toBe(
      "HEARTBEAT_INTERVAL (15 s) must be below the server's CACHE_KEY_SECOND (15 s)",
    );
  });
});
