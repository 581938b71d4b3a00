import type { Plan, PlanEntry } from "../../common/agent-stream.js";
import { planEntriesMax, serverMessageBytesMax } from "../../common/limits.js";
import { computePlanHash, type Sha256 } from "../../common/plan-hash.js";
import { planDelayMsMax, planGroupsMax, planHistoryMax, planQuietMs } from "../limits.js";
import { EntryMaker } from "../mesh/entry-maker.js";
import type { Interner } from "../mesh/interner.js";
import { type PlanGroup, type PlanMember, planGroups } from "../mesh/planner.js";
import type { Outbox } from "./outbox.js";

/** A plan of a group at one revision. Never changes. */
export type Snapshot = {
  /** Ordered over all groups of this server epoch; from 1. */
  readonly revision: number;
  /** Lower-case hex of SHA-256; equal hashes mean equal content. */
  readonly hash: string;
  readonly entries: readonly PlanEntry[];
  readonly byId: ReadonlyMap<number, PlanEntry>;
};

/** A plan group: its newest snapshot and what is needed to push it. */
export type Group = {
  readonly key: string;
  newest: Snapshot | undefined;
  /** Newest last, newest included. */
  history: Snapshot[];
  /** Why the newest plan could not be published; empty when it was. */
  error: string;
  /** Pushes of the newest snapshot by base revision, 0 for the whole: the same bytes for everybody with the same base. */
  readonly pushes: Map<number, Plan>;
};

/** What plans are made with. */
export type PlanStorePorts = {
  readonly interner: Interner;
  readonly sha256: Sha256;
  readonly out: Outbox;
};

/**
 * Makes plans when membership has been quiet for a moment, keeps the last snapshots of each group, and words a push once
 * for all agents that run the same base.
 */
export class PlanStore {
  readonly #ports: PlanStorePorts;
  readonly #maker: EntryMaker;
  readonly #groups = new Map<string, Group>();
  #revision = 0;
  #nonce = 0;
  #dirtySinceMs: number | undefined;
  #dirtyLastMs = 0;

  constructor(ports: PlanStorePorts) {
    this.#ports = ports;
    this.#maker = new EntryMaker(ports);
  }

  /** Membership changed: plans are made again soon. */
  markDirty(nowMs: number): void {
    this.#dirtySinceMs ??= nowMs;
    this.#dirtyLastMs = nowMs;
  }

