import { ClusterModel } from "../model/cluster-model.js";
import type { ClusterObject } from "../model/objects.js";
import type { DirectionDecision, PairDecision, PolicyEndpoint } from "../policy/decision.js";
import { PolicyEngine } from "../policy/engine.js";
import { blocksOf } from "../policy/external-ranges.js";
import { type Profile, profiles } from "../policy/profile.js";
import type { PolicyWorld } from "../policy-world.js";
import type { JudgedWay } from "./judge-way.js";
import { conventionChecksMax } from "./limits.js";
import { limitedTo, opinionOf, together } from "./opinion.js";
import { type Verdict, verdictOf } from "./verdict.js";

/**
 * Says where it decides whether address blocks hold the addresses of pods, which implementations differ in: the other
 * convention gives another verdict.
 */
export const conventionWarnings = (
  world: PolicyWorld,
  judged: readonly JudgedWay[],
): readonly string[] => {
  const { profile } = world.engine;
  const others = Object.values(profiles)
    .filter((other) => other.ipBlockMatchesPods !== profile.ipBlockMatchesPods)
    .map(({ name }) => name);
  const concerned = judged.filter(goesByBlocks).slice(0, conventionChecksMax);
  for (const way of concerned) {
    const verdict = otherVerdict(world, way);
    if (verdict === undefined || verdict === way.verdict) continue;
    const holds = profile.ipBlockMatchesPods ? "hold" : "do not hold";
    return [
      `address blocks (ipBlock, networks) ${holds} the addresses of pods under profile ${profile.name}; under ${others.join(" and ")} it is the other way round and the verdict would be ${verdict}`,
    ];
  }
  return [];
};

const goesByBlocks = ({ way, decision }: JudgedWay): boolean => {
  const [source, destination] = way.ends;
  return (
    (isInside(destination) && hasBlocks(decision.egress)) ||
    (isInside(source) && hasBlocks(decision.ingress))
  );
};

const isInside = ({ kind }: PolicyEndpoint): boolean => kind !== "addresses";

const hasBlocks = ({ policies }: DirectionDecision): boolean =>
  policies.some((policy) => [...blocksOf(policy)].length > 0);

/** The verdict of the pair's own policies under the other convention. */
const otherVerdict = (world: PolicyWorld, { way, decision }: JudgedWay): Verdict => {
  const { asked, ends, through } = way;
  const engine = new PolicyEngine(smallModel(world, decision), flipped(world.engine.profile));
  const viaService = through?.leg.servicePort !== undefined;
  const { egress, ingress } = engine.decide(ends[0], ends[1], { viaService });
  return verdictOf({ asked, ...limitedTo(asked, together(opinionOf(egress), opinionOf(ingress))) });
};

const flipped = (profile: Profile): Profile => ({
  ...profile,
  ipBlockMatchesPods: !profile.ipBlockMatchesPods,
});

/** The pair and the policies that have a say over it: enough to judge it, and little to compile. */
const smallModel = ({ model }: PolicyWorld, decision: PairDecision): ClusterModel => {
  const { source, destination, egress, ingress } = decision;
  const objects: ClusterObject[] = [...egress.policies, ...ingress.policies];
  for (const { doubts } of [egress, ingress]) {
    for (const doubt of doubts) {
      if (doubt.reason === "unmodelled-policy") objects.push(doubt.policy);
    }
  }
  for (const end of [source, destination]) {
    if (end.kind === "node") objects.push(end.node);
    if (end.kind !== "pod") continue;
    const node = model.node(end.pod.nodeName ?? "");
    objects.push(
      end.pod,
      model.namespace(end.pod.namespace),
      ...(node === undefined ? [] : [node]),
    );
  }
  return new ClusterModel(objects);
};
