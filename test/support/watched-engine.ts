import { expect } from "vitest";
import { ClusterModel } from "../../server/analyzer/model/cluster-model.js";
import type {
  ClusterObject,
  NetworkPolicyObject,
  NetworkPolicyPeer,
  NodeObject,
  PodObject,
} from "../../server/analyzer/model/objects.js";
import type { PairDecision, PolicyEndpoint } from "../../server/analyzer/policy/decision.js";
import { PolicyEngine } from "../../server/analyzer/policy/engine.js";
import { profiles } from "../../server/analyzer/policy/profile.js";
import { networkPolicyObject, podObject } from "./cluster-objects.js";
import { objectsOf, reachText, rowTexts } from "./policy-rows.js";

// An engine that is asked everything before and after each change, so that it remembers all that it can.

/** As a watched engine says that all connections are allowed, for certain. */
export const all = "All Connections ? No Connections";
/** That none is. */
export const none = "No Connections ? No Connections";
/** That none is, as far as it can be told. */
export const unsure = "No Connections ? All Connections";

/** A pod of namespace shop with label app=web. */
export const shopPod = (name: string, ip: string, parts: Partial<PodObject> = {}): PodObject =>
  podObject(`shop/${name}`, { labels: { app: "web" }, ips: [ip], ...parts });

/** A policy of namespace shop that lets peers reach every pod there. */
export const letIn = (name: string, peers: readonly NetworkPolicyPeer[]): NetworkPolicyObject =>
  networkPolicyObject(`shop/${name}`, { ingress: [{ peers }] });

/** An engine under watch. */
export type WatchedEngine = {
  readonly put: (object: ClusterObject) => void;
  readonly remove: (object: ClusterObject) => void;
  readonly reach: (source: PodObject | NodeObject, destination: PodObject) => string;
};

/**
 * Makes an engine that after each change must say what an engine says which never knew another state: of each pair in every way to
 * ask, in its list, and in its summary.
 */
export const watchedEngine = (objects: readonly ClusterObject[]): WatchedEngine => {
  const model = new ClusterModel(objects);
  const engine = new PolicyEngine(model, profiles.upstream);
  const check = (): void => {
    const fresh = new PolicyEngine(new ClusterModel(objectsOf(model)), profiles.upstream);
    expect(allOf(engine)).toEqual(allOf(fresh));
    expect(engine.matrixSummary()).toEqual(fresh.matrixSummary());
  };
  check();
  const apply = (kind: "upsert" | "remove", object: ClusterObject): void => {
    model.apply({ kind, object });
    engine.apply({ kind, object });
    check();
  };
  return {
    put: (object) => apply("upsert", object),
    remove: (object) => apply("remove", object),
    reach: (source, destination) =>
      reachText(engine.reach(endpoint(source), endpoint(destination))),
  };
};

const endsOf = ({ model }: PolicyEngine): readonly (PodObject | NodeObject)[] => [
  ...model.pods,
  ...model.nodes,
];

const endpoint = (end: PodObject | NodeObject): PolicyEndpoint =>
  end.kind === "Pod" ? { kind: "pod", pod: end } : { kind: "node", node: end };

/** Everything that an engine says: its list, and each pair, which `decide`, `reach` and the list must agree on. */
const allOf = (engine: PolicyEngine): readonly unknown[] => {
  const decisions: PairDecision[] = [];
  const rows = rowTexts(engine);
  const pairs = endsOf(engine).flatMap((one) =>
    endsOf(engine).map((other) => {
      const asked = [endpoint(one), endpoint(other)] as const;
      const reached = reachText(engine.reach(...asked));
      const decided = engine.decide(...asked);
      decisions.push(decided);
      expect(reached).toBe(reachText(decided));
      return `${nameOf(one)} => ${nameOf(other)} : ${reached}`;
    }),
  );
  const listed = pairs.filter(
    (pair) => !pair.includes("[Node]") && !isToItself(pair) && !pair.endsWith(none),
  );
  expect(rows.filter((row) => /^\S+\[Pod\] => \S+\[Pod\] /.test(row))).toEqual(listed.sort());
  return [...rows, ...pairs, ...decisions];
};

const nameOf = ({ namespace, name, kind }: PodObject | NodeObject): string =>
  `${namespace}/${name}[${kind}]`;

const isToItself = (pair: string): boolean => {
  const [source, destination] = pair.split(/ => | : /);
  return source === destination;
};