  /** When plans are made again; Infinity when nothing changed. */
  dueMs(): number {
    if (this.#dirtySinceMs === undefined) return Number.POSITIVE_INFINITY;
    return Math.min(this.#dirtyLastMs + planQuietMs, this.#dirtySinceMs + planDelayMsMax);
  }

  /** The group of that key; undefined before its first plan was made. */
  group(key: string): Group | undefined {
    return this.#groups.get(key);
  }

  /** The kept snapshot that an agent says it runs; undefined unless revision and hash belong together. */
  baseOf(group: Group, runs: Pick<Snapshot, "revision" | "hash">): Snapshot | undefined {
    return group.history.find(
      ({ revision, hash }) => revision === runs.revision && hash === runs.hash,
    );
  }

  /** Makes all plans anew. What did not change keeps its revision. */
  publish(members: readonly PlanMember[]): void {
    this.#dirtySinceMs = undefined;
    const { groups, refused } = planGroups(members, {
      maker: this.#maker,
      groupsMax: planGroupsMax,
    });
    const keys = new Set(refused);
    for (const planned of groups) {
      keys.add(planned.key);
      this.#publishGroup(planned);
    }
    for (const key of refused) {
      const why = `at most ${planGroupsMax} different settings of agents can be planned for`;
      this.#fail(this.#groupFor(key), why);
    }
    for (const key of this.#groups.keys()) if (!keys.has(key)) this.#groups.delete(key);
  }

  /**
   * The push of a group's newest snapshot to an agent that runs a base; whole when the base is not known any more or the
   * difference would be larger. Streams with the same base get the same object and so the same nonce.
   */
  pushFor(group: Group, newest: Snapshot, base: Snapshot | undefined): Plan {
    const key = base?.revision ?? 0;
    const known = group.pushes.get(key);
    if (known !== undefined) return known;
    const plan = this.#word(newest, base);
    if (plan.baseRevision === undefined && key !== 0) {
      const whole = group.pushes.get(0) ?? plan;
      group.pushes.set(0, whole);
      group.pushes.set(key, whole);
      return whole;
    }
    group.pushes.set(key, plan);
    return plan;
  }

  /** The whole newest snapshot under a nonce of its own, for an agent that refused the former push. */
  resyncFor(group: Group, newest: Snapshot): Plan {
    const plan = this.#word(newest, undefined);
    group.pushes.set(0, plan);
    return plan;
  }

  #publishGroup(planned: PlanGroup): void {
    const group = this.#groupFor(planned.key);
    const why = unpublishable(planned);
    if (why !== undefined) {
      this.#fail(group, why);
      return;
    }
    group.error = "";
    const former = group.newest;
    if (former !== undefined && sameEntries(former.entries, planned.entries)) return;
    const snapshot: Snapshot = {
      revision: this.#revision + 1,
      hash: computePlanHash(planned.entries, this.#ports.sha256),
      entries: planned.entries,
      byId: new Map(planned.entries.map((entry) => [entry.id, entry])),
    };
    if (former?.hash === snapshot.hash) return;
    if (!isConsistent(snapshot)) {
      this.#fail(group, "the plan is not consistent");
      return;
    }
    this.#revision += 1;
    group.newest = snapshot;
    group.history = [...group.history, snapshot].slice(-planHistoryMax);
    group.pushes.clear();
    const fields = { revision: snapshot.revision, entries: snapshot.entries.length };
    this.#ports.out.log("info", { ...fields, group: group.key }, "plan made");
  }

  #groupFor(key: string): Group {
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const group: Group = { key, newest: undefined, history: [], error: "", pushes: new Map() };
    this.#groups.set(key, group);
    return group;
  }

  #fail(group: Group, why: string): void {
    if (group.error === why) return;
    group.error = why;
    this.#ports.out.log("error", { group: group.key, why }, "plan can't be published");
  }

  #word(newest: Snapshot, base: Snapshot | undefined): Plan {
    this.#nonce += 1;
    const { revision, hash } = newest;
    const difference = base && differenceOf(base, newest);
    return base !== undefined && difference !== undefined && difference.size < newest.entries.length
      ? { revision, nonce: this.#nonce, baseRevision: base.revision, ...difference.content, hash }
      : {
          revision,
          nonce: this.#nonce,
          baseRevision: undefined,
          upserts: newest.entries,
          removes: [],
          hash,
        };
  }
}

/** Whether a snapshot may be published: ids are unique and from 1, and all hashes have their shape. */
export const isConsistent = ({ hash, entries, byId }: Omit<Snapshot, "revision">): boolean =>
  /^[0-9a-f]{64}$/.test(hash) &&
  byId.size === entries.length &&
  entries.every(
    (entry) => entry.id > 0 && entry.hash.length === 16 && byId.get(entry.id) === entry,
  );

/** Why a planned group can't become a snapshot; undefined when it can. */
const unpublishable = ({ entries, unplaced }: PlanGroup): string | undefined => {
  if (unplaced > 0) return `no ids are left for ${unplaced} targets; restart the server`;
  if (entries.length > planEntriesMax) {
    return `a plan holds at most ${planEntriesMax} entries, this one has ${entries.length}`;
  }
  const bytes = planBytes(entries);
  return bytes > serverMessageBytesMax
    ? `a plan takes at most ${serverMessageBytesMax} bytes, this one up to ${bytes}`
    : undefined;
};

/** An upper bound of a whole plan's encoding. All texts are ASCII. */
const planBytes = (entries: readonly PlanEntry[]): number => {
  let bytes = 128;
  for (const { key, probe, agentId, node } of entries) {
    const { address, hostName, httpPath, expectPodUid } = probe;
    bytes += 72 + key.length + agentId.length + node.length;
    bytes += address.length + hostName.length + httpPath.length + expectPodUid.length;
  }
  return bytes;
};

const sameEntries = (a: readonly PlanEntry[], b: readonly PlanEntry[]): boolean =>
  a.length === b.length && a.every((entry, index) => entry === b[index]);

const differenceOf = (base: Snapshot, next: Snapshot) => {
  const upserts = next.entries.filter((entry) => base.byId.get(entry.id)?.hash !== entry.hash);
  const removes: number[] = [];
  for (const { id } of base.entries) if (!next.byId.has(id)) removes.push(id);
  return { size: upserts.length + removes.length, content: { upserts, removes } };
};
