import { everything, type LabelSelector, selects } from "../model/label-selector.js";
import type {
  IpBlock,
  NetworkPolicyRule,
  PortRule,
  TieredPeer,
  TieredRule,
} from "../model/objects.js";
import { impliesSelector } from "../model/selector-cover.js";
import { closureOf } from "../policy/closed-rule.js";
import { fixedConnections, type NamedPort, namedPortsOf } from "../policy/rule-connections.js";
import {
  allConnections,
  type ConnectionSet,
  isEmptyConnections,
  isSubsetOfConnections,
  noConnections,
} from "../sets/connections.js";
import { type IpSet, isSubsetOfIps, unionIps } from "../sets/ip-set.js";
import { setOfBlock } from "./ip-blocks.js";
import type { LintContext } from "./lint-context.js";

/** Pods by labels: those of one namespace, or of namespaces with labels. */
export type PodScope = {
  readonly namespaces: string | LabelSelector;
  readonly pods: LabelSelector;
};

/** A rule of any policy in a form in which two can be compared. */
export type RuleShape = {
  /** Everyone, inside and outside. */
  readonly everyone: boolean;
  readonly scopes: readonly PodScope[];
  readonly addresses: IpSet;
  /** Peers that compare by their text only: nodes, DNS names. */
  readonly others: readonly string[];
  readonly fixed: ConnectionSet;
  readonly named: readonly NamedPort[];
};

const shapes = new WeakMap<NetworkPolicyRule | TieredRule, RuleShape>();

/** The shape of a rule of a NetworkPolicy of a namespace. */
export const shapeOfRule = (rule: NetworkPolicyRule, namespace: string): RuleShape => {
  const known = shapes.get(rule);
  if (known !== undefined) return known;
  const peers = rule.peers ?? [];
  const shape = {
    everyone: rule.peers === undefined,
    scopes: peers.flatMap((peer) =>
      peer.kind === "pods"
        ? [
            {
              namespaces: peer.namespaceSelector ?? namespace,
              pods: peer.podSelector ?? everything,
            },
          ]
        : [],
    ),
    addresses: unionOf(peers.flatMap((peer) => (peer.kind === "ipBlock" ? [peer.block] : []))),
    others: [],
    ...portsShape(rule.ports),
  };
  shapes.set(rule, shape);
  return shape;
};

/** The shape of a rule of an ordered policy, as it is judged. */
export const shapeOfTieredRule = (rule: TieredRule): RuleShape => {
  const known = shapes.get(rule);
  if (known !== undefined) return known;
  const shape = computeTieredShape(rule);
  shapes.set(rule, shape);
  return shape;
};

const computeTieredShape = (rule: TieredRule): RuleShape => {
  switch (closureOf(rule)) {
    case "accepts-nothing":
      return { ...nothing, fixed: noConnections };
    case "denies-everything":
      return { ...nothing, everyone: true, fixed: allConnections };
    case undefined:
      return knownTieredShape(rule);
  }
};

const nothing = { everyone: false, scopes: [], addresses: [], others: [], named: [] } as const;

const knownTieredShape = (rule: TieredRule): RuleShape => ({
  everyone: false,
  scopes: rule.peers.flatMap(scopesOf),
  addresses: unionOf(rule.peers.flatMap((peer) => (peer.kind === "networks" ? peer.blocks : []))),
  others: rule.peers.flatMap(otherTexts),
  ...portsShape(rule.ports),
});

const scopesOf = (peer: TieredPeer): readonly PodScope[] => {
  if (peer.kind === "namespaces") return [{ namespaces: peer.selector, pods: everything }];
  if (peer.kind !== "pods") return [];
  return [{ namespaces: peer.namespaceSelector, pods: peer.podSelector }];
};

const otherTexts = (peer: TieredPeer): readonly string[] => {
  if (peer.kind === "nodes") return [`nodes ${peer.selector.key}`];
  return peer.kind === "domainNames" ? peer.names.map((name) => `name ${name}`) : [];
};

const portsShape = (
  ports: readonly PortRule[] | undefined,
): Pick<RuleShape, "fixed" | "named"> => ({
  fixed: fixedConnections(ports),
  named: namedPortsOf(ports),
});

const unionOf = (blocks: readonly IpBlock[]): IpSet =>
  blocks.reduce<IpSet>((set, block) => unionIps(set, setOfBlock(block)), []);

/**
 * Whether the first rule matches whatever the second does, in this model's namespaces and with any pods. Nothing is said of
 * a second one that matches nothing by itself.
 */
export const coversRule = (context: LintContext, wide: RuleShape, narrow: RuleShape): boolean =>
  !matchesNothing(narrow) && coversPorts(wide, narrow) && coversPeers(context, wide, narrow);

const matchesNothing = ({ fixed, named }: RuleShape): boolean =>
  isEmptyConnections(fixed) && named.length === 0;

const coversPorts = (wide: RuleShape, narrow: RuleShape): boolean =>
  isSubsetOfConnections(narrow.fixed, wide.fixed) &&
  (narrow.named.length === 0 ||
    isSubsetOfConnections(allConnections, wide.fixed) ||
    narrow.named.every((port) =>
      wide.named.some(({ name, protocol }) => name === port.name && protocol === port.protocol),
    ));

/** Whether the peers of the first rule hold all of the second. */
export const coversPeers = (context: LintContext, wide: RuleShape, narrow: RuleShape): boolean =>
  wide.everyone ||
  (!narrow.everyone &&
    narrow.scopes.every((scope) =>
      wide.scopes.some((other) => coversScope(context, other, scope)),
    ) &&
    narrow.others.every((text) => wide.others.includes(text)) &&
    isSubsetOfIps(narrow.addresses, wide.addresses));

/** Whether the first scope holds every pod of the second. */
export const coversScope = (context: LintContext, wide: PodScope, narrow: PodScope): boolean =>
  impliesSelector(narrow.pods, wide.pods) &&
  coversNamespaces(context, wide.namespaces, narrow.namespaces);

const coversNamespaces = (
  { model }: LintContext,
  wide: string | LabelSelector,
  narrow: string | LabelSelector,
): boolean => {
  if (typeof wide === "string") return narrow === wide;
  return typeof narrow === "string"
    ? selects(wide, model.namespace(narrow).labels)
    : impliesSelector(narrow, wide);
};
