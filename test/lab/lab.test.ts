import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { probeSpec } from "../support/probe-context.js";
import { waitFor } from "../support/wait.js";
import { ipBatch, labMissing, runCommand } from "./commands.js";
import { Lab, labNamespaces, sweepLabs } from "./lab.js";

/** Goal: labs leave nothing behind and do not get in each other's way. */

const missing = labMissing();
if (missing !== "") console.warn(`SKIPPED: no lab: ${missing}`);

const labs: Lab[] = [];
const newLab = (): Lab => {
  const lab = new Lab();
  labs.push(lab);
  return lab;
};
afterEach(() => {
  for (const lab of labs.splice(0)) lab.close();
});
const ownNamespaces = () =>
  labNamespaces().filter((name) => name.startsWith(`cwlab-${process.pid}-`));

const pidsIn = (namespace: string): readonly string[] =>
  runCommand(["ip", "netns", "pids", namespace])
    .split("\n")
    .filter((pid) => pid !== "");

/** A process that makes a lab and dies of a signal that it can't catch. */
const crash = `
import { spawn } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { Lab } from "./test/lab/lab.ts";
const lab = new Lab();
const [one, other] = [lab.host("one"), lab.host("other")];
lab.link([one, ["10.0.0.1/24"]], [other, ["10.0.0.2/24"]]);
spawn("ip", ["netns", "exec", one.namespace, "sleep", "600"], { stdio: "ignore", detached: true });
await setTimeout(200);
process.kill(process.pid, "SIGKILL");
`;

describe.skipIf(missing !== "")(`labs${missing === "" ? "" : ` (skipped: ${missing})`}`, () => {
  it("use the same names and addresses side by side", () => {
    const pings = [newLab(), newLab()].map((lab) => {
      const [one, other] = [lab.host("one"), lab.host("other")];
      lab.link([one, ["10.0.0.1/24", "fd00::1/64"]], [other, ["10.0.0.2/24", "fd00::2/64"]]);
      return [one.run(["ip", "-br", "addr"]), one.namespace];
    });
    expect(new Set(pings.map(([, namespace]) => namespace)).size).toBe(2);
    for (const [addresses] of pings) expect(addresses).toContain("10.0.0.1/24");
  });

  it("are gone when they are closed, with their links", () => {
    const lab = newLab();
    const [one, other] = [lab.host("one"), lab.host("other")];
    lab.link([one, ["10.0.0.1/24"]], [other, ["10.0.0.2/24"]]);
    expect(ownNamespaces()).toHaveLength(2);
    lab.close();
    expect(ownNamespaces()).toEqual([]);
    expect(runCommand(["ip", "-br", "link"])).not.toMatch(/\bl1[ab]\b/);
  });

  it("of a process that crashed go with the next sweep, and what runs in them", async () => {
    const { pid, signal } = spawnSync(
      process.execPath,
      ["--import", "tsx", "--input-type=module", "-e", crash],
      {
        cwd: fileURLToPath(new URL("../..", import.meta.url)),
      },
    );
    expect(signal).toBe("SIGKILL");
    const left = () => labNamespaces().filter((name) => name.startsWith(`cwlab-${pid}-`));
    expect(left()).toHaveLength(2);
    const running = left().flatMap((name) => pidsIn(name));
    expect(running).toHaveLength(1);
    sweepLabs();
    expect(left()).toEqual([]);
    await waitFor("what ran there has ended", () =>
      existsSync(`/proc/${running[0]}/ns/net`) ? undefined : true,
    );
  });

  it("leave namespaces of others alone", () => {
    const foreign = `other-${process.pid}`;
    ipBatch([`netns add ${foreign}`]);
    sweepLabs();
    expect(runCommand(["ip", "netns", "list"])).toContain(foreign);
    ipBatch([`netns del ${foreign}`]);
  });

  it("join hosts by bridges", async () => {
    const lab = newLab();
    const hosts = ["one", "two", "three", "four"].map((name) => lab.host(name));
    const devices = lab.bridge(
      "lan",
      hosts.map((host, at) => [host, [`10.0.0.${at + 1}/24`, `fd00::${at + 1}/64`]]),
    );
    expect(devices).toEqual(["l1a", "l2a", "l3a", "l4a"]);
    const others = ["10.0.0.2", "10.0.0.3", "10.0.0.4", "fd00::2", "fd00::3", "fd00::4"];
    const seen = await hosts[0]?.probeAll(
      others.map((address) => probeSpec({ kind: "icmp", address })),
    );
    expect(seen?.map(({ outcome }) => outcome)).toEqual(others.map(() => "ok"));
  });

  it("say which command failed, and why", () => {
    const host = newLab().host("one");
    expect(() => host.ip("route add default via 10.9.9.9")).toThrow(
      /^ip -n cwlab-.*-one -batch -: .+/,
    );
    expect(() => host.run(["no-such-program"])).toThrow("no-such-program");
  });

  it("heal what was injected", () => {
    const lab = newLab();
    const [one, other] = [lab.host("one"), lab.host("other")];
    const [device] = lab.link([one, ["10.0.0.1/24"]], [other, ["10.0.0.2/24"]]);
    const state = () =>
      [
        ["iptables", "-S"],
        ["iptables", "-t", "nat", "-S"],
        ["ip6tables", "-S"],
        ["ip", "route", "show", "table", "all"],
        ["ip", "rule"],
        ["ip", "addr"],
        ["sysctl", "net.ipv4.conf"],
        ["ip", "link"],
        ["tc", "qdisc"],
      ]
        .map((command) =>
          one.run(command as [string, ...string[]]).replace(/qlen \d+|state \w+/g, ""),
        )
        .join("\n");
    one.run(["iptables", "-t", "nat", "-L"]);
    const before = state();
    const heals = [
      one.inject({ kind: "loss", to: "10.0.0.2", probability: 0.1, chain: "OUTPUT" }),
      one.inject({ kind: "reject", to: "fd00::2", with: "icmp6-no-route", chain: "INPUT" }),
      one.inject({ kind: "too-big-filtered" }),
      one.inject({ kind: "route", to: "10.9.9.9", type: "blackhole" }),
      one.inject({ kind: "snat", to: "10.0.0.2", source: "10.0.0.9" }),
      one.inject({ kind: "mtu", device, bytes: 1400 }),
      one.inject({ kind: "rate", device, rate: "10mbit" }),
      one.inject({ kind: "duplicate-address", device, address: "10.0.0.2/24" }),
      one.inject({ kind: "neighbours-unanswered", device }),
      one.inject({ kind: "strict-source-check", device }),
      one.inject({ kind: "policy-route", to: "10.8.0.0/16", via: "10.0.0.3", table: 100 }),
    ];
    expect(state()).not.toBe(before);
    for (const heal of heals.reverse()) heal();
    expect(state()).toBe(before);
  });
});
