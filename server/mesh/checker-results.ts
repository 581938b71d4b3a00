import type { Outcome, ProbeKind } from "../../common/probe.js";
import type { AgentView } from "../session/protocol.js";
import type { LegacyClients, LegacyResult } from "./legacy-clients.js";
import type { CellView } from "./matrix.js";
import type { MeshQuery, MeshView, PairCell } from "./mesh-view.js";

/** One test as /api/v1 shows it. */
export type CheckerRow = {
  /** Address of the prober: its node's between hosts, its pod's between pods; as posted by clients. */
  readonly source: string;
  readonly target: string;
  readonly ping: "reachable" | "unreachable";
  /** "unknown" while the port was not measured. */
  readonly port: "open" | "closed" | "unknown";
  /** How long the test took; a test without an answer took its timeout. */
  readonly durationNs: number;
};

/** One test of the custom service. */
export type CheckerServiceRow = {
  readonly source: string;
  /** Its address where that is known, else its name. */
  readonly target: string;
  readonly ping: "reachable" | "unreachable";
  /** Empty when the name did not resolve. */
  readonly ports: Readonly<Record<string, "open" | "closed">>;
  readonly latencyNs: number;
  readonly durationNs: number;
  readonly measuredUnixMs: number;
};

/** Where such results come from. */
export type CheckerSources = { readonly view: MeshView; readonly legacy: LegacyClients };

/** Addresses of all hosts that have a live client, sorted. */
export const hostIps = (sources: CheckerSources): string[] =>
  sortedSet([
    ...liveAgents(sources.view).map(({ nodeIp }) => nodeIp),
    ...liveClients(sources.legacy).map(({ nodeIp }) => nodeIp),
  ]);

/** Addresses of all pods that have a live client, sorted. */
export const podIps = (sources: CheckerSources): string[] =>
  sortedSet([
    ...liveAgents(sources.view).flatMap((agent) => (agent.plane === "pod" ? podIpOf(agent) : [])),
    ...liveClients(sources.legacy).map(({ podIp }) => podIp),
  ]);

/** Clients that are not lost. */
export const activeClientCount = ({ view, legacy }: CheckerSources): number =>
  liveAgents(view).length + liveClients(legacy).length;

/** Tests between hosts. */
export const hostRows = ({ view, legacy }: CheckerSources, query: MeshQuery): CheckerRow[] => {
  // The pod plane comes last: where both planes of a node tested a host, its word stands.
  const agents = [...liveAgents(view)].sort((a, b) => a.plane.localeCompare(b.plane));
  const native = agents.flatMap((agent) =>
    nativeRows(view, { agent, source: agent.nodeIp, isTarget: isHost, query }),
  );
  return lastOfPair([...native, ...legacyRows(legacy, "hosts")]);
};

/** Tests between pods. */
export const podRows = ({ view, legacy }: CheckerSources, query: MeshQuery): CheckerRow[] => {
  const native = liveAgents(view).flatMap((agent) => {
    const [source] = agent.plane === "pod" ? podIpOf(agent) : [];
    return source === undefined ? [] : nativeRows(view, { agent, source, isTarget: isPod, query });
  });
  return lastOfPair([...native, ...legacyRows(legacy, "pods")]);
};

/** Tests of the custom service, one a source. */
export const serviceRows = (
  { view, legacy }: CheckerSources,
  query: MeshQuery,
): CheckerServiceRow[] => {
  const rows = new Map<string, CheckerServiceRow>();
  for (const agent of liveAgents(view)) {
    const row = nativeServiceRow(view, agent, query);
    if (row !== undefined && !(rows.has(row.source) && agent.plane === "host")) {
      rows.set(row.source, row);
    }
  }
  for (const { sourceIp, results } of legacy.rows("service")) {
    for (const result of results) rows.set(sourceIp, serviceRowOf(sourceIp, result));
  }
  return [...rows.values()].sort((a, b) => compareText(a.source, b.source));
};

type Measured = { readonly cell: PairCell; readonly view: CellView };

const liveAgents = (view: MeshView): AgentView[] =>
  view.agents().filter(({ state }) => state !== "lost");

const liveClients = (legacy: LegacyClients) =>
  legacy.clients().filter(({ state }) => state !== "lost");

const podIpOf = ({ podIps: [primary] }: AgentView): string[] =>
  primary === undefined ? [] : [primary];

const isHost = (target: string): boolean => target.startsWith("node/");

const isService = (target: string): boolean => target.startsWith("dns/");

const isPod = (target: string): boolean => !(isHost(target) || isService(target));

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const sortedSet = (addresses: readonly string[]): string[] =>
  [...new Set(addresses)].filter((address) => address !== "").sort(compareText);

const lastOfPair = (rows: readonly CheckerRow[]): CheckerRow[] => {
  const byPair = new Map(rows.map((row) => [`${row.source} ${row.target}`, row]));
  return [...byPair.values()].sort(
    (a, b) => compareText(a.source, b.source) || compareText(a.target, b.target),
  );
};

type NativeInput = {
  readonly agent: AgentView;
  readonly source: string;
  readonly isTarget: (target: string) => boolean;
  readonly query: MeshQuery;
};

