import { everything } from "../model/label-selector.js";
import type { PodObject, PortRule, TieredPeer } from "../model/objects.js";
import type { ObjectPath } from "./finding.js";
import type { LintContext } from "./lint-context.js";
import { type RuleSite, ruleSites, type TieredRuleSite, tieredRuleSites } from "./policy-rules.js";
import type { SinglePort } from "./port-lists.js";

/** A rule of any policy, with the pods on which its ports are looked up. */
export type PortSite = (RuleSite | TieredRuleSite) & {
  readonly ports: readonly PortRule[];
  /**
   * The subjects for ingress, the pods of the peers for egress (all pods without peers). Empty where only addresses, nodes
   * or names are meant.
   */
  readonly destinations: readonly PodObject[];
  /** Whether there are no others: no peer of the rule goes by address, node or name, or is everyone. */
  readonly complete: boolean;
  /** Name of the list that holds the ports. */
  readonly portsKey: string;
};

/** The rules that name ports, in force, with the pods that the ports are those of. */
export const portSites = function* (context: LintContext): Iterable<PortSite> {
  for (const site of ruleSites(context)) {
    const { ports } = site.rule;
    if (ports !== undefined) {
      yield { ...site, ports, ...destinationsOf(context, site), portsKey: "ports" };
    }
  }
  for (const site of tieredRuleSites(context)) {
    const { ports } = site.rule;
    const portsKey = site.policy.kind === "ClusterNetworkPolicy" ? "protocols" : "ports";
    if (ports !== undefined)
      yield { ...site, ports, ...tieredDestinationsOf(context, site), portsKey };
  }
};

type Destinations = Pick<PortSite, "destinations" | "complete">;

const destinationsOf = (
  context: LintContext,
  { policy, direction, rule: { peers } }: RuleSite,
): Destinations => {
  if (direction === "ingress") return { destinations: context.subjectsOf(policy), complete: true };
  if (peers === undefined) {
    return { destinations: context.selected(everything, everything), complete: false };
  }
  return {
    destinations: union(peers.map((peer) => context.podsOfPeer(peer, policy.namespace))),
    complete: peers.every(({ kind }) => kind === "pods"),
  };
};

const tieredDestinationsOf = (
  context: LintContext,
  { policy, direction, rule: { peers } }: TieredRuleSite,
): Destinations =>
  direction === "ingress"
    ? { destinations: context.tieredSubjectsOf(policy), complete: true }
    : {
        destinations: union(peers.map((peer) => context.podsOfTieredPeer(peer) ?? [])),
        complete: peers.every(({ kind }) => isByLabels(kind)),
      };

const isByLabels = (kind: TieredPeer["kind"]): boolean => kind === "pods" || kind === "namespaces";

/** A port of a rule with the path to it. */
export type PlacedPort<T extends PortRule = PortRule> = {
  readonly port: T;
  readonly path: ObjectPath;
};

/** The ports of a rule with the paths to them. */
export const placedPorts = ({ ports, path, portsKey }: PortSite): readonly PlacedPort[] =>
  ports.map((port, index) => ({ port, path: [...path, portsKey, index] }));

/** The ports of a rule that are a single number. */
export const singlePorts = (
  site: PortSite,
): readonly (SinglePort & { readonly path: ObjectPath })[] =>
  placedPorts(site).flatMap(({ port, path }) =>
    port.kind === "numbers" && port.first === port.last
      ? [{ protocol: port.protocol, number: port.first, path }]
      : [],
  );

// One list, the common case, is shared rather than copied: thousands of rules have the same peers.
const union = (lists: readonly (readonly PodObject[])[]): readonly PodObject[] =>
  lists.length === 1 ? (lists[0] as readonly PodObject[]) : [...new Set(lists.flat())];
