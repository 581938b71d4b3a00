import { describe, expect, it } from "vitest";
import { planEntriesMax, serverMessageBytesMax } from "../../../common/limits.js";
import {
  planDelayMsMax,
  planGroupsMax,
  planHistoryMax,
  planQuietMs,
} from "../../../server/limits.js";
import { Interner } from "../../../server/mesh/interner.js";
import type { PlanMember } from "../../../server/mesh/planner.js";
import { Outbox } from "../../../server/session/outbox.js";
import { isConsistent, PlanStore, type Snapshot } from "../../../server/session/plan-store.js";
import { sha256 } from "../../support/agent-rig.js";
import { ControlRig, defaultSettings, only } from "../../support/control-rig.js";

const storeOf = (interner = new Interner()) => {
  const out = new Outbox();
  return { store: new PlanStore({ interner, sha256, out }), out };
};

const memberOf = (number: number, changes: Partial<PlanMember> = {}): PlanMember => ({
  agentId: `n${number}.pod`,
  node: `n${number}`,
  plane: "pod",
  nodeIp: "10.1.0.1",
  podIps: ["10.2.0.1"],
  podUid: "",
  settings: defaultSettings,
  arrival: number,
  ...changes,
});

const groupKey = "pod|22||0";

const newestOf = (store: PlanStore, key = groupKey): Snapshot => {
  const newest = store.group(key)?.newest;
  if (newest === undefined) throw new Error("no plan was made");
  return newest;
};

