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
import { type IpRange, parseIp } from "../sets/ip.js";
import { isUnit, type ListEnd } from "./list-ends.js";

/** What the rules that decide a direction of some subject ask of a peer. */
export type PeerTerms = {
  readonly selectors: readonly SelectorTerm[];
  readonly blocks: readonly IpBlock[];
  /** Whether ports are given by name, which the destination resolves. */
  readonly hasPortNames: boolean;
};

/** A pair of selectors of pods, and which units it is known to select. */
export type SelectorTerm = {
  /** The name of a namespace, or a selector of namespaces. */
  readonly namespaces: string | LabelSelector;
  readonly pods: LabelSelector;
  readonly selected: Map<PolicyUnit, boolean>;
};

/** Collects terms of policies, and tells peers apart by them. */
export class PeerTermBook {
  readonly #model: ClusterModel;
  readonly #selectors = new Map<string, SelectorTerm>();

  constructor(model: ClusterModel) {
    this.#model = model;
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
          blocks.push(...blocksOf(peer));
          const selector = this.#selectorOf(peer, policy.namespace);
          if (selector !== undefined) selectors.add(selector);
        }
      }
    }
    return { selectors: [...selectors], blocks, hasPortNames };
  }

  /** Equal for peers of which the terms say the same. */
  keyOf(terms: PeerTerms, peer: ListEnd): string {
    if (!isUnit(peer)) return `range ${peer.range.family} ${blocksKey(terms.blocks, peer.range)}`;
    const [pod] = peer.pods as readonly [PodObject];
    if (pod.hostNetwork) {
      return `host ${peer.name} ${pod.name}`;
    }
    let key = "pod ";
    for (const term of terms.selectors) key += this.#isSelected(term, peer) ? "1" : "0";
    if (terms.blocks.length > 0) key += addressesKey(terms.blocks, pod);
    if (terms.hasPortNames) key += ` ${JSON.stringify(pod.ports)}`;
    return key;
  }

  #selectorOf(peer: NetworkPolicyPeer | TieredPeer, namespace: string): SelectorTerm | undefined {
    if (peer.kind !== "pods" && peer.kind !== "namespaces") return undefined;
    const namespaces =
      peer.kind === "namespaces" ? peer.selector : (peer.namespaceSelector ?? namespace);
    const pods = peer.kind === "namespaces" ? everything : (peer.podSelector ?? everything);
    const place = typeof namespaces === "string" ? `=${namespaces}` : namespaces.key;
    const key = `${place}\n${pods.key}`;
    let term = this.#selectors.get(key);
    if (term === undefined) {
      term = { namespaces, pods, selected: new Map() };
      this.#selectors.set(key, term);
    }
    return term;
  }

  #isSelected({ namespaces, pods, selected }: SelectorTerm, unit: PolicyUnit): boolean {
    let answer = selected.get(unit);
    if (answer === undefined) {
      const [pod] = unit.pods as readonly [PodObject];
      answer =
        (typeof namespaces === "string"
          ? namespaces === pod.namespace
          : selects(namespaces, this.#model.namespace(pod.namespace).labels)) &&
        selects(pods, pod.labels);
      selected.set(unit, answer);
    }
    return answer;
  }
}

const hasNamedPort = (ports: readonly PortRule[] | undefined): boolean =>
  ports?.some(({ kind }) => kind === "named") ?? false;

const blocksOf = (peer: NetworkPolicyPeer | TieredPeer): readonly IpBlock[] => {
  if (peer.kind === "ipBlock") return [peer.block];
  return peer.kind === "networks" ? peer.blocks : [];
};

/** Which blocks hold a range that none of them cuts. */
const blocksKey = (blocks: readonly IpBlock[], { family, first }: IpRange): string => {
  let key = "";
  for (const { range, except } of blocks) {
    const holds = (each: IpRange): boolean =>
      each.family === family && each.first <= first && first <= each.last;
    key += holds(range) && !except.some(holds) ? "1" : "0";
  }
  return key;
};

const addressesKey = (blocks: readonly IpBlock[], { ips }: PodObject): string => {
  if (ips.length === 0) return "?";
  let key = "";
  for (const ip of ips) {
    const address = parseIp(ip);
    if (address === undefined) continue;
    const { family, value } = address;
    key += ` ${family} ${blocksKey(blocks, { family, first: value, last: value })}`;
  }
  return key;
};
