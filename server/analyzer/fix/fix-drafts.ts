import type { PortRule } from "../model/objects.js";
import type { Direction } from "../policy/decision.js";
import type { PolicyWorld } from "../policy-world.js";
import {
  type ConnectionSet,
  connectionsText,
  isAllConnections,
  protocols,
  unionConnections,
} from "../sets/connections.js";
import { type DraftPeer, type DraftPods, draftPeersOf, draftPodsOf, peerKey } from "./fix-draft.js";
import type { FixNeed } from "./fix-needs.js";
import { FixRefusal } from "./fix-refusal.js";
import { fixPeersMax, fixPoliciesMax } from "./limits.js";

/** A policy to be: one subject, one direction, rules for what it lacks. */
export type Draft = {
  readonly direction: Direction;
  readonly subject: DraftPods;
  /** What people call the subject, and the first of its peers. */
  readonly names: { readonly subject: string; readonly peer: string };
  readonly rules: readonly DraftRule[];
  /** The needs that it is for. */
  readonly needs: readonly FixNeed[];
};

/** Peers that need the same ports. */
export type DraftRule = {
  readonly peers: readonly DraftPeer[];
  readonly connections: ConnectionSet;
};

/**
 * The fewest policies for what is lacking: needs of one subject in one direction go together, peers with the same ports
 * into one rule. Throws FixRefusal where there are more than `fixPoliciesMax`, or `fixPeersMax` peers.
 */
export const draftsOf = (world: PolicyWorld, needs: readonly FixNeed[]): readonly Draft[] => {
  const groups = new Map<string, FixNeed[]>();
  for (const need of needs) {
    const key = `${need.direction} ${peerKey(draftPodsOf(world, need.subject))}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [need]);
    else group.push(need);
  }
  if (groups.size > fixPoliciesMax) {
    throw new FixRefusal(
      `it would take ${groups.size} policies, and a fix has ${fixPoliciesMax} at most: ask about fewer pods`,
    );
  }
  const drafts = [...groups.values()].map((group) => draftOf(world, group as [FixNeed]));
  const peers = drafts.flatMap(({ rules }) => rules.flatMap((rule) => rule.peers)).length;
  if (peers > fixPeersMax) {
    throw new FixRefusal(
      `it would take ${peers} peers, and a fix has ${fixPeersMax} at most: ask about fewer pods or a narrower range`,
    );
  }
  return drafts;
};

const draftOf = (world: PolicyWorld, needs: readonly [FixNeed, ...FixNeed[]]): Draft => {
  const [first] = needs;
  const { direction } = first;
  const byPeer = new Map<string, { readonly peer: DraftPeer; connections: ConnectionSet }>();
  for (const need of needs) {
    for (const peer of draftPeersOf(world, need.peer, direction)) {
      const key = peerKey(peer);
      const known = byPeer.get(key);
      if (known === undefined) byPeer.set(key, { peer, connections: need.connections });
      else known.connections = unionConnections(known.connections, need.connections);
    }
  }
  const rules = new Map<
    string,
    { readonly peers: DraftPeer[]; readonly connections: ConnectionSet }
  >();
  for (const { peer, connections } of byPeer.values()) {
    const key = connectionsText(connections);
    const rule = rules.get(key);
    if (rule === undefined) rules.set(key, { peers: [peer], connections });
    else rule.peers.push(peer);
  }
  const subject = draftPodsOf(world, first.subject);
  const names = { subject: shortName(first.subject.view), peer: shortName(first.peer.view) };
  return { direction, subject, names, rules: [...rules.values()], needs };
};

/** "web" of "shop/web[Deployment]"; an address as it is. */
const shortName = ({
  name,
  workload,
}: {
  readonly name: string;
  readonly workload: string;
}): string => (workload === "" ? name : workload.replace(/^[^/]*\//, "").replace(/\[.*$/, ""));

/** A set of connections as ports of a rule; undefined for every one. */
export const portRulesOf = (set: ConnectionSet): readonly PortRule[] | undefined => {
  if (isAllConnections(set)) return undefined;
  return protocols.flatMap((protocol) => {
    const ports = set[protocol];
    const rules: PortRule[] = [];
    for (let i = 0; i + 1 < ports.length; i += 2) {
      rules.push({ kind: "numbers", protocol, first: ports[i] ?? 0, last: ports[i + 1] ?? 0 });
    }
    return rules;
  });
};
