import { Counter, Gauge, Registry } from "prom-client";
import { parseTargetKey } from "../common/probe.js";
import type { ProbeEngine } from "./probe/probe-table.js";
import type { ScheduledResult, SchedulerStatus } from "./probe/scheduler.js";
import type { ResponderCounters } from "./responder/counters.js";
import type { MetricsSource } from "./responder/http-handler.js";
import type { AgentStatus } from "./session/protocol.js";

/** Where the figures are read when somebody scrapes. */
export type AgentFigures = {
  readonly engine: ProbeEngine;
  readonly status: () => AgentStatus;
  readonly scheduler: () => SchedulerStatus;
  /** Undefined before the responder listens. */
  readonly responder: () => Readonly<ResponderCounters> | undefined;
  readonly loopDelayMs: () => number;
};

/** The agent's metrics. */
export type AgentMetrics = {
  /** The page for the responder's /metrics. */
  readonly source: MetricsSource;
  /** Counts a probe of the plan that ended. */
  readonly countResult: (result: Pick<ScheduledResult, "key" | "result">) => void;
};

/** Metrics named causeway_agent_*, and the three of the process that every dashboard looks for. */
export const createAgentMetrics = (
  labels: Readonly<Record<"agent_id" | "node" | "plane" | "version", string>>,
  figures: AgentFigures,
): AgentMetrics => {
  const registry = new Registry();
  const registers = [registry];
  const info = new Gauge({
    name: "causeway_agent_info",
    help: "Who this agent is; always 1.",
    labelNames: ["agent_id", "node", "plane", "version"],
    registers,
  });
  info.set(labels, 1);
  const engine = new Gauge({
    name: "causeway_agent_probe_engine",
    help: "What measures ICMP: native (kernel timestamps) or net-ping (this process's clock); always 1.",
    labelNames: ["engine"],
    registers,
  });
  engine.set({ engine: figures.engine }, 1);
  for (const [name, help, read] of gauges(figures)) {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers,
      collect: () => gauge.set(read()),
    });
  }
  for (const [name, help, read] of counters(figures)) {
    const counter: Counter = new Counter({
      name,
      help,
      registers,
      collect: () => {
        counter.reset();
        counter.inc(read());
      },
    });
  }
  addResponderEvents(registry, figures);
  const results = new Counter({
    name: "causeway_agent_probe_results_total",
    help: "Probes of the plan that ended, by kind and outcome.",
    labelNames: ["kind", "outcome"],
    registers,
  });
  return {
    source: async () => ({
      contentType: registry.contentType,
      body: await registry.metrics(),
    }),
    countResult: ({ key, result }) => {
      results.inc({ kind: parseTargetKey(key)?.kind ?? "", outcome: result.outcome });
    },
  };
};

type Row = readonly [name: string, help: string, read: () => number];

const gauges = ({ status, scheduler, responder, loopDelayMs }: AgentFigures): readonly Row[] => [
  [
    "causeway_agent_connected",
    "1 while the server has welcomed this agent's stream, else 0.",
    () => (status().connected ? 1 : 0),
  ],
  ["causeway_agent_plan_revision", "Revision of the plan that runs.", () => status().revision],
  ["causeway_agent_plan_entries", "Entries of that plan.", () => status().planEntries],
  ["causeway_agent_probes_in_flight", "Probes under way.", () => scheduler().inFlight],
  [
    "causeway_agent_spooled_batches",
    "Batches that were never sent.",
    () => status().spooledBatches,
  ],
  ["causeway_agent_spooled_bytes", "Memory of the spool.", () => status().spooledBytes],
  [
    "causeway_agent_unacked_batches",
    "Batches that were sent and not acknowledged.",
    () => status().unackedBatches,
  ],
  [
    "causeway_agent_clock_offset_seconds",
    "The server's clock minus this agent's, as far as known.",
    () => status().clockOffsetUs / 1e6,
  ],
  [
    "causeway_agent_loop_delay_seconds",
    "How late the last tick of the event loop was.",
    () => loopDelayMs() / 1000,
  ],
  [
    "causeway_agent_responder_connections",
    "Open connections of the responder.",
    () => responder()?.tcpOpen ?? 0,
  ],
  [
    "process_resident_memory_bytes",
    "Resident memory of the process.",
    () => process.memoryUsage.rss(),
  ],
  [
    "process_start_time_seconds",
    "When the process started, in seconds since 1970.",
    () => Math.round(Date.now() / 1000 - process.uptime()),
  ],
];

const counters = ({ status, scheduler }: AgentFigures): readonly Row[] => [
  [
    "causeway_agent_reconnects_total",
    "Streams opened after the first one.",
    () => status().reconnects,
  ],
  [
    "causeway_agent_results_measured_total",
    "Results of the plan's probes.",
    () => status().measuredResults,
  ],
  [
    "causeway_agent_results_acked_total",
    "Results that a server acknowledged.",
    () => status().ackedResults,
  ],
  [
    "causeway_agent_results_dropped_total",
    "Results that were dropped; each is in a gap record.",
    () => status().droppedResults,
  ],
  ["causeway_agent_probes_started_total", "Probes started.", () => scheduler().started],
  [
    "causeway_agent_probes_missed_total",
    "Turns that were skipped: the process stalled, or too many probes were under way.",
    () => scheduler().missed,
  ],
  [
    "process_cpu_seconds_total",
    "CPU time of the process.",
    () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  ],
];

/** One label value a counter of the responder. */
const responderEvents: Readonly<Record<Exclude<keyof ResponderCounters, "tcpOpen">, string>> = {
  tcpAccepted: "tcp_accepted",
  tcpRefusedTotal: "tcp_refused_total",
  tcpRefusedPerSource: "tcp_refused_per_source",
  tcpSlow: "tcp_slow",
  httpRequests: "http_request",
  httpMalformed: "http_malformed",
  tcpEchoes: "tcp_echo",
  udpReflected: "udp_reflected",
  udpMalformed: "udp_malformed",
  udpLimited: "udp_limited",
  udpUnsent: "udp_unsent",
};

const addResponderEvents = (registry: Registry, { responder }: AgentFigures): void => {
  const counter: Counter = new Counter({
    name: "causeway_agent_responder_events_total",
    help: "What the responder did, by event.",
    labelNames: ["event"],
    registers: [registry],
    collect: () => {
      counter.reset();
      const counts = responder();
      if (counts === undefined) return;
      for (const [key, event] of Object.entries(responderEvents)) {
        counter.inc({ event }, counts[key as keyof typeof responderEvents]);
      }
    },
  });
};
