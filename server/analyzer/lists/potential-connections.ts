import type {
  NetworkPolicyObject,
  PodObject,
  PortRule,
  TieredAction,
  TieredPolicyObject,
} from "../model/objects.js";
import type { Direction, EvaluatedPolicy } from "../policy/decision.js";
import { fixedConnections, namedConnections, namedPortsOf } from "../policy/rule-connections.js";
import {
  allConnections,
  type ConnectionSet,
  connectionsText,
  intersectConnections,
  isEmptyConnections,
  noConnections,
  type Protocol,
  protocols,
  subtractConnections,
  unionConnections,
} from "../sets/connections.js";
import type { IpFamily } from "../sets/ip.js";
import { allPorts, portsText, samePorts } from "../sets/port-set.js";
import { type HypotheticalPeer, type PeerScope, scopesOf } from "./hypothetical-peers.js";

/**
 * Connections with a pod that is not there: a set, and the named ports ("TCP http") that only such a pod could resolve.
 */
export type PotentialConnections = {
  readonly set: ConnectionSet;
  readonly named: ReadonlySet<string>;
};

/** What decides one direction of a workload, in the order in which it is asked. */
export type Deciders = {
  readonly direction: Direction;
  readonly admin: readonly TieredPolicyObject[];
  readonly networkPolicies: readonly NetworkPolicyObject[];
  readonly baseline: readonly TieredPolicyObject[];
};

type Rule = {
  readonly scopes: readonly PeerScope[];
  readonly action: TieredAction;
  readonly connections: PotentialConnections;
};

/** The rules of one direction, compiled for a workload. */
export type CompiledDeciders = {
  readonly admin: readonly Rule[];
  /** Undefined when no NetworkPolicy isolates. */
  readonly networkPolicies: readonly Rule[] | undefined;
  readonly baseline: readonly Rule[];
};

/** Compiles the rules that decide a direction. Named ports are the subject's own for ingress, else not resolved. */
export const compileDeciders = (
  { direction, admin, networkPolicies, baseline }: Deciders,
  subject: PodObject,
  podFamilies: readonly IpFamily[],
): CompiledDeciders => {
  const rulesOf = (policy: EvaluatedPolicy): readonly Rule[] => {
    const scopes = scopesOf(policy, direction, podFamilies);
    return policy[direction].map((rule, index) => ({
      scopes: scopes[index] ?? [],
      action: "action" in rule ? rule.action : "accept",
      connections: connectionsOfPorts(rule.ports, direction === "ingress" ? subject : undefined),
    }));
  };
  return {
    admin: admin.flatMap(rulesOf),
    networkPolicies: networkPolicies.length === 0 ? undefined : networkPolicies.flatMap(rulesOf),
    baseline: baseline.flatMap(rulesOf),
  };
};

/** Pairs of selectors that the rules name. */
export const namedScopes = (compiled: CompiledDeciders): readonly HypotheticalPeer[] =>
  [...compiled.admin, ...(compiled.networkPolicies ?? []), ...compiled.baseline]
    .flatMap(({ scopes }) => scopes)
    .filter((scope) => typeof scope === "object");

/**
 * What the rules let through with a peer. A rule matches when it selects everything or by the peer's very selectors: of
 * a pod that is not there nothing else is known.
 */
export const potentialConnections = (
  { admin, networkPolicies, baseline }: CompiledDeciders,
  peer: HypotheticalPeer,
): PotentialConnections => {
  const matching = (rules: readonly Rule[]): readonly Rule[] =>
    rules.filter(({ scopes }) => scopes.some((scope) => covers(scope, peer)));
  const tier = new Decided();
  for (const rule of matching(admin)) tier.decide(rule);
  tier.resumePassed();
  if (networkPolicies !== undefined) {
    for (const rule of matching(networkPolicies)) tier.allow(rule.connections);
    return tier.allowed;
  }
  for (const rule of matching(baseline)) tier.decide(rule);
  tier.resumePassed();
  tier.allow({ set: allConnections, named: new Set() });
  return tier.allowed;
};

