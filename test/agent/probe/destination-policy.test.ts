import { describe, expect, it } from "vitest";
import { createDestinationPolicy } from "../../../agent/probe/destination-policy.js";
import type { ProbeSpec } from "../../../common/probe.js";
import { probeSpec } from "../../support/probe-context.js";

const tcp = (address: string, port: number): ProbeSpec => probeSpec({ kind: "tcp", address, port });
const icmp = (address: string): ProbeSpec => probeSpec({ kind: "icmp", address });

describe("createDestinationPolicy()", () => {
  it("allows planned addresses on their ports, and ICMP to them", () => {
    const policy = createDestinationPolicy([]);
    policy.replacePlanned([tcp("10.0.0.9", 6100), tcp("fd00::9", 22)]);
    expect(policy.refusal(tcp("10.0.0.9", 6100))).toBeUndefined();
    expect(policy.refusal({ ...tcp("10.0.0.9", 6100), kind: "http" })).toBeUndefined();
    expect(policy.refusal(icmp("10.0.0.9"))).toBeUndefined();
    expect(policy.refusal(tcp("fd00:0:0::9", 22))).toBeUndefined();
    expect(policy.refusal(tcp("10.0.0.9", 443))).toBe(
      "destination 10.0.0.9:443 is not planned and not in CAUSEWAY_PROBE_ALLOW",
    );
    expect(policy.refusal(icmp("10.0.0.10"))).toContain("10.0.0.10");
    policy.replacePlanned([]);
    expect(policy.refusal(tcp("10.0.0.9", 6100))).toBeDefined();
  });

  it("allows planned names only", () => {
    const policy = createDestinationPolicy(["0.0.0.0/0"]);
    const byName = probeSpec({ kind: "tcp", hostName: "svc.test", port: 80 });
    const lookUp = probeSpec({ kind: "dns", hostName: "svc.test" });
    expect(policy.refusal(byName)).toContain("svc.test:80");
    policy.replacePlanned([byName, lookUp]);
    expect(policy.refusal({ ...byName, hostName: "SVC.test." })).toBeUndefined();
    expect(policy.refusal(lookUp)).toBeUndefined();
    expect(policy.refusal({ ...byName, port: 81 })).toBeDefined();
    expect(policy.refusal({ ...lookUp, hostName: "secret.attacker.test" })).toBeDefined();
  });

  it("widens by CAUSEWAY_PROBE_ALLOW, with and without ports", () => {
    const policy = createDestinationPolicy([
      "10.0.0.0/8:8000-8099",
      "192.0.2.1",
      "[2001:db8::/32]:443",
    ]);
    expect(policy.refusal(tcp("10.1.2.3", 8050))).toBeUndefined();
    expect(policy.refusal(tcp("10.1.2.3", 8100))).toBeDefined();
    expect(policy.refusal(icmp("10.1.2.3"))).toBeDefined();
    expect(policy.refusal(tcp("192.0.2.1", 1))).toBeUndefined();
    expect(policy.refusal(icmp("192.0.2.1"))).toBeUndefined();
    expect(policy.refusal(tcp("2001:db8:1::1", 443))).toBeUndefined();
    expect(policy.refusal(tcp("2001:db9::1", 443))).toBeDefined();
  });

  it("allows a look-up at a server that is allowed on port 53", () => {
    const policy = createDestinationPolicy(["10.0.0.10:53"]);
    const spec = probeSpec({ kind: "dns", address: "10.0.0.10", hostName: "x.test" });
    expect(policy.refusal(spec)).toBeUndefined();
    expect(policy.refusal({ ...spec, port: 54 })).toBeDefined();
  });

  it("sees through IPv4-mapped addresses", () => {
    const policy = createDestinationPolicy(["10.0.0.0/8", "::/0"]);
    expect(policy.refusal(tcp("::ffff:10.0.0.1", 1))).toBeUndefined();
    expect(policy.refusal(tcp("::ffff:169.254.169.254", 80))).toBeDefined();
  });

  it("names an entry that is malformed", () => {
    expect(() => createDestinationPolicy(["10.0.0.0/8", "10.0.0.0/33"])).toThrow("10.0.0.0/33");
  });
});
