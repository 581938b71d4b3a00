import { isIP, isIPv6 } from "node:net";
import type { Outcome, ProbeOutcome } from "../../common/probe.js";
import { type DnsReply, exchangeDns, isLateAnswer } from "./dns-exchange.js";
import type { AddressType } from "./dns-message.js";
import { outcomeFromError } from "./errno-outcome.js";
import { failure, success } from "./outcome.js";
import type { ProbeContext } from "./probe.js";
import type { DnsServer, ResolverConfig, ResolverConfigSource } from "./resolver-config.js";

export type { ResolverConfigSource } from "./resolver-config.js";

/** What to look up. */
export type LookUpRequest = {
  /** Walks the search list unless it ends in a dot. */
  readonly name: string;
  /** The server to ask; undefined for those of resolv.conf. */
  readonly server: DnsServer | undefined;
  /** For the whole walk. */
  readonly timeoutMs: number;
};

/** How a look-up ended: its round trip is that of the whole walk, as a program would wait for it. */
export type LookUpResult = {
  readonly result: ProbeOutcome;
  /** Empty unless the outcome is "ok". */
  readonly addresses: readonly string[];
};

/**
 * Looks a name up as the C library does: search list and ndots of resolv.conf (read afresh), A and AAAA side by side for
 * the families of the agent's own addresses, the next server when one fails. Never rejects.
 */
export const lookUp = async (
  request: LookUpRequest,
  context: ProbeContext,
  resolverConfig: ResolverConfigSource,
): Promise<LookUpResult> => {
  if (isIP(request.name) !== 0)
    return {
      result: { outcome: "ok", rttUs: undefined, detail: "an address, not a name" },
      addresses: [request.name],
    };
  let config: ResolverConfig;
  try {
    config = await resolverConfig();
  } catch (error) {
    return { result: outcomeFromError(error), addresses: [] };
  }
  const servers = request.server === undefined ? config.servers : [request.server];
  return walk(request, context, { ...config, servers });
};

/** The absolute names to try, in order; resolv.conf(5), options ndots. */
export const candidateNames = (
  name: string,
  config: Pick<ResolverConfig, "search" | "ndots">,
): string[] => {
  if (name.endsWith(".")) return [name.slice(0, -1)];
  const searched = config.search
    .map((domain) => `${name}.${domain}`)
    .filter((candidate) => candidate.length <= 253);
  const dots = name.split(".").length - 1;
  return dots >= config.ndots ? [name, ...searched] : [...searched, name];
};

type Walk = {
  readonly startMs: number;
  /** Moves on by what the process was held. */
  endMs: number;
  readonly types: readonly AddressType[];
  readonly servers: readonly DnsServer[];
  queries: number;
};

const walk = async (
  request: LookUpRequest,
  context: ProbeContext,
  config: ResolverConfig,
): Promise<LookUpResult> => {
  const startMs = context.clock.nowMs();
  const state: Walk = {
    startMs,
    endMs: startMs + request.timeoutMs,
    types: typesOf(context.self.podIps),
    servers: config.servers,
    queries: 0,
  };
  let worst: ProbeOutcome | undefined;
  for (const name of candidateNames(request.name, config)) {
    const found = await askName(name, state, context);
    if (found.addresses.length > 0) return succeeded(name, found, state, request, context);
    worst = worst === undefined ? found.failed : worseOf(worst, found.failed);
    if (!isNegative(found.failed.outcome)) break;
  }
  const failed = worst ?? failure("not_run", "no name to look up");
  return { result: { ...failed, detail: failureDetail(failed, state) }, addresses: [] };
};

const succeeded = (
  name: string,
  found: NameReply,
  state: Walk,
  request: LookUpRequest,
  context: ProbeContext,
): LookUpResult => {
  const detail = `${name} is ${found.addresses.join(", ")} (${countOf(state.queries)}${found.note})`;
  const trip = {
    sentMs: state.startMs,
    receivedMs: context.clock.nowMs(),
    timeoutMs: request.timeoutMs,
  };
  return { result: success(trip, detail), addresses: found.addresses };
};

