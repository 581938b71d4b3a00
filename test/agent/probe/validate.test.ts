import { describe, expect, it } from "vitest";
import {
  expectPodUidBytesMax,
  hostNameBytesMax,
  httpPathBytesMax,
  probeTimeoutMsMax,
} from "../../../agent/limits.js";
import { type ProbeSpecInput, validateProbeSpec } from "../../../agent/probe/validate.js";

const input = (more: Partial<ProbeSpecInput> = {}): ProbeSpecInput => ({
  kind: "tcp",
  address: "10.0.0.1",
  port: 6100,
  timeoutMs: 1500,
  hostName: "",
  httpPath: "",
  expectPodUid: "",
  ...more,
});

const label = "a".repeat(63);
const longName = `${label}.${label}.${label}.${"a".repeat(61)}`;

describe("validateProbeSpec()", () => {
  it.each([
    input(),
    input({ address: "fd00::1" }),
    input({ kind: "icmp", port: 0 }),
    input({ kind: "udp", expectPodUid: "0f8b9c1e-5a77-4f7e-9d3a-2b1c00112233" }),
    input({ kind: "http", httpPath: "/echo?n=16" }),
    input({ kind: "http", httpPath: `/${"x".repeat(httpPathBytesMax - 1)}` }),
    input({ kind: "tcp", address: "", hostName: "svc.ns.svc.cluster.local." }),
    input({ kind: "dns", address: "", port: 0, hostName: longName }),
    input({ kind: "dns", address: "10.0.0.10", port: 53, hostName: "_sip._udp.x" }),
    input({ timeoutMs: 1 }),
    input({ timeoutMs: probeTimeoutMsMax }),
    input({ expectPodUid: "u".repeat(expectPodUidBytesMax) }),
  ])("accepts $kind $address$hostName", (spec) => {
    expect(longName.length).toBe(hostNameBytesMax);
    expect(validateProbeSpec(spec)).toEqual({ kind: "ok", spec });
  });

  it.each<[Partial<ProbeSpecInput>, string, string]>([
    [{ kind: "arp" }, "kind", 'kind is "arp"; allowed: one of icmp, udp, tcp, http, dns'],
    [{ address: "" }, "address", "an IPv4 or IPv6 address"],
    [{ address: "10.0.0.1; reboot" }, "address", 'address is "10.0.0.1; reboot"'],
    [{ address: "0x7f.1" }, "address", "an IPv4 or IPv6 address"],
    [{ address: "fe80::1%eth0" }, "address", "without a zone"],
    [{ port: 0 }, "port", "port is 0; allowed: 1 to 65535"],
    [{ port: 65_536 }, "port", "1 to 65535"],
    [{ port: 1.5 }, "port", "1 to 65535"],
    [{ kind: "icmp", port: 1 }, "port", "0 for kind icmp"],
    [{ timeoutMs: 0 }, "timeout_ms", `1 to ${probeTimeoutMsMax}`],
    [{ timeoutMs: probeTimeoutMsMax + 1 }, "timeout_ms", `1 to ${probeTimeoutMsMax}`],
    [{ timeoutMs: Number.NaN }, "timeout_ms", `1 to ${probeTimeoutMsMax}`],
    [{ hostName: "svc.test" }, "address", "empty when host_name is set"],
    [{ kind: "http", hostName: "svc.test" }, "host_name", "empty for kind http"],
    [{ kind: "dns" }, "host_name", "a DNS name"],
    [{ kind: "dns", hostName: `${longName}a` }, "host_name", "a DNS name"],
    [{ kind: "dns", hostName: `${label}a.x` }, "host_name", "a DNS name"],
    [{ kind: "dns", hostName: "-rf" }, "host_name", "a DNS name"],
    [{ kind: "dns", hostName: "a..b" }, "host_name", "a DNS name"],
    [{ httpPath: "/x" }, "http_path", "empty for kind tcp"],
    [{ kind: "http", httpPath: "x" }, "http_path", 'a path that starts with "/"'],
    [{ kind: "http", httpPath: "/a\r\nx: y" }, "http_path", 'http_path is "/a\\r\\nx: y"'],
    [{ kind: "http", httpPath: `/${"x".repeat(httpPathBytesMax)}` }, "http_path", "at most 1024"],
    [{ expectPodUid: "u".repeat(expectPodUidBytesMax + 1) }, "expect_pod_uid", "at most 64"],
    [{ expectPodUid: "a b" }, "expect_pod_uid", "a-z"],
  ])("refuses %j", (more, field, words) => {
    const check = validateProbeSpec(input(more));
    expect(check).toMatchObject({ kind: "error", field });
    expect(check.kind === "error" && check.message).toContain(words);
  });
});
