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
  /** Bits a second, as tc writes them ("10mbit"); what comes faster waits, up to `waitingBytes`, or else for 100 ms. */
  | {
      readonly kind: "rate";
      readonly device: string;
      readonly rate: string;
      readonly waitingBytes?: number;
    }
  | { readonly kind: "link-down"; readonly device: string }
  /** An address (CIDR) that is somebody else's. */
  | { readonly kind: "duplicate-address"; readonly device: string; readonly address: string }
  /** Neither ARP nor neighbour solicitations for this host are answered. */
  | { readonly kind: "neighbours-unanswered"; readonly device: string }
  /** Packets that arrive by another device than the route to their source are dropped (IPv4). */
  | { readonly kind: "strict-source-check"; readonly device: string }
  /** What goes to a network takes a way of its own, by a rule and a table. */
  | {
      readonly kind: "policy-route";
      readonly to: string;
      readonly via: string;
      readonly table: number;
    };

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
      return rateCommands(condition);
    case "link-down":
      return {
        inject: [["ip", "link", "set", condition.device, "down"]],
        heal: [["ip", "link", "set", condition.device, "up"]],
      };
    case "duplicate-address": {
      const words = [condition.address, "dev", condition.device] as const;
      return { inject: [["ip", "addr", "add", ...words]], heal: [["ip", "addr", "del", ...words]] };
    }
    case "neighbours-unanswered":
      return joined(
        setting(`net.ipv4.conf.${condition.device}.arp_ignore`, { broken: 8, healthy: 0 }),
        rule("::", [
          ...["INPUT", "-i", condition.device, "-p", "icmpv6"],
          ...["--icmpv6-type", "neighbour-solicitation", "-j", "DROP"],
        ]),
      );
    case "strict-source-check":
      return setting(`net.ipv4.conf.${condition.device}.rp_filter`, { broken: 1, healthy: 0 });
    case "policy-route":
      return policyRouteCommands(condition);
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

const rateCommands = (condition: Extract<Condition, { kind: "rate" }>): Commands => {
  const { device, rate, waitingBytes } = condition;
  const burst = waitingBytes === undefined ? "16kb" : "2kb";
  const queue = waitingBytes === undefined ? ["latency", "100ms"] : ["limit", String(waitingBytes)];
  const shape = ["root", "tbf", "rate", rate, "burst", burst, ...queue];
  return {
    inject: [["tc", "qdisc", "add", "dev", device, ...shape]],
    heal: [["tc", "qdisc", "del", "dev", device, "root"]],
  };
};

const policyRouteCommands = (condition: Extract<Condition, { kind: "policy-route" }>): Commands => {
  const { to, via } = condition;
  const table = String(condition.table);
  return {
    inject: [
      ["ip", "route", "add", to, "via", via, "table", table],
      ["ip", "rule", "add", "to", to, "lookup", table],
    ],
    heal: [
      ["ip", "rule", "del", "to", to, "lookup", table],
      ["ip", "route", "del", to, "table", table],
    ],
  };
};

const setting = (
  name: string,
  { broken, healthy }: { readonly broken: number; readonly healthy: number },
): Commands => ({
  inject: [["sysctl", "-qw", `${name}=${broken}`]],
  heal: [["sysctl", "-qw", `${name}=${healthy}`]],
});

const joined = (one: Commands, other: Commands): Commands => ({
  inject: [...one.inject, ...other.inject],
  heal: [...one.heal, ...other.heal],
});
