import type { ProbeOutcome, ProbeSpec } from "../../common/probe.js";
import { tcpAddressesMax } from "../limits.js";
import { lookUp, type ResolverConfigSource } from "./dns-lookup.js";
import { failure } from "./outcome.js";
import type { ProbeContext, ProbeFn } from "./probe.js";
import { connectTcp, type ReadTcpInfo } from "./tcp-connect.js";

/**
 * TCP connect. With a host name, every address of the name is connected to at once, and one that fails makes the probe
 * fail: trying the next one instead would hide a dead backend. The round trip is that of the connect alone.
 */
export const createTcpProbe =
  (resolverConfig: ResolverConfigSource, tcpInfo?: ReadTcpInfo): ProbeFn =>
  async (spec, context) =>
    spec.hostName === ""
      ? connectTcp(spec, context, tcpInfo)
      : connectToName(spec, context, { resolverConfig, tcpInfo });

type NameOptions = {
  readonly resolverConfig: ResolverConfigSource;
  readonly tcpInfo: ReadTcpInfo | undefined;
};

const connectToName = async (
  spec: ProbeSpec,
  context: ProbeContext,
  { resolverConfig, tcpInfo }: NameOptions,
): Promise<ProbeOutcome> => {
  const found = await lookUp(
    { name: spec.hostName, server: undefined, timeoutMs: spec.timeoutMs },
    context,
    resolverConfig,
  );
  if (found.result.outcome !== "ok") return found.result;
  // Without a round trip nothing was looked up, or the process was held: neither took the network's time.
  const timeoutMs = Math.floor(spec.timeoutMs - (found.result.rttUs ?? 0) / 1000);
  if (timeoutMs < 1) return failure("dns_timeout", "the look-up left no time to connect");
  const addresses = found.addresses.slice(0, tcpAddressesMax);
  const results = await Promise.all(
    addresses.map((address) =>
      connectTcp({ address, port: spec.port, timeoutMs }, context, tcpInfo),
    ),
  );
  return combinedOutcome(addresses, results);
};

const combinedOutcome = (
  addresses: readonly string[],
  results: readonly ProbeOutcome[],
): ProbeOutcome => {
  const failedCount = results.filter((result) => result.outcome !== "ok").length;
  const first = results.findIndex((result) => result.outcome !== "ok" || failedCount === 0);
  const result = results[first];
  if (result === undefined) return failure("not_run", "the name has no address to connect to");
  const detail =
    failedCount === 0
      ? `connected to ${addresses.join(", ")}`
      : `${failedCount} of ${addresses.length} addresses failed, the first is ${addresses[first]}`;
  return { ...result, detail: result.detail === "" ? detail : `${detail}: ${result.detail}` };
};
