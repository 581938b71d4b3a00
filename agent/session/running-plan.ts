import type { Applied, NackReason, Plan, PlanEntry } from "../../common/agent-stream.js";
import { explanationBytesMax, planEntriesMax } from "../../common/limits.js";
import { computePlanHash, type Sha256 } from "../../common/plan-hash.js";
import { clipText } from "./clip-text.js";
import type { AgentCoreConfig } from "./protocol.js";

/** What became of a plan push: the entries to run, or why the former ones keep running. */
export type PlanVerdict =
  | { readonly kind: "taken"; readonly entries: readonly PlanEntry[] }
  | { readonly kind: "refused"; readonly reason: NackReason; readonly error: string };

type PlanConfig = Pick<AgentCoreConfig, "agentId" | "identity" | "validate">;

/**
 * The plan that runs, own entries included, as the hash covers them. A push is taken over all or nothing; it outlives
 * sessions, and another epoch replaces it only with a whole plan.
 */
export class RunningPlan {
  readonly #config: PlanConfig;
  readonly #sha256: Sha256;
  #entries: ReadonlyMap<number, PlanEntry> = new Map();
  #applied: Applied | undefined;

  constructor(config: PlanConfig, sha256: Sha256) {
    this.#config = config;
    this.#sha256 = sha256;
  }

  /** What runs, for Hello; undefined before the first plan. */
  get applied(): Applied | undefined {
    return this.#applied;
  }

  /** How many entries the plan has, own ones included. */
  get entryCount(): number {
    return this.#entries.size;
  }

  /** Takes a push of a session with this epoch over, or says why not. */
  take(plan: Plan, epoch: string): PlanVerdict {
    const fault = this.#baseFault(plan, epoch) ?? this.#entriesFault(plan);
    if (fault !== undefined) return fault;
    const entries = new Map(plan.baseRevision === undefined ? [] : this.#entries);
    for (const id of plan.removes) entries.delete(id);
    for (const entry of plan.upserts) entries.set(entry.id, entry);
    if (entries.size > planEntriesMax) return tooMany(entries.size);
    const hash = computePlanHash(entries.values(), this.#sha256);
    if (hash !== plan.hash) {
      return refused("hash_mismatch", `hash of the result is ${hash}, the plan says ${plan.hash}`);
    }
    this.#entries = entries;
    this.#applied = { serverEpoch: epoch, revision: plan.revision, hash };
    return { kind: "taken", entries: this.#othersOf(entries) };
  }

  #baseFault(plan: Plan, epoch: string): PlanVerdict | undefined {
    if (plan.baseRevision === undefined) return undefined;
    const running = this.#applied?.serverEpoch === epoch ? this.#applied.revision : undefined;
    if (running === plan.baseRevision) return undefined;
    const what = running === undefined ? "nothing of this epoch" : `revision ${running}`;
    return refused("base_mismatch", `base is revision ${plan.baseRevision}, ${what} runs`);
  }

  #entriesFault(plan: Plan): PlanVerdict | undefined {
    if (plan.upserts.length > planEntriesMax) return tooMany(plan.upserts.length);
    if (plan.baseRevision === undefined && plan.removes.length > 0) {
      return refused("invalid", "a whole plan removes nothing");
    }
    const seen = new Set<number>();
    for (const id of plan.removes) {
      if (seen.has(id)) return refused("invalid", `id ${id} is removed twice`);
      seen.add(id);
    }
    for (const entry of plan.upserts) {
      if (seen.has(entry.id)) return refused("invalid", `id ${entry.id} appears twice`);
      seen.add(entry.id);
      const wrong = entryFault(entry) ?? this.#config.validate(entry);
      if (wrong !== undefined)
        return refused("invalid", `entry ${entry.id} (${entry.key}): ${wrong}`);
    }
    return undefined;
  }

  /** Nobody probes itself: neither this agent nor the node it stands on. */
  #othersOf(entries: ReadonlyMap<number, PlanEntry>): readonly PlanEntry[] {
    const { agentId, identity } = this.#config;
    const others: PlanEntry[] = [];
    for (const entry of entries.values()) {
      const isOwn = entry.agentId === agentId || entry.node === identity.node;
      if (!isOwn) others.push(entry);
    }
    return others;
  }
}

const entryFault = (entry: PlanEntry): string | undefined => {
  if (!Number.isInteger(entry.id) || entry.id < 1 || entry.id > 0xffffffff) return "id is no id";
  return /^[0-9a-f]{16}$/.test(entry.hash) ? undefined : "hash is not 16 hex digits";
};

const tooMany = (count: number): PlanVerdict =>
  refused("invalid", `${count} entries, at most ${planEntriesMax} are taken`);

const refused = (reason: NackReason, error: string): PlanVerdict => ({
  kind: "refused",
  reason,
  error: clipText(error, explanationBytesMax),
});
