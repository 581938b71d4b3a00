import { isIP } from "node:net";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { RunOutcome } from "../../common/agent-stream.js";
import { nameBytesMax, runProbesMax } from "../../common/limits.js";
import type { ProbeKind, ProbeSpec } from "../../common/probe.js";
import { timestampFromUnixMs } from "../../common/wire-values.js";
import type { RunProbeRequest, RunProbeResponseSchema } from "../../gen/causeway/v1/mesh_pb.js";
import { Vantage } from "../../gen/causeway/v1/types_pb.js";
import { runOverheadMs, runTimeoutMaxMs } from "../limits.js";
import { destinationOf, type MeshView } from "../mesh/mesh-view.js";
import { resolveAgent, resolveTarget, unresolvedText } from "../mesh/names.js";
import type { AgentView } from "../session/protocol.js";
import { RpcError } from "./errors.js";
import { outcomeToWire } from "./mesh-wire.js";
import { parseKind, parseName, parseRange, quoted, wrongField } from "./request-fields.js";

/** Has agents run probes now. */
export interface ProbeRuns {
  /**
   * Ends when the agent answered, when deadlineMs from now passed (DEADLINE_EXCEEDED), or when the signal is aborted:
   * the run is then cancelled at the agent. Rejects with an RpcError.
   */
  run(request: {
    readonly agentId: string;
    readonly probes: readonly ProbeSpec[];
    /** Milliseconds from now. */
    readonly deadlineMs: number;
    readonly signal: AbortSignal;
  }): Promise<RunOutcome>;
}

/** How long a probe of a run waits unless the request says otherwise, in milliseconds. */
const runTimeoutDefaultMs = 4_000;

/** A request after the checks. */
export type RunRequest = {
  readonly source: AgentView;
  readonly target: string;
  readonly probes: readonly ProbeSpec[];
  /** What the run may take, milliseconds. */
  readonly deadlineMs: number;
};

/** Checks a request and says what to run. Throws INVALID_ARGUMENT, NOT_FOUND or FAILED_PRECONDITION. */
export const parseRunRequest = (request: RunProbeRequest, view: MeshView): RunRequest => {
  const kind = parseKind(request.kind);
  const port = parseRange("port", request.port, {
    min: 0,
    max: 65_535,
    zeroMeans: "the planned one",
  });
  const timeoutMs =
    request.timeoutMs === 0
      ? runTimeoutDefaultMs
      : parseRange("timeout_ms", request.timeoutMs, {
          min: 1,
          max: runTimeoutMaxMs,
          zeroMeans: `${runTimeoutDefaultMs}`,
        });
  if (request.vantage !== Vantage.UNSPECIFIED && request.vantage !== Vantage.AGENT) {
    throw wrongField("vantage", `must be VANTAGE_AGENT or not set, not ${request.vantage}`);
  }
  if (port !== 0 && (kind === "icmp" || kind === "dns")) {
    throw wrongField("port", `must be 0: a probe of kind ${kind} has no port to choose`);
  }
  const source = sourceOf(parseName("source", request.source), view);
  const { target, specs } = destinationsOf(parseName("target", request.target), source, view);
  if (specs.length === 0 && kind === undefined && port !== 0) {
    throw wrongField("kind", `must be tcp, udp or http for port ${port} of ${quoted(target)}`);
  }
  const wanted = kind ?? (specs.length === 0 ? "icmp" : undefined);
  const chosen = specs.filter((spec) => wanted === undefined || spec.kind === wanted);
  const planned = chosen.length > 0 ? chosen : [outsideSpec(target, wanted ?? "icmp", port)];
  const probes = planned.slice(0, runProbesMax).map((spec) => ({
    ...spec,
    timeoutMs,
    port: port !== 0 && hasPort(spec.kind) ? port : spec.port,
  }));
  return { source, target, probes, deadlineMs: timeoutMs + runOverheadMs };
};

/** The answer as the API shows it. Throws what the agent's refusal means. */
export const runToWire = (
  { source, target, probes }: RunRequest,
  outcome: RunOutcome,
): MessageInitShape<typeof RunProbeResponseSchema> => {
  if (outcome.error !== "") {
    throw new RpcError({ code: "failed_precondition", message: outcome.error });
  }
  if (outcome.results.length !== probes.length) {
    const message = `${source.agentId} answered ${outcome.results.length} of ${probes.length} probes`;
    throw new RpcError({ code: "unavailable", message });
  }
  return {
    source: source.agentId,
    target,
    results: probes.flatMap((probe, index) => {
      const result = outcome.results[index];
      if (result === undefined) return [];
      return {
        kind: probe.kind,
        destination: destinationOf(probe),
        outcome: outcomeToWire(result.outcome),
        ...(result.rttUs === undefined ? {} : { rttUs: result.rttUs }),
        detail: result.detail,
        measuredAt: timestampFromUnixMs(result.measuredAtUnixMs),
      };
    }),
  };
};

