import { performance } from "node:perf_hooks";
import type { ModelChange } from "../../server/analyzer/model/cluster-model.js";
import type {
  ClusterObject,
  NetworkPolicyObject,
  PodObject,
} from "../../server/analyzer/model/objects.js";
import type { PolicyEndpoint } from "../../server/analyzer/policy/decision.js";
import type { Figure } from "./figures.js";
import { clusterOf, type Shape } from "./policy-shape.js";

// One shape in a process of its own, on the built engine: sends its figures to the parent and ends.

type Model = typeof import("../../server/analyzer/model/cluster-model.js");
type Engine = typeof import("../../server/analyzer/policy/engine.js");
type Profiles = typeof import("../../server/analyzer/policy/profile.js");
type Selectors = typeof import("../../server/analyzer/model/label-selector.js");

const built = async <T>(path: string): Promise<T> =>
  (await import(new URL(`../../dist/server/analyzer/${path}`, import.meta.url).href)) as T;

const { ClusterModel } = await built<Model>("model/cluster-model.js");
const { PolicyEngine } = await built<Engine>("policy/engine.js");
const { profiles } = await built<Profiles>("policy/profile.js");
const { labelSelectorOf } = await built<Selectors>("model/label-selector.js");

const [name = "", mode = "whole", ...sizes] = process.argv.slice(2);
const [pods = 0, namespaces = 0, policies = 0, replicasMax = 1] = sizes.map(Number);
const shape: Shape = { pods, namespaces, policies, replicasMax };

const figures: Figure[] = [];
const add = (figure: Figure): void => {
  figures.push({ ...figure, name: `${name}_${figure.name}` });
};
const timed = <T>(run: () => T): readonly [number, T] => {
  const start = performance.now();
  const value = run();
  return [performance.now() - start, value];
};
const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((one, other) => one - other)[Math.floor((values.length - 1) * share)] ?? 0;

const objects = clusterOf(shape);
const collect = (globalThis as { gc?: () => void }).gc ?? ((): void => undefined);
collect();
const before = process.memoryUsage();

const first = performance.now();
const model = new ClusterModel(objects);
const engine = new PolicyEngine(model, profiles.upstream);
const living = [...model.pods];
const end = (index: number): PolicyEndpoint => ({
  kind: "pod",
  pod: living[index % living.length] as PodObject,
});
engine.reach(end(0), end(1));
const compileS = (performance.now() - first) / 1000;
const [matrixMs, summary] = timed(() => engine.matrixSummary());
add({ name: "class_matrix_ms", value: matrixMs, unit: "ms", goal: "< 1000" });
add({ name: "classes", value: summary.classes, unit: "classes" });

if (mode === "whole") measureWhole();
process.send?.(figures);

function measureWhole(): void {
  add({ name: "compile_s", value: compileS, unit: "s", goal: "<= 3, from parsed objects" });
  collect();
  const after = process.memoryUsage();
  const added = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  add({ name: "engine_mb", value: added / 1e6, unit: "MB", goal: "<= 500 in all" });
  add({ name: "process_rss_mb", value: after.rss / 1e6, unit: "MB", goal: "<= 500" });
  pairFigures("pair", (one, other) => engine.reach(one, other));
  pairFigures("explained_pair", (one, other) => engine.decide(one, other));
  changeFigures("pod", podChanges());
  changeFigures("policy", policyChanges());
  changeFigures("policy_new_label", newLabelChanges());
  changeFigures("policy_new_cidr", newCidrChanges());
}

function pairFigures(
  what: string,
  ask: (one: PolicyEndpoint, other: PolicyEndpoint) => unknown,
): void {
  const times: number[] = [];
  for (let index = 0; index < 5_000; index++) {
    times.push(timed(() => ask(end(index * 7_919), end(index * 104_729)))[0]);
  }
  add({ name: `${what}_p50_ms`, value: quantile(times, 0.5), unit: "ms", goal: "< 1" });
  add({ name: `${what}_p99_ms`, value: quantile(times, 0.99), unit: "ms", goal: "< 1" });
}

/** A change and the answer for a pair after it. */
function changeFigures(what: string, changes: readonly ModelChange[]): void {
  const times = changes.map((change, index) => {
    model.apply(change);
    return timed(() => {
      engine.apply(change);
      engine.reach(end(index), end(index + 1));
    })[0];
  });
  for (const [word, share] of [
    ["p50", 0.5],
    ["p99", 0.99],
    ["max", 1],
  ] as const) {
    add({
      name: `change_${what}_${word}_ms`,
      value: quantile(times, share),
      unit: "ms",
      goal: "<= 5",
    });
  }
}

function podChanges(): readonly ModelChange[] {
  return Array.from({ length: 300 }, (_, index) => {
    const pod = living[(index * 31) % living.length] as PodObject;
    return { kind: "upsert", object: { ...pod, labels: { ...pod.labels, tier: "moved" } } };
  });
}

function policiesOf(all: readonly ClusterObject[]): readonly NetworkPolicyObject[] {
  return all.filter((object): object is NetworkPolicyObject => object.kind === "NetworkPolicy");
}

function policyChanges(): readonly ModelChange[] {
  const all = policiesOf(objects);
  return Array.from({ length: 300 }, (_, index) => ({
    kind: index % 3 === 0 ? "remove" : "upsert",
    object: all[(index * 31) % all.length] as NetworkPolicyObject,
  }));
}

/** Policies that cut through the addresses of pods. */
function newCidrChanges(): readonly ModelChange[] {
  const [policy] = policiesOf(objects);
  if (policy === undefined) return [];
  return Array.from({ length: 100 }, (_, index) => {
    const value = 0x0a00_0003n + BigInt(index * 37);
    const range = { family: 4 as const, first: value, last: value };
    const block = { text: `${value}`, range, except: [], exceptTexts: [] };
    const ingress = [{ peers: [{ kind: "ipBlock", block }] }];
    const object = { ...policy, name: `fresh-${index}`, isolates: ["ingress"], ingress };
    return { kind: "upsert", object: object as NetworkPolicyObject };
  });
}

/** A policy that asks for a label which tells nearly all workloads apart and which none asked for before. */
function newLabelChanges(): readonly ModelChange[] {
  const [policy] = policiesOf(objects);
  if (policy === undefined) return [];
  // The first is also the first of its kind in the process: its code is not compiled yet.
  return ["pod-template-hash", "example.com/one", "example.com/two"].map((key, index) => {
    const podSelector = labelSelectorOf([{ key, operator: "In", values: ["1"] }]);
    return { kind: "upsert", object: { ...policy, name: `fresh-${index}`, podSelector } };
  });
}
