import { describe, expect, it } from "vitest";
import type { ExposureRowView } from "../../../../server/analyzer/answers.js";
import { createWorld } from "../../../../server/analyzer/create-world.js";
import { entireClusterText } from "../../../../server/analyzer/lists/exposed-peer.js";
import {
  entireCluster,
  type HypotheticalPeer,
} from "../../../../server/analyzer/lists/hypothetical-peer.js";
import { hypotheticalPeersOf } from "../../../../server/analyzer/lists/hypothetical-peers.js";
import { hypotheticalText } from "../../../../server/analyzer/lists/hypothetical-text.js";
import { listExposure } from "../../../../server/analyzer/lists/list-exposure.js";
import { createPeerCover } from "../../../../server/analyzer/lists/peer-cover.js";
import { scopesOf } from "../../../../server/analyzer/lists/peer-scopes.js";
import {
  ClusterModel,
  namespaceNameLabel,
} from "../../../../server/analyzer/model/cluster-model.js";
import { type LabelSelector, selects } from "../../../../server/analyzer/model/label-selector.js";
import type { NamespaceObject, PodObject } from "../../../../server/analyzer/model/objects.js";
import { type Direction, directions } from "../../../../server/analyzer/policy/decision.js";
import type { ProfileName } from "../../../../server/analyzer/policy/profile.js";
import type { PolicyWorld } from "../../../../server/analyzer/policy-world.js";
import {
  connectionsText,
  isEmptyConnections,
} from "../../../../server/analyzer/sets/connections.js";
import { parseConnections } from "../../../oracle/connections-text.js";
import { namespaceObject, podObject } from "../../../support/cluster-objects.js";
import { RandomCluster } from "../../../support/random-cluster.js";

// Goal: what an exposure says of pods that are not there is what they may do once they are. Method: random clusters; for each row
// a pod is made that the peer's selectors select and that no other selector happens to select, and the engine decides.

type Labels = Readonly<Record<string, string>>;

/** Labels that satisfy a selector, with values that nobody else names where any will do. */
const labelsFor = ({ requirements }: LabelSelector): Labels =>
  Object.fromEntries(
    requirements.flatMap(({ key, operator, values }) => {
      if (operator === "In") return [[key, values[0] ?? ""]];
      return operator === "Exists" ? [[key, "fresh"]] : [];
    }),
  );

type Witness = { readonly pod: PodObject; readonly namespace: NamespaceObject };

const witnessOf = (model: ClusterModel, { namespaces, pods }: HypotheticalPeer): Witness => {
  const wanted = labelsFor(namespaces);
  const name = wanted[namespaceNameLabel] ?? "fresh";
  const namespace = model.hasNamespaceObject(name)
    ? model.namespace(name)
    : namespaceObject(name, { ...wanted, [namespaceNameLabel]: name });
  const labels = labelsFor(pods);
  return { namespace, pod: podObject(`${name}/witness`, { labels, nodeName: "elsewhere" }) };
};

const selectsWitness = (
  { namespaces, pods }: HypotheticalPeer,
  { pod, namespace }: Witness,
): boolean => selects(namespaces, namespace.labels) && selects(pods, pod.labels);

/** Whether a witness answers to what the peer says of it, and to nothing else. */
const isPlain = ({ model }: PolicyWorld, peer: HypotheticalPeer, witness: Witness): boolean => {
  const covers = createPeerCover(model);
  return (
    selectsWitness(peer, witness) &&
    [...model.networkPolicies, ...model.tieredPolicies]
      .flatMap((policy) => directions.flatMap((direction) => scopesOf(policy, direction).flat()))
      .every(
        (scope) =>
          typeof scope === "string" || covers(scope, peer) === selectsWitness(scope, witness),
      )
  );
};

/** What the witness and a pod may do in the pod's direction, once the witness is there; undefined where it can't be told. */
const decided = (
  { model, engine }: PolicyWorld,
  { witness, subject, direction }: { witness: Witness; subject: PodObject; direction: Direction },
): string | undefined => {
  const with_ = new ClusterModel([...model.objects(), witness.namespace, witness.pod]);
  const world = createWorld({ model: with_, profile: engine.profile.name });
  const ends = [subject, witness.pod].map((pod) => ({ kind: "pod", pod }) as const);
  const [source, destination] = (direction === "egress" ? ends : ends.reverse()) as [
    (typeof ends)[0],
    (typeof ends)[0],
  ];
  const { allowed, undetermined } = world.engine.decide(source, destination)[direction];
  return isEmptyConnections(undetermined) ? connectionsText(allowed) : undefined;
};

const worldOf = (seed: number, profile: ProfileName): PolicyWorld => {
  const random = new RandomCluster(seed, { unknownAddresses: false, unmodelled: false });
  const objects = random.objects(12 + random.below(20));
  return createWorld({ model: new ClusterModel(objects), profile });
};

/** The rows, and for every direction without one that it is closed to the cluster. */
const statements = (world: PolicyWorld): readonly ExposureRowView[] => {
  const { rows } = listExposure(world);
  const closed = world.engine.units().flatMap(({ name: workload }) =>
    directions
      .filter(
        (direction) =>
          !rows.some(
            (row) =>
              row.workload === workload &&
              row.direction === direction &&
              row.peer === entireClusterText,
          ),
      )
      .map((direction) => ({
        workload,
        direction,
        peer: entireClusterText,
        connections: "No Connections",
      })),
  );
  return [...rows, ...closed];
};

const peersOf = ({ engine, model }: PolicyWorld): ReadonlyMap<string, HypotheticalPeer> =>
  new Map([
    [entireClusterText, entireCluster],
    ...[...hypotheticalPeersOf(engine, [...model.networkPolicies, ...model.tieredPolicies])].map(
      (peer) => [hypotheticalText(peer), peer] as const,
    ),
  ]);

describe("listExposure() on random clusters", () => {
  it.each(["upstream", "cilium"] as const)(
    "tells what pods may do that come to be (%s)",
    (profile) => {
      const compared = { open: 0, cutDown: 0, closed: 0 };
      for (let seed = 1; seed <= 150; seed++) {
        const world = worldOf(seed, profile);
        const peers = peersOf(world);
        const subjects = new Map(
          world.engine.units().map(({ name, pods }) => [name, pods[0] as PodObject]),
        );
        for (const { workload, direction, peer: text, connections } of statements(world)) {
          const peer = peers.get(text);
          if (peer === undefined || connections.includes("undetermined")) continue;
          const witness = witnessOf(world.model, peer);
          if (!isPlain(world, peer, witness)) continue;
          const subject = subjects.get(workload) as PodObject;
          const got = decided(world, { witness, subject, direction: direction as Direction });
          if (got === undefined) continue;
          const said = connectionsText(parseConnections(connections).set);
          expect(got, `seed ${seed}: ${workload} ${direction} ${text}`).toBe(said);
          if (said !== "No Connections") compared.open++;
          else if (peer === entireCluster) compared.closed++;
          else compared.cutDown++;
        }
      }
      expect(compared.open).toBeGreaterThan(500);
      expect(compared.closed).toBeGreaterThan(50);
      expect(compared.cutDown).toBeGreaterThan(5);
    },
  );
});
