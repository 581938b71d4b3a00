/** Kinds of probe, by the lower-case names that REST, the CLI and metrics use. */
export const probeKinds = ["icmp", "udp", "tcp", "http", "dns"] as const;

/** One kind of probe. */
export type ProbeKind = (typeof probeKinds)[number];

/** Whether a string from outside names a kind of probe. */
export const isProbeKind = (value: string): value is ProbeKind =>
  (probeKinds as readonly string[]).includes(value);

/**
 * How a probe ended, in lower case. The position in this list is the number of the wire's `OUTCOME_*` enum, and is what
 * result columns and the matrix store.
 */
export const outcomes = [
  "unspecified",
  "ok",
  "timeout",
  "refused",
  "reset",
  "host_unreachable",
  "net_unreachable",
  "prohibited",
  "ttl_exceeded",
  "msg_too_big",
  "no_local_port",
  "dns_nxdomain",
  "dns_servfail",
  "dns_refused",
  "dns_truncated",
  "dns_timeout",
  "http_status",
  "tls_failed",
  "body_mismatch",
  "hang",
  "partial",
  "wrong_peer",
  "snat_seen",
  "not_run",
] as const;

/** How one probe ended. A failed probe is an outcome, never a throw. */
export type Outcome = (typeof outcomes)[number];

/** The number of an outcome on the wire and in columns. */
export const outcomeNumber = (outcome: Outcome): number => outcomes.indexOf(outcome);

/** The outcome of a number; numbers that this build does not know are "unspecified". */
export const outcomeFromNumber = (value: number): Outcome => outcomes[value] ?? "unspecified";

/** One probe to run, checked: what came over the network is typed here and never becomes part of a command line. */
export type ProbeSpec = {
  readonly kind: ProbeKind;
  /** IPv4 or IPv6 literal; empty only when hostName is set. */
  readonly address: string;
  /** 1-65535; 0 for icmp. */
  readonly port: number;
  /** 1-60000. */
  readonly timeoutMs: number;
  /** Name to look up (dns), or to look up first and connect to (tcp); empty for none. */
  readonly hostName: string;
  /** Path of a GET, starting with "/"; empty means "/health". */
  readonly httpPath: string;
  /** UID that the answering responder must state; empty when unknown. */
  readonly expectPodUid: string;
};

/** How one probe ended. */
export type ProbeOutcome = {
  readonly outcome: Outcome;
  /** Microseconds, at least 1; undefined when nothing was measured. */
  readonly rttUs: number | undefined;
  /** What happened, for people; empty when the outcome says it all. */
  readonly detail: string;
};

/** A plan entry's stable name: KIND|TARGET. */
export const targetKey = (kind: ProbeKind, target: string): string => `${kind}|${target}`;

/** Takes a target key apart; undefined when it is not one. */
export const parseTargetKey = (
  key: string,
): { readonly kind: ProbeKind; readonly target: string } | undefined => {
  const bar = key.indexOf("|");
  const kind = key.slice(0, Math.max(bar, 0));
  const target = key.slice(bar + 1);
  return isProbeKind(kind) && target !== "" ? { kind, target } : undefined;
};
