import type { ExposureAnswer, ExposureRowView } from "../answers.js";
import { directions } from "../policy/decision.js";
import type { PolicyWorld } from "../policy-world.js";
import type { ExposedPeer } from "./exposed-peer.js";
import { ExposedRanges } from "./exposed-ranges.js";
import { exposureToPods } from "./exposure-to-pods.js";
import { hypotheticalPeersOf } from "./hypothetical-peers.js";
import { coversByName, createPeerCover } from "./peer-cover.js";
import { type SubjectPolicies, subjectPolicies } from "./subject-policies.js";

/**
 * What every workload may reach, or be reached by, beyond the workloads of the model: addresses outside, any pod of the
 * cluster ("entire-cluster"), and pods that are not there but that selectors of rules would select. Rows are by workload,
 * direction and peer. A workload is unprotected in a direction in which no policy has it as subject.
 */
export const listExposure = (world: PolicyWorld): ExposureAnswer => {
  const { engine, model } = world;
  const context = {
    isSparse: engine.profile.exposure === "sparse",
    peers: hypotheticalPeersOf(engine, [...model.networkPolicies, ...model.tieredPolicies]),
    podAddresses: engine.podAddresses(),
    covers: engine.profile.exposure === "sparse" ? coversByName : createPeerCover(model),
  };
  const ranges = new ExposedRanges(engine);
  const rows: ExposureRowView[] = [];
  const unprotected: ExposureAnswer["unprotected"][number][] = [];
  for (const unit of engine.units()) {
    const workload = unit.name;
    const both = directions.map((direction) => {
      const policies = subjectPolicies(engine, unit, direction);
      if (!isProtected(policies)) unprotected.push({ workload, direction });
      const toPods = exposureToPods(context, { unit, direction, policies });
      return { direction, toPods, toRanges: ranges.of(unit, direction) };
    });
    const isOpenToPods = both.some(({ toPods }) => toPods.length > 0);
    if (context.isSparse && !isOpenToPods) continue;
    for (const { direction, toPods, toRanges } of both) {
      for (const exposed of [...toRanges, ...toPods].sort(byPeer)) {
        rows.push({ workload, direction, ...exposed });
      }
    }
  }
  return { rows, unprotected, profile: engine.profile.name, model: world.view };
};

const isProtected = ({ evaluated, unmodelled }: SubjectPolicies): boolean =>
  evaluated.length > 0 || unmodelled.length > 0;

const byPeer = (one: ExposedPeer, other: ExposedPeer): number => (one.peer < other.peer ? -1 : 1);
