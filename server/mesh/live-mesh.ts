import type { PlanEntry, ResultColumns } from "../../common/agent-stream.js";
import { parseTargetKey } from "../../common/probe.js";
import { goneAgentsMax } from "../limits.js";
import { Matrix } from "./matrix.js";
import { type AgentDirectory, MeshView } from "./mesh-view.js";
import { ProbeTally, type TallyLabels } from "./probe-tally.js";

/** What a live mesh is made with. */
export type LiveMeshParts = {
  readonly directory: AgentDirectory;
  /** The newest plan made for an agent, its own entries included. */
  readonly planFor: (agentId: string) => readonly PlanEntry[];
  readonly interner: { keyOf(id: number): string | undefined };
};

/** The measurements of the running mesh: matrix, counters, and the view that queries use. Pure. */
export class LiveMesh {
  readonly matrix: Matrix;
  readonly tally: ProbeTally;
  readonly view: MeshView;
  readonly #parts: LiveMeshParts;
  /** The node of every agent seen, as long as it is listed. */
  readonly #nodes = new Map<string, string>();
  /** Agents that are not listed any more, and their nodes. */
  readonly #gone = new Map<string, string>();
  #labelsStale = false;

  constructor(parts: LiveMeshParts) {
    this.#parts = parts;
    this.tally = new ProbeTally((agentId, targetId) => this.#labelsOf(agentId, targetId));
    this.matrix = new Matrix({ tally: this.tally });
    this.view = new MeshView({ ...parts, matrix: this.matrix });
  }

  /** Carries out the ingest's "apply". */
  apply(agentId: string, columns: ResultColumns): void {
    this.matrix.apply(agentId, columns);
  }

  /**
   * Carries out the control plane's "agent_changed". What a forgotten agent measured goes at once; what was measured to
   * it, and its node's counters, with the next refresh.
   */
  agentChanged(agentId: string): void {
    this.#labelsStale = true;
    const agent = this.#parts.directory.agent(agentId);
    if (agent !== undefined) {
      this.#nodes.set(agentId, agent.node);
      this.#gone.delete(agentId);
      return;
    }
    this.matrix.forget(agentId);
    this.#gone.set(agentId, this.#nodes.get(agentId) ?? "");
    this.#nodes.delete(agentId);
    if (this.#gone.size > goneAgentsMax) this.refresh();
  }

  /** Sweeps up after the agents that are gone, and brings the counters' labels up to date; before they are read. */
  refresh(): void {
    if (!this.#labelsStale) return;
    const nodes = new Set(this.#nodes.values());
    const gone = new Set<string>();
    for (const [agentId, node] of this.#gone) {
      gone.add(agentId);
      if (nodes.has(node)) continue;
      gone.add(`node/${node}`);
      this.tally.forgetNode(node);
    }
    this.#gone.clear();
    if (gone.size > 0) this.matrix.forgetTargets((targetId) => gone.has(this.#targetOf(targetId)));
    this.matrix.relabel();
    this.#labelsStale = false;
  }

  #targetOf(targetId: number): string {
    return parseTargetKey(this.#parts.interner.keyOf(targetId) ?? "")?.target ?? "";
  }

  #labelsOf(agentId: string, targetId: number): TallyLabels {
    const { directory, interner } = this.#parts;
    const key = parseTargetKey(interner.keyOf(targetId) ?? "");
    const target = key?.target ?? "";
    return {
      srcNode: directory.agent(agentId)?.node ?? "",
      dstZone: directory.agent(target)?.zone ?? this.#zoneOfNode(target),
      kind: key?.kind ?? "icmp",
    };
  }

  #zoneOfNode(target: string): string {
    if (!target.startsWith("node/")) return "";
    const node = target.slice("node/".length);
    for (const plane of ["pod", "host"]) {
      const agent = this.#parts.directory.agent(`${node}.${plane}`);
      if (agent !== undefined) return agent.zone;
    }
    return "";
  }
}
