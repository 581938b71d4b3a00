import { open } from "node:fs/promises";
import { isIP } from "node:net";
import { dnsSearchMax, dnsServersMax, resolvConfBytesMax } from "../limits.js";

/** A DNS server to ask. */
export type DnsServer = { readonly address: string; readonly port: number };

/** How names are looked up: resolv.conf(5). */
export type ResolverConfig = {
  /** In the order in which they are asked. */
  readonly servers: readonly DnsServer[];
  readonly search: readonly string[];
  /** Names with fewer dots try the search list first. */
  readonly ndots: number;
};

/** Where the configuration comes from; asked before every look-up, so that a change is seen at once. */
export type ResolverConfigSource = () => Promise<ResolverConfig>;

/** Reads resolv.conf(5). What is malformed is skipped, as the C library does. */
export const parseResolvConf = (text: string): ResolverConfig => {
  const servers: DnsServer[] = [];
  let search: string[] = [];
  let ndots = 1;
  for (const line of text.split("\n")) {
    const [keyword = "", ...values] = line
      .replace(/[#;].*$/, "")
      .trim()
      .split(/\s+/);
    if (keyword === "nameserver") {
      const address = values[0] ?? "";
      if (isIP(address) !== 0 && servers.length < dnsServersMax)
        servers.push({ address, port: 53 });
    } else if (keyword === "search" || keyword === "domain") {
      search = values.slice(0, dnsSearchMax).map((domain) => domain.replace(/\.$/, ""));
    } else if (keyword === "options") {
      ndots = ndotsFromOptions(values) ?? ndots;
    }
  }
  if (servers.length === 0) servers.push({ address: "127.0.0.1", port: 53 });
  return { servers, search: search.filter((domain) => domain !== ""), ndots };
};

const ndotsFromOptions = (options: readonly string[]): number | undefined => {
  const match = options.map((option) => /^ndots:([0-9]{1,3})$/.exec(option)?.[1]).find(Boolean);
  return match === undefined ? undefined : Math.min(Number(match), 15);
};

/** Reads a resolv.conf afresh; at most 64 KiB of it. Rejects when it cannot be read. */
export const resolverConfigFromFile =
  (path = "/etc/resolv.conf"): ResolverConfigSource =>
  async () => {
    const file = await open(path, "r");
    try {
      const buffer = Buffer.alloc(resolvConfBytesMax);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      return parseResolvConf(buffer.toString("utf8", 0, bytesRead));
    } finally {
      await file.close();
    }
  };