describe("PlanStore", () => {
  it("makes plans planQuietMs after the last change, and planDelayMsMax after the first at the latest", () => {
    const { store } = storeOf();
    expect(store.dueMs()).toBe(Number.POSITIVE_INFINITY);
    store.markDirty(1000);
    expect(store.dueMs()).toBe(1000 + planQuietMs);
    for (let at = 1000; at <= 1000 + planDelayMsMax; at += 100) store.markDirty(at);
    expect(store.dueMs()).toBe(1000 + planDelayMsMax);
    store.publish([memberOf(1)]);
    expect(store.dueMs()).toBe(Number.POSITIVE_INFINITY);
  });

  it("keeps the revision of what did not change, and orders revisions over all groups", () => {
    const { store } = storeOf();
    const other = memberOf(2, { settings: { ...defaultSettings, testPort: 23 } });
    store.publish([memberOf(1), other]);
    expect(newestOf(store).revision).toBe(1);
    expect(newestOf(store, "pod|23||0").revision).toBe(2);
    store.publish([memberOf(1), other]);
    expect(newestOf(store).revision).toBe(1);
    store.publish([memberOf(1), other, memberOf(3)]);
    expect(newestOf(store).revision).toBe(3);
    expect(newestOf(store, "pod|23||0").revision).toBe(4);
  });

  it("words a push once for each base", () => {
    const { store } = storeOf();
    store.publish([1, 2, 3].map((number) => memberOf(number)));
    const base = newestOf(store);
    store.publish([1, 2, 4].map((number) => memberOf(number)));
    const group = store.group(groupKey);
    if (group === undefined) throw new Error("no group");
    const delta = store.pushFor(group, newestOf(store), base);
    expect(delta).toMatchObject({ revision: 2, baseRevision: 1, hash: newestOf(store).hash });
    expect(delta.upserts.map(({ key }) => key)).toContain("icmp|node/n4");
    expect(delta.upserts).toHaveLength(6);
    expect(delta.removes).toEqual(
      base.entries.filter(({ key }) => key.includes("n3")).map(({ id }) => id),
    );
    expect(store.pushFor(group, newestOf(store), base)).toBe(delta);
    const whole = store.pushFor(group, newestOf(store), undefined);
    expect(whole).toMatchObject({ baseRevision: undefined, upserts: { length: 18 }, removes: [] });
    expect(whole.nonce).not.toBe(delta.nonce);
    const resync = store.resyncFor(group, newestOf(store));
    expect(resync.nonce).not.toBe(whole.nonce);
    expect({ ...resync, nonce: 0 }).toEqual({ ...whole, nonce: 0 });
  });

  it("sends the whole plan when the difference would be larger", () => {
    const { store } = storeOf();
    store.publish([1, 2, 3].map((number) => memberOf(number)));
    const base = newestOf(store);
    store.publish([memberOf(4)]);
    const group = store.group(groupKey);
    if (group === undefined) throw new Error("no group");
    const plan = store.pushFor(group, newestOf(store), base);
    expect(plan.baseRevision).toBeUndefined();
    expect(store.pushFor(group, newestOf(store), undefined)).toBe(plan);
  });

  it("keeps planHistoryMax snapshots of a group", () => {
    const { store } = storeOf();
    const snapshots: Snapshot[] = [];
    for (let i = 0; i < planHistoryMax + 2; i++) {
      store.publish([memberOf(1, { nodeIp: `10.1.0.${i}` })]);
      snapshots.push(newestOf(store));
    }
    const group = store.group(groupKey);
    if (group === undefined) throw new Error("no group");
    const kept = snapshots.map((snapshot) => store.baseOf(group, snapshot) !== undefined);
    expect(kept).toEqual([false, false, ...Array(planHistoryMax).fill(true)]);
  });

  it("plans for planGroupsMax groups; the newest others get a reason and no plan", () => {
    const { store, out } = storeOf();
    const members = Array.from({ length: planGroupsMax + 1 }, (_, i) =>
      memberOf(i, { settings: { ...defaultSettings, testPort: 1000 + i } }),
    );
    store.publish(members);
    expect(store.group(`pod|${1000 + planGroupsMax - 1}||0`)?.newest).toBeDefined();
    const refused = store.group(`pod|${1000 + planGroupsMax}||0`);
    expect(refused?.newest).toBeUndefined();
    expect(refused?.error).toContain(`at most ${planGroupsMax}`);
    expect(only(out.take(), "log").filter(({ level }) => level === "error")).toHaveLength(1);
    store.publish(members);
    expect(only(out.take(), "log")).toEqual([]);
  });

  it("forgets groups without members", () => {
    const { store } = storeOf();
    store.publish([memberOf(1)]);
    store.publish([]);
    expect(store.group(groupKey)).toBeUndefined();
  });

  it("keeps the former plan when the new one has more than planEntriesMax entries", () => {
    const { store } = storeOf();
    store.publish([memberOf(1)]);
    const members = Array.from({ length: Math.ceil((planEntriesMax + 1) / 6) }, (_, i) =>
      memberOf(i),
    );
    store.publish(members);
    expect(newestOf(store).revision).toBe(1);
    expect(store.group(groupKey)?.error).toContain(`at most ${planEntriesMax} entries`);
    store.publish(members.slice(0, 10));
    expect(newestOf(store).revision).toBe(2);
    expect(store.group(groupKey)?.error).toBe("");
  });

  it("keeps the former plan when the new one takes more than serverMessageBytesMax bytes", () => {
    const { store } = storeOf();
    store.publish([memberOf(1)]);
    const long = "n".repeat(230);
    const members = Array.from({ length: 2500 }, (_, i) =>
      memberOf(i, { agentId: `${long}${i}.pod`, node: `${long}${i}` }),
    );
    store.publish(members);
    expect(newestOf(store).revision).toBe(1);
    expect(store.group(groupKey)?.error).toContain(`at most ${serverMessageBytesMax} bytes`);
  });

  it("keeps the former plan when no ids are left", () => {
    const { store } = storeOf(new Interner(8));
    store.publish([memberOf(1)]);
    store.publish([memberOf(1), memberOf(2)]);
    expect(newestOf(store).revision).toBe(1);
    expect(store.group(groupKey)?.error).toContain("no ids are left");
  });

  it("shows why a plan can't be published on the agents that it is for", () => {
    const rig = new ControlRig({ interner: new Interner(8) });
    rig.join(1, "n1.pod");
    rig.wait(500);
    rig.ackPlan(1);
    rig.join(2, "n2.pod");
    rig.wait(500);
    expect(rig.core.agent("n1.pod")?.planError).toContain("no ids are left");
    expect(rig.core.agent("n1.pod")?.appliedRevision).toBe(1);
    expect(rig.core.planFor("n1.pod")).toHaveLength(6);
  });
});

describe("isConsistent()", () => {
  it("wants unique ids from 1 and hashes of the right shape", () => {
    const { store } = storeOf();
    store.publish([memberOf(1), memberOf(2)]);
    const snapshot = newestOf(store);
    expect(isConsistent(snapshot)).toBe(true);
    const [first, second] = snapshot.entries;
    if (first === undefined || second === undefined) throw new Error("too few entries");
    const withEntries = (entries: Snapshot["entries"]): Snapshot => ({
      ...snapshot,
      entries,
      byId: new Map(entries.map((entry) => [entry.id, entry])),
    });
    expect(isConsistent(withEntries([first, { ...second, id: first.id }]))).toBe(false);
    expect(isConsistent(withEntries([{ ...first, id: 0 }]))).toBe(false);
    expect(isConsistent(withEntries([{ ...first, hash: "00" }]))).toBe(false);
    expect(isConsistent({ ...snapshot, hash: "" })).toBe(false);
  });
});
