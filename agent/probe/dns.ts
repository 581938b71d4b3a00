import { lookUp, type ResolverConfigSource } from "./dns-lookup.js";
import type { ProbeFn } from "./probe.js";

/**
 * Looks spec.hostName up: at spec.address when that is set, else at the servers of resolv.conf. By raw UDP and not by
 * node:dns, which caches on some releases and never walks the search list. The detail names the addresses.
 */
export const createDnsProbe =
  (resolverConfig: ResolverConfigSource): ProbeFn =>
  async (spec, context) => {
    const server =
      spec.address === "" ? undefined : { address: spec.address, port: spec.port || 53 };
    const { result } = await lookUp(
      { name: spec.hostName, server, timeoutMs: spec.timeoutMs },
      context,
      resolverConfig,
    );
    return result;
  };
