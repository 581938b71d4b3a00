import type { Command } from "./commands.js";

/** What can be wrong on a host. Rules are for one family, by the address that they name. */
export type Condition =
  /** Packets to an address, or of a protocol and port to it, vanish with this probability (1: all). */
  | {
      readonly kind: "loss";
      readonly to: string;
      readonly probability: number;
      readonly chain: "INPUT" | "OUTPUT" | "FORWARD";
    }
  /** Packets to an address are refused with an ICMP code, as iptables names it, or with a TCP reset. */
  | {
      readonly kind: "reject";
      readonly to: string;
      readonly with: string;
      readonly chain: "INPUT" | "FORWARD";
    }
  /** ICMP "fragmentation needed" and "packet too big" do not leave: a black hole for large packets. */
  | { readonly kind: "too-big-filtered" }
  /** A route that leads nowhere. */
  | {
      readonly kind: "route";
      readonly to: string;
      readonly type: "unreachable" | "blackhole" | "prohibit";
    }
  /** The source of what leaves toward an address is replaced. */
  | { readonly kind: "snat"; readonly to: string; readonly source: string }
  | { readonly kind: "mtu"; readonly device: string; readonly bytes: number }
  /** Bits a second, as tc writes them ("10mbit"). */
  | { readonly kind: "rate"; readonly device: string; readonly rate: string }
  | { readonly kind: "link-down"; readonly device: string };

/** The commands that make a condition true, and those that end it. */
export const commandsOf = (
  condition: Condition,
): { readonly inject: readonly Command[]; readonly heal: readonly Command[] } => {
  switch (condition.kind) {
    case "loss": {
      const { to, probability, chain } = condition;
      const chance =
        probability >= 1
          ? []
          : ["-m", "statistic", "--mode", "random", "--probability", String(probability)];
      return rule(to, [chain, "-d", to, ...chance, "-j", "DROP"]);
    }
    case "reject": {
      const { to, chain } = condition;
      const tcp = condition.with === "tcp-reset" ? ["-p", "tcp"] : [];
      return rule(to, [chain, "-d", to, ...tcp, "-j", "REJECT", "--reject-with", condition.with]);
    }
    case "too-big-filtered":
      return joined(
        rule("", ["OUTPUT", "-p", "icmp", "--icmp-type", "fragmentation-needed", "-j", "DROP"]),
        rule("::", ["OUTPUT", "-p", "icmpv6", "--icmpv6-type", "packet-too-big", "-j", "DROP"]),
      );
    case "route":
      return {
        inject: [["ip", "route", "add", condition.type, condition.to]],
        heal: [["ip", "route", "del", condition.type, condition.to]],
      };
    case "snat": {
      const { to, source } = condition;
      return rule(
        to,
        ["POSTROUTING", "-d", to, "-j", "SNAT", "--to-source", source],
        ["-t", "nat"],
      );
    }
    case "mtu":
      return {
        inject: [["ip", "link", "set", condition.device, "mtu", String(condition.bytes)]],
        heal: [["ip", "link", "set", condition.device, "mtu", "1500"]],
      };
    case "rate":
      return {
        inject: [
          [
            "tc",
            "qdisc",
            "add",
            "dev",
            condition.device,
            "root",
            "tbf",
            "rate",
            condition.rate,
            "burst",
            "16kb",
            "latency",
            "100ms",
          ],
        ],
        heal: [["tc", "qdisc", "del", "dev", condition.device, "root"]],
      };
    case "link-down":
      return {
        inject: [["ip", "link", "set", condition.device, "down"]],
        heal: [["ip", "link", "set", condition.device, "up"]],
      };
  }
};

type Commands = ReturnType<typeof commandsOf>;

const rule = (
  address: string,
  words: readonly string[],
  table: readonly string[] = [],
): Commands => {
  const program = address.includes(":") ? "ip6tables" : "iptables";
  return {
    inject: [[program, "-w", ...table, "-A", ...words]],
    heal: [[program, "-w", ...table, "-D", ...words]],
  };
};

const joined = (one: Commands, other: Commands): Commands => ({
  inject: [...one.inject, ...other.inject],
  heal: [...one.heal, ...other.heal],
});