type NameReply = {
  readonly addresses: readonly string[];
  /** Why there is none. */
  readonly failed: ProbeOutcome;
  /** What was odd about a success. */
  readonly note: string;
};

const askName = async (name: string, state: Walk, context: ProbeContext): Promise<NameReply> => {
  const replies = await Promise.all(
    state.types.map((type) => askServers({ name, type }, state, context)),
  );
  const silent = replies.find(
    (reply) => reply.addresses.length === 0 && reply.failed.outcome !== "dns_nxdomain",
  );
  const note = silent === undefined ? "" : `; ${silent.failed.outcome} ${silent.failed.detail}`;
  return {
    addresses: replies.flatMap((reply) => reply.addresses),
    failed: replies.map((reply) => reply.failed).reduce(worseOf),
    note: replies.find((reply) => reply.note !== "")?.note ?? note,
  };
};

/** Each server gets an equal share of the time that is left. */
const askServers = async (
  question: { readonly name: string; readonly type: AddressType },
  state: Walk,
  context: ProbeContext,
): Promise<NameReply> => {
  let failed: ProbeOutcome = failure("dns_timeout", "no time was left");
  for (const [index, server] of state.servers.entries()) {
    const leftMs = state.endMs - context.clock.nowMs();
    const timeoutMs = Math.floor(leftMs / (state.servers.length - index));
    if (timeoutMs < 1) break;
    state.queries++;
    const reply = await exchangeDns({ server, question, timeoutMs }, context);
    if (isLateAnswer(reply, { timeoutMs }))
      state.endMs = Math.max(state.endMs, context.clock.nowMs() + leftMs);
    const note = index === 0 ? "" : `; ${state.servers[0]?.address}: ${failed.outcome}`;
    if (reply.kind === "answer" && reply.answer.addresses.length > 0)
      return { addresses: reply.answer.addresses, failed, note };
    failed = failureFromReply(reply, question, server);
    if (failed.outcome === "dns_nxdomain") break;
  }
  return { addresses: [], failed, note: "" };
};

const failureFromReply = (
  reply: DnsReply,
  question: { readonly name: string; readonly type: AddressType },
  server: DnsServer,
): ProbeOutcome => {
  const from = `${server.address}: `;
  if (reply.kind === "failed") {
    const { outcome, detail } = reply.result;
    return failure(outcome, `${from}${detail === "" ? question.name : detail}`);
  }
  const { rcode } = reply.answer;
  switch (rcode) {
    case 0:
      return failure("dns_nxdomain", `${from}${question.name} has no ${question.type} record`);
    case 3:
      return failure("dns_nxdomain", `${from}${question.name} does not exist`);
    case 5:
      return failure("dns_refused", `${from}${question.name}`);
    default:
      return failure("dns_servfail", `${from}response code ${rcode} for ${question.name}`);
  }
};

/** After these the C library tries the next name of the search list. */
const isNegative = (outcome: Outcome): boolean =>
  outcome === "dns_nxdomain" || outcome === "dns_servfail" || outcome === "dns_refused";

/** "Does not exist" counts only when nothing worse was seen on the way. */
const worseOf = (a: ProbeOutcome, b: ProbeOutcome): ProbeOutcome =>
  a.outcome === "dns_nxdomain" && b.outcome !== "dns_nxdomain" ? b : a;

const failureDetail = (failed: ProbeOutcome, state: Walk): string =>
  `${failed.detail} (${countOf(state.queries)})`;

const countOf = (queries: number): string => (queries === 1 ? "1 query" : `${queries} queries`);

const typesOf = (podIps: readonly string[]): AddressType[] => {
  const types: AddressType[] = [];
  if (podIps.some((ip) => isIP(ip) === 4)) types.push("A");
  if (podIps.some((ip) => isIPv6(ip))) types.push("AAAA");
  return types.length === 0 ? ["A", "AAAA"] : types;
};
