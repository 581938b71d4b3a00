import { memo } from "../../../common/memo.js";
import type { ClusterModel } from "../model/cluster-model.js";
import { everything, type LabelSelector, selects } from "../model/label-selector.js";
import type {
  IpBlock,
  NetworkPolicyPeer,
  PodObject,
  PortRule,
  TieredPeer,
} from "../model/objects.js";
import type { Direction, EvaluatedPolicy } from "../policy/decision.js";
import type { PolicyUnit } from "../policy/engine.js";
import { blocksOfPeer } from "../policy/external-ranges.js";
import { type IpRange, parseIp } from "../sets/ip.js";
import { firstPod } from "./list-ends.js";

/** What the rules that decide a direction of some subject ask of a peer. */
export type PeerTerms = {
  readonly selectors: readonly SelectorTerm[];
  readonly blocks: readonly IpBlock[];
  /** Whether ports are given by name, which the destination resolves. */
  readonly hasPortNames: boolean;
};

/** A pair of selectors of pods, and the positions of the units that it selects. */
export type SelectorTerm = {
  /** The name of a namespace, or a selector of namespaces. */
  readonly namespaces: string | LabelSelector;
  readonly pods: LabelSelector;
  selected?: readonly number[];
};

/** Groups of units by their position, numbered from 0. */
type Groups = { readonly of: Uint32Array; readonly count: number };

/** Collects terms of policies, and tells peers apart by them. */
export class PeerTermBook {
  readonly #model: ClusterModel;
  readonly #units: readonly PolicyUnit[];
  readonly #hasAddresses: boolean;
  readonly #selectors = new Map<string, SelectorTerm>();
  #plain: Groups | undefined;

  constructor(model: ClusterModel, units: readonly PolicyUnit[]) {
    this.#model = model;
    this.#units = units;
    this.#hasAddresses = units.some((unit) => firstPod(unit).ips.length > 0);
  }

  /** The terms of policies in one direction. */
  termsOf(policies: readonly EvaluatedPolicy[], direction: Direction): PeerTerms {
    const selectors = new Set<SelectorTerm>();
    const blocks: IpBlock[] = [];
    let hasPortNames = false;
    for (const policy of policies) {
      for (const rule of policy[direction]) {
        hasPortNames ||= hasNamedPort(rule.ports);
        for (const peer of rule.peers ?? []) {
          blocks.push(...blocksOfPeer(peer));
          const selector = this.#selectorOf(peer, policy.namespace);
          if (selector !== undefined) selectors.add(selector);
        }
      }
    }
    return { selectors: [...selectors], blocks, hasPortNames };
  }

  /** A number for each unit, by its position; equal for units of which the terms say the same. */
  groupsOf(terms: PeerTerms): Uint32Array {
    const needsTexts = terms.hasPortNames || (terms.blocks.length > 0 && this.#hasAddresses);
    const base = needsTexts ? this.#groupedBy(terms) : this.#plainGroups();
    const groups = base.of.slice();
    let count = base.count;
    for (const term of terms.selectors) count += split(groups, this.#selected(term), count);
    return groups;
  }

  /** Groups by all but selectors where neither addresses nor port names tell units apart. */
  #plainGroups(): Groups {
    this.#plain ??= this.#groupedBy({ selectors: [], blocks: [], hasPortNames: false });
    return this.#plain;
  }

  #groupedBy(terms: PeerTerms): Groups {
    const of = new Uint32Array(this.#units.length);
    const groupOfText = new Map<string, number>();
    for (const [at, unit] of this.#units.entries()) {
      const text = textOf(terms, unit);
      let group = groupOfText.get(text);
      if (group === undefined) {
        group = groupOfText.size;
        groupOfText.set(text, group);
      }
      of[at] = group;
    }
    return { of, count: groupOfText.size };
  }

  #selectorOf(peer: NetworkPolicyPeer | TieredPeer, namespace: string): SelectorTerm | undefined {
    if (peer.kind !== "pods" && peer.kind !== "namespaces") return undefined;
    const namespaces =
      peer.kind === "namespaces" ? peer.selector : (peer.namespaceSelector ?? namespace);
    const pods = peer.kind === "namespaces" ? everything : (peer.podSelector ?? everything);
    const place = typeof namespaces === "string" ? `=${namespaces}` : namespaces.key;
    const make = (): SelectorTerm => ({ namespaces, pods });
    return memo(this.#selectors, `${place}\n${pods.key}`, make);
  }

  #selected(term: SelectorTerm): readonly number[] {
    term.selected ??= [...this.#positionsOf(term)];
    return term.selected;
  }

  *#positionsOf({ namespaces, pods }: SelectorTerm): Iterable<number> {
    for (const [at, unit] of this.#units.entries()) {
      const pod = firstPod(unit);
      const isPlace =
        typeof namespaces === "string"
          ? namespaces === pod.namespace
          : selects(namespaces, this.#model.namespace(pod.namespace).labels);
      if (isPlace && selects(pods, pod.labels)) yield at;
    }
  }
}

/** Puts selected members of each group into a new one, numbered from `first` on; how many new ones there are. */
const split = (groups: Uint32Array, selected: readonly number[], first: number): number => {
  const moved = new Map<number, number>();
  for (const at of selected) {
    const group = groups[at] as number;
    let to = moved.get(group);
    if (to === undefined) {
      to = first + moved.size;
      moved.set(group, to);
    }
    groups[at] = to;
  }
  return moved.size;
};

/** What else than labels the terms ask of a unit. */
const textOf = ({ blocks, hasPortNames }: PeerTerms, unit: PolicyUnit): string => {
  const pod = firstPod(unit);
  // What is on the host network is few, and judged by its node besides: each is a group of its own.
  if (pod.hostNetwork) return `host ${unit.name}`;
  const addresses = blocks.length === 0 ? "" : addressesText(blocks, pod);
  return hasPortNames ? `${addresses} ${JSON.stringify(pod.ports)}` : addresses;
};

/** Equal for ranges of which the blocks say the same; none of them cuts one. */
export const rangeKey = ({ blocks }: PeerTerms, range: IpRange): string =>
  `${range.family} ${blocksText(blocks, range)}`;

const hasNamedPort = (ports: readonly PortRule[] | undefined): boolean =>
  ports?.some(({ kind }) => kind === "named") ?? false;

/** Which blocks hold a range that none of them cuts. */
const blocksText = (blocks: readonly IpBlock[], { family, first }: IpRange): string => {
  let key = "";
  for (const { range, except } of blocks) {
    const holds = (each: IpRange): boolean =>
      each.family === family && each.first <= first && first <= each.last;
    key += holds(range) && !except.some(holds) ? "1" : "0";
  }
  return key;
};

const addressesText = (blocks: readonly IpBlock[], { ips }: PodObject): string => {
  if (ips.length === 0) return "?";
  let key = "";
  for (const ip of ips) {
    const address = parseIp(ip);
    if (address === undefined) continue;
    const { family, value } = address;
    key += ` ${family} ${blocksText(blocks, { family, first: value, last: value })}`;
  }
  return key;
};