const hasPort = (kind: ProbeKind): boolean => kind === "tcp" || kind === "udp" || kind === "http";

const sourceOf = (name: string, view: MeshView): AgentView => {
  const resolved = resolveAgent(name, view.agents());
  if (resolved.kind !== "found") {
    const code = resolved.kind === "ambiguous" ? "invalid_argument" : "not_found";
    throw new RpcError({ code, message: unresolvedText("source", name, resolved) });
  }
  const { agentId, state, reason } = resolved.value;
  if (state === "up") return resolved.value;
  const message = `agent ${agentId} is not connected: ${state} (${reason})`;
  throw new RpcError({ code: "failed_precondition", message });
};

type Destinations = { readonly target: string; readonly specs: readonly ProbeSpec[] };

/** What is planned from the source to the target; nothing for an address outside. */
const destinationsOf = (name: string, source: AgentView, view: MeshView): Destinations => {
  if (isIP(name) !== 0 && !name.includes("%")) return { target: name, specs: [] };
  const dnsName = name.startsWith("dns/") ? name.slice("dns/".length) : "";
  if (dnsName !== "" && isDnsName(dnsName)) {
    const planned = view.entriesFor(source, name).map(({ probe }) => probe);
    const lookup = specOf("dns", { hostName: dnsName, port: 53 });
    return { target: name, specs: planned.length > 0 ? planned : [lookup] };
  }
  const known = { agents: view.agents(), targets: view.targets() };
  const resolved = resolveTarget(name, known);
  if (resolved.kind !== "found") {
    const code = resolved.kind === "ambiguous" ? "invalid_argument" : "not_found";
    throw new RpcError({ code, message: unresolvedText("target", name, resolved) });
  }
  const target = resolved.value;
  const planned = view.entriesFor(source, target).map(({ probe }) => probe);
  return { target, specs: planned.length > 0 ? planned : unplannedSpecs(target, source, view) };
};

/** What a plan would say about a target that is in none. */
const unplannedSpecs = (target: string, source: AgentView, view: MeshView): ProbeSpec[] => {
  const agent = view.agent(target);
  if (agent !== undefined) {
    const address = agent.podIps[0] ?? agent.nodeIp;
    const port = agent.settings.clientPort;
    const uid = { expectPodUid: agent.podUid };
    return [
      specOf("icmp", { address }),
      specOf("tcp", { address, port }),
      specOf("udp", { address, port, ...uid }),
      specOf("http", { address, port, httpPath: "/health", ...uid }),
    ];
  }
  const node = target.startsWith("node/") ? target.slice("node/".length) : undefined;
  const address = view.agents().find((other) => other.node === node)?.nodeIp;
  if (address === undefined) return [];
  return [specOf("icmp", { address }), specOf("tcp", { address, port: source.settings.testPort })];
};

/** A probe of a kind that is not planned for the target. */
const outsideSpec = (target: string, kind: ProbeKind, port: number): ProbeSpec => {
  if (kind === "dns") {
    throw wrongField("kind", `dns needs a target dns/NAME, not ${quoted(target)}`);
  }
  if (hasPort(kind) && port === 0) {
    throw wrongField("port", `is required for ${kind} to ${quoted(target)}: it is not planned`);
  }
  if (target.startsWith("dns/")) {
    if (kind === "tcp") return specOf("tcp", { hostName: target.slice("dns/".length), port });
    throw wrongField("kind", `must be dns or tcp for a target dns/NAME, not ${kind}`);
  }
  if (isIP(target) !== 0) return specOf(kind, { address: target, port });
  throw wrongField("kind", `must be one that is planned for ${quoted(target)}, not ${kind}`);
};

const specOf = (kind: ProbeKind, fields: Partial<ProbeSpec>): ProbeSpec => ({
  kind,
  address: "",
  port: 0,
  timeoutMs: runTimeoutDefaultMs,
  hostName: "",
  httpPath: "",
  expectPodUid: "",
  ...fields,
});

const isDnsName = (name: string): boolean =>
  name.length <= nameBytesMax &&
  name.split(".").every((label) => /^[a-z0-9_-]{1,63}$/i.test(label));
