import type { Clock } from "../../common/clock.js";
import type { Random } from "../../common/random.js";
import { createDnsProbe } from "./dns.js";
import { probeHttp } from "./http.js";
import { createIcmpEngine } from "./icmp.js";
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
  /** Loads net-ping; replaced where its absence is tried. */
  readonly loadNetPing?: () => Promise<NetPingLoad>;
};

/** The probes of this host. */
export type Probes = {
  readonly table: ProbeTable;
  /** Why a kind cannot be probed here, by its name; empty when all can. Such probes end as "not_run". */
  readonly unavailable: Readonly<Record<string, string>>;
  /** Closes the raw sockets. */
  readonly close: () => void;
};

/** Opens what the probes need, and finds out what this host cannot do. Never rejects. */
export const createProbeTable = async (options: ProbeTableOptions): Promise<Probes> => {
  const resolverConfig = options.resolverConfig ?? resolverConfigFromFile();
  const { clock, random, loadNetPing: load } = options;
  const icmp = await createIcmpEngine(
    load === undefined ? { clock, random } : { clock, random, load },
  );
  const probeIcmp: ProbeFn = icmp.available
    ? icmp.probe
    : () => Promise.resolve(failure("not_run", `icmp is unavailable: ${icmp.reason}`));
  return {
    table: {
      icmp: probeIcmp,
      udp: probeUdp,
      tcp: createTcpProbe(resolverConfig),
      http: probeHttp,
      dns: createDnsProbe(resolverConfig),
    },
    unavailable: icmp.available ? {} : { icmp: icmp.reason },
    close: () => {
      if (icmp.available) icmp.close();
    },
  };
};
