import type { Clock } from "../../common/clock.js";
import type { Random } from "../../common/random.js";
import { type AddonLoad, loadAddon } from "../native/addon.js";
import { createDnsProbe } from "./dns.js";
import { probeHttp } from "./http.js";
import { createIcmpEngine, type IcmpEngine } from "./icmp.js";
import { createKernelIcmp } from "./kernel-icmp.js";
import type { NetPingLoad } from "./net-ping.js";
import { failure } from "./outcome.js";
import type { ProbeFn, ProbeTable } from "./probe.js";
import { type ResolverConfigSource, resolverConfigFromFile } from "./resolver-config.js";
import { createTcpProbe } from "./tcp.js";
import { probeUdp } from "./udp.js";

/** What a table is made with. */
export type ProbeTableOptions = {
  readonly clock: Clock;
  readonly random: Random;
  /** Where names are looked up; /etc/resolv.conf unless told. */
  readonly resolverConfig?: ResolverConfigSource;
  /** Loads the native engine; replaced where its absence is tried. */
  readonly loadAddon?: () => AddonLoad;
  /** Loads net-ping; replaced where its absence is tried. */
  readonly loadNetPing?: () => Promise<NetPingLoad>;
};

/** Whose clock round trips are measured by: the kernel's, or this process's. */
export type ProbeEngine = "native" | "net-ping";

/** The probes of this host. */
export type Probes = {
  readonly table: ProbeTable;
  /** What measures ICMP here: the native engine, or net-ping where that is not there. */
  readonly engine: ProbeEngine;
  /**
   * Why a kind cannot be probed here, by its name; such probes end as "not_run". "native" where the native engine is missing
   * and others take its place. Empty when all is there.
   */
  readonly unavailable: Readonly<Record<string, string>>;
  /** Closes the raw sockets. */
  readonly close: () => void;
};

/** Opens what the probes need, and finds out what this host cannot do. Never rejects. */
export const createProbeTable = async (options: ProbeTableOptions): Promise<Probes> => {
  const resolverConfig = options.resolverConfig ?? resolverConfigFromFile();
  const loaded = (options.loadAddon ?? loadAddon)();
  const icmp = loaded.available ? createKernelIcmp(loaded.addon) : await netPingEngine(options);
  const probeIcmp: ProbeFn = icmp.available
    ? icmp.probe
    : () => Promise.resolve(failure("not_run", `icmp is unavailable: ${icmp.reason}`));
  return {
    table: {
      icmp: probeIcmp,
      udp: probeUdp,
      tcp: createTcpProbe(resolverConfig, loaded.available ? loaded.addon.tcpInfo : undefined),
      http: probeHttp,
      dns: createDnsProbe(resolverConfig),
    },
    engine: loaded.available ? "native" : "net-ping",
    unavailable: {
      ...(loaded.available ? {} : { native: loaded.reason }),
      ...(icmp.available ? {} : { icmp: icmp.reason }),
    },
    close: () => {
      if (icmp.available) icmp.close();
    },
  };
};

const netPingEngine = ({ clock, random, loadNetPing }: ProbeTableOptions): Promise<IcmpEngine> =>
  createIcmpEngine({ clock, random, ...(loadNetPing === undefined ? {} : { load: loadNetPing }) });