const covers = (scope: PeerScope, peer: HypotheticalPeer): boolean => {
  if (typeof scope === "string") return scope === "everything";
  const { namespaces, pods } = scope;
  return (
    (namespaces.key === "" || namespaces.key === peer.namespaces.key) &&
    (pods.key === "" || pods.key === peer.pods.key)
  );
};

/** What rules have decided so far; the first that decides a connection stands. */
class Decided {
  #allowed = noConnections;
  #open = allConnections;
  #passed = noConnections;
  readonly #allowedNames = new Set<string>();
  readonly #decidedNames = new Set<string>();
  readonly #passedNames = new Set<string>();

  /** What is allowed; names are left out where every port of their protocol is. */
  get allowed(): PotentialConnections {
    const names = [...this.#allowedNames].filter((name) => !this.#isFull(this.#allowed, name));
    return { set: this.#allowed, named: new Set(names) };
  }

  decide({ action, connections }: Rule): void {
    switch (action) {
      case "accept":
        this.allow(connections);
        break;
      case "pass":
        this.#passed = unionConnections(
          this.#passed,
          intersectConnections(connections.set, this.#open),
        );
        for (const name of this.#openNames(connections)) this.#passedNames.add(name);
        break;
      case "deny":
        break;
    }
    this.#close(connections);
  }

  /** Lets through what is still open, without closing it: rules of NetworkPolicies add up. */
  allow(connections: PotentialConnections): void {
    const set = intersectConnections(connections.set, this.#open);
    this.#allowed = unionConnections(this.#allowed, set);
    for (const name of this.#openNames(connections)) this.#allowedNames.add(name);
  }

  /** What was passed is open again to the next tier. */
  resumePassed(): void {
    this.#open = unionConnections(this.#open, this.#passed);
    this.#passed = noConnections;
    for (const name of this.#passedNames) this.#decidedNames.delete(name);
    this.#passedNames.clear();
  }

  #openNames({ named }: PotentialConnections): readonly string[] {
    return [...named].filter(
      (name) => !this.#decidedNames.has(name) && this.#open[protocolOf(name)].length > 0,
    );
  }

  #close({ set, named }: PotentialConnections): void {
    this.#open = subtractConnections(this.#open, set);
    for (const name of named) this.#decidedNames.add(name);
  }

  #isFull(set: ConnectionSet, name: string): boolean {
    return samePorts(set[protocolOf(name)], allPorts);
  }
}

const protocolOf = (name: string): Protocol => name.slice(0, name.indexOf(" ")) as Protocol;

/** The connections of a rule's ports; names are resolved on the destination where it is known. */
const connectionsOfPorts = (
  ports: readonly PortRule[] | undefined,
  destination: PodObject | undefined,
): PotentialConnections => {
  const set = fixedConnections(ports);
  const names = namedPortsOf(ports);
  if (destination !== undefined) {
    return { set: unionConnections(set, namedConnections(names, destination)), named: new Set() };
  }
  // An ordered policy's name takes the container's protocol: TCP stands for it here, as np-guard has it.
  return { set, named: new Set(names.map(({ name, protocol = "TCP" }) => `${protocol} ${name}`)) };
};

/** Whether nothing is let through. */
export const isNothing = ({ set, named }: PotentialConnections): boolean =>
  isEmptyConnections(set) && named.size === 0;

/** "All Connections", "No Connections", "TCP 80,http,UDP 53": names after the numbers of their protocol. */
export const potentialText = ({ set, named }: PotentialConnections): string => {
  if (named.size === 0) return connectionsText(set);
  return protocols
    .map((protocol) => {
      const names = [...named].filter((name) => protocolOf(name) === protocol);
      const ports = [
        ...(set[protocol].length > 0 ? [portsText(set[protocol])] : []),
        ...names.map((name) => name.slice(protocol.length + 1)).sort(),
      ];
      return ports.length === 0 ? "" : `${protocol} ${ports.join(",")}`;
    })
    .filter((text) => text !== "")
    .join(",");
};
