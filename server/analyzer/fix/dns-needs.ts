import { type EndGroup, groupEnds } from "../pair/end-groups.js";
import type { QuestionEnd } from "../pair/question-ends.js";
import type { PolicyEndpoint } from "../policy/decision.js";
import type { PolicyWorld } from "../policy-world.js";
import { type DnsLookup, dnsLookupsOf } from "../service/dns-lookup.js";
import { connectionsOf } from "../sets/connections.js";
import { portRange } from "../sets/port-set.js";
import { type FixNeed, needOf } from "./fix-needs.js";

/**
 * What a client that goes by name lacks to look it up: egress to the pods of the cluster's DNS, over UDP and TCP, on the
 * port that these answer on.
 */
export const dnsNeedsOf = (
  world: PolicyWorld,
  source: QuestionEnd,
  destination: QuestionEnd,
): readonly FixNeed[] => {
  if (!destination.name.byName) return [];
  return groupEnds(world, source.ends).flatMap((subject) =>
    dnsLookupsOf(world, subject.ends[0])
      .filter(({ open, blocked }) => open.length === 0 && blocked.length > 0)
      .flatMap((lookup) => lookupNeeds(world, subject, lookup)),
  );
};

const lookupNeeds = (
  world: PolicyWorld,
  subject: EndGroup,
  { protocol, blocked }: DnsLookup,
): readonly FixNeed[] => {
  const ends: readonly PolicyEndpoint[] = blocked.map(({ pod }) => ({ kind: "pod", pod }));
  const ports = new Map(blocked.map(({ pod, port }) => [`${pod.namespace}/${pod.name}`, port]));
  return groupEnds(world, ends).flatMap((peer) => {
    const [first] = peer.ends;
    const port = first.kind === "pod" ? ports.get(`${first.pod.namespace}/${first.pod.name}`) : 53;
    const asked = connectionsOf(protocol, portRange(port ?? 53));
    const { egress } = world.engine.decide(subject.ends[0], first);
    return needOf(asked, egress, { subject, peer });
  });
};