const nativeRows = (
  view: MeshView,
  { agent, source, isTarget, query }: NativeInput,
): CheckerRow[] =>
  [...freshByAddress(view, agent, isTarget, query)].map(([target, cells]) => ({
    source,
    target,
    ...testOf(cells),
  }));

/** What an agent measured and what is not stale, by the address that it was sent to. */
const freshByAddress = (
  view: MeshView,
  agent: AgentView,
  isTarget: (target: string) => boolean,
  query: MeshQuery,
): Map<string, Measured[]> => {
  const byAddress = new Map<string, Measured[]>();
  for (const cell of view.cellsOf(agent, query)) {
    const address = cell.entry?.probe.address ?? "";
    if (address === "" || !isTarget(cell.target)) continue;
    const measured = view.view(cell, query);
    if (!isFresh(measured)) continue;
    const cells = byAddress.get(address) ?? [];
    cells.push({ cell, view: measured });
    byAddress.set(address, cells);
  }
  return byAddress;
};

const isFresh = (view: CellView | undefined): view is CellView =>
  view !== undefined && view.state !== "stale" && view.state !== "not_measured";

const ofKind = (cells: readonly Measured[], kind: ProbeKind): Measured | undefined =>
  cells.find(({ cell, view }) => cell.kind === kind && view.last.outcome !== "not_run");

const testOf = (cells: readonly Measured[]): Pick<CheckerRow, "ping" | "port" | "durationNs"> => {
  const icmp = ofKind(cells, "icmp");
  const answered = cells.find(({ view }) => isAnswer(view.last.outcome));
  const deciding = icmp ?? answered ?? cells[0];
  const reached = icmp === undefined ? answered !== undefined : icmp.view.last.outcome === "ok";
  const tcp = ofKind(cells, "tcp") ?? ofKind(cells, "http");
  const port = tcp === undefined ? "unknown" : isOpen(tcp) ? "open" : "closed";
  return {
    ping: reached ? "reachable" : "unreachable",
    port,
    durationNs: deciding === undefined ? 0 : durationNs(deciding),
  };
};

/** Outcomes that only the other end can have caused: it is there, whatever it thinks of the probe. */
const answers: ReadonlySet<Outcome> = new Set<Outcome>([
  "ok",
  "refused",
  "reset",
  "http_status",
  "tls_failed",
  "body_mismatch",
  "hang",
  "partial",
  "snat_seen",
]);

const isAnswer = (outcome: Outcome): boolean => answers.has(outcome);

/** A connection that stood before something else went wrong met an open port. */
const isOpen = ({ view }: Measured): boolean =>
  isAnswer(view.last.outcome) && view.last.outcome !== "refused";

const durationNs = ({ cell, view }: Measured): number =>
  (view.last.rttUs ?? (cell.entry?.probe.timeoutMs ?? 0) * 1000) * 1000;

const nativeServiceRow = (
  view: MeshView,
  agent: AgentView,
  query: MeshQuery,
): CheckerServiceRow | undefined => {
  const cells = view.cellsOf(agent, query).flatMap((cell) => {
    const measured = isService(cell.target) ? view.view(cell, query) : undefined;
    return isFresh(measured) ? [{ cell, view: measured }] : [];
  });
  const source = podIpOf(agent)[0] ?? agent.nodeIp;
  const tcp = ofKind(cells, "tcp");
  const dns = ofKind(cells, "dns");
  const deciding = tcp ?? dns;
  if (deciding === undefined) return undefined;
  const resolved = dns === undefined || dns.view.last.outcome === "ok";
  const port = tcp?.cell.entry?.probe.port;
  return {
    source,
    target: deciding.cell.target.slice("dns/".length),
    ping: tcp !== undefined && isAnswer(tcp.view.last.outcome) ? "reachable" : "unreachable",
    ports:
      tcp === undefined || port === undefined || !resolved
        ? {}
        : { [port]: isOpen(tcp) ? "open" : "closed" },
    latencyNs: durationNs(deciding),
    durationNs: [tcp, dns].reduce((sum, one) => sum + (one === undefined ? 0 : durationNs(one)), 0),
    measuredUnixMs: Math.floor(deciding.view.last.measuredUnixUs / 1000),
  };
};

const legacyRows = (legacy: LegacyClients, layer: "hosts" | "pods"): CheckerRow[] =>
  legacy.rows(layer).flatMap(({ sourceIp, results }) =>
    results.map((result) => ({
      source: sourceIp,
      target: result.targetIp,
      ping: result.ping,
      port: portOf(result),
      durationNs: result.durationNs,
    })),
  );

const portOf = ({ ports }: LegacyResult): CheckerRow["port"] => {
  const states = Object.values(ports);
  if (states.length === 0) return "unknown";
  return states.every((state) => state === "open") ? "open" : "closed";
};

const serviceRowOf = (source: string, result: LegacyResult): CheckerServiceRow => ({
  source,
  target: result.targetIp,
  ping: result.ping,
  ports: result.ports,
  latencyNs: result.latencyNs,
  durationNs: result.durationNs,
  measuredUnixMs: result.measuredUnixMs,
});
