import { assertNever } from "../../../common/assert.js";
import { type LabelSelector, type Labels, selects } from "../model/label-selector.js";
import { AddressIndex } from "./address-index.js";
import type { PeerMatcher, PodMatcher } from "./compiled-policy.js";
import type { EndClass, EndClasses } from "./end-classes.js";
import { type Match, matchPeer } from "./match-peer.js";
import { type EndAxis, type Held, matcherKey, nothingHeld } from "./peer-sets.js";
import type { JudgedFamily } from "./policy-end.js";

/** Classes by the value of one label. */
type LabelIndex = { readonly ids: Map<string, number[]>; upTo: number };

/** Classes whose namespaces have the same labels. */
type NamespaceGroup = { readonly labels: Labels; readonly ids: number[] };

type Entry = { readonly yes: number[]; readonly maybe: number[]; reason: Match; upTo: number };

/**
 * The classes of pods as peers: which of them a matcher holds, found by namespace and label rather than by trying all,
 * and remembered; new classes are added to what is remembered when it is asked for.
 */
export class ClassAxis implements EndAxis {
  readonly #classes: EndClasses;
  readonly #entries = new Map<string, Entry>();
  readonly #entryOfMatcher = new WeakMap<PeerMatcher, Entry>();
  readonly #inNamespace = new Map<string, number[]>();
  readonly #withNamespaceLabels = new Map<string, NamespaceGroup>();
  readonly #byLabel = new Map<string, LabelIndex>();
  readonly #pods: number[] = [];
  readonly #hosts: number[] = [];
  #addresses = new AddressIndex();
  #addressesUpTo = 0;
  #indexed = 0;

  constructor(classes: EndClasses) {
    this.#classes = classes;
  }

  get size(): number {
    return this.#classes.all.length;
  }

  /** How many matchers are remembered. */
  get entryCount(): number {
    return this.#entries.size;
  }

  held(matcher: PeerMatcher, family: JudgedFamily): Held {
    if (matcher.kind === "names" || matcher.kind === "everyone") return nothingHeld;
    this.#index();
    const byFamily = matcher.kind === "addresses" ? family : "";
    const entry = this.#entryOf(matcher, byFamily);
    if (entry.upTo < this.size) this.#extend(entry, matcher, byFamily);
    return entry;
  }

  #extend(entry: Entry, matcher: PeerMatcher, family: JudgedFamily): void {
    if (matcher.kind === "addresses") {
      const { yes, maybe, reason } = this.#placed().find(matcher.set, entry.upTo, family);
      for (const id of yes.sort(ascending)) entry.yes.push(id);
      for (const id of maybe.sort(ascending)) entry.maybe.push(id);
      entry.reason = reason;
    } else {
      for (const id of this.#candidates(matcher, entry.upTo)) {
        const match = matchPeer(matcher, (this.#classes.all[id] as EndClass).end);
        if (match === "yes") entry.yes.push(id);
        else if (match !== "no") entry.maybe.push(id);
      }
    }
    entry.upTo = this.size;
  }

  /** Equal matchers share an entry; which one a matcher has is found by its identity when it is asked for again. */
  #entryOf(matcher: PeerMatcher, family: JudgedFamily): Entry {
    const known = family === "" ? this.#entryOfMatcher.get(matcher) : undefined;
    if (known !== undefined) return known;
    const key = `${family} ${matcherKey(matcher)}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { yes: [], maybe: [], reason: "unknown-address", upTo: 0 };
      this.#entries.set(key, entry);
    }
    if (family === "") this.#entryOfMatcher.set(matcher, entry);
    return entry;
  }

  /** Classes stand in the index by the address of one pod: after new cuts that may be a pod of another class. */
  forgetAddresses(): void {
    this.#addresses = new AddressIndex();
    this.#addressesUpTo = 0;
  }

  #placed(): AddressIndex {
    const { all } = this.#classes;
    for (; this.#addressesUpTo < all.length; this.#addressesUpTo++) {
      this.#addresses.add(this.#addressesUpTo, (all[this.#addressesUpTo] as EndClass).end);
    }
    return this.#addresses;
  }

  #index(): void {
    const { all } = this.#classes;
    for (; this.#indexed < all.length; this.#indexed++) {
      const { end } = all[this.#indexed] as EndClass;
      if (end.kind !== "pod" || end.pod === undefined) {
        this.#hosts.push(this.#indexed);
        continue;
      }
      this.#pods.push(this.#indexed);
      push(this.#inNamespace, end.pod.namespace, this.#indexed);
      this.#indexNamespace(end.namespaceLabels, this.#indexed);
    }
  }

  /** Classes keep the labels that their namespace had when they were made, whatever it has now. */
  #indexNamespace(labels: Labels, id: number): void {
    const key = JSON.stringify(Object.entries(labels).sort());
    const group = this.#withNamespaceLabels.get(key);
    if (group === undefined) this.#withNamespaceLabels.set(key, { labels, ids: [id] });
    else group.ids.push(id);
  }

  /** Classes from an index on among which are all that a matcher holds, in ascending order. */
  #candidates(matcher: PeerMatcher, from: number): readonly number[] {
    switch (matcher.kind) {
      case "pods":
        return this.#podCandidates(matcher, from);
      case "nodes":
        return tailOf(this.#hosts, from);
      case "addresses":
      case "names":
      case "everyone":
        return [];
      default:
        return assertNever(matcher);
    }
  }

  /** The shorter of two ways: by namespace, or by a label that the selector asks the value of. */
  #podCandidates({ namespace, podSelector }: PodMatcher, from: number): readonly number[] {
    const inNamespaces =
      typeof namespace === "string"
        ? [this.#inNamespace.get(namespace) ?? []]
        : namespace.key === ""
          ? [this.#pods]
          : [...this.#withNamespaceLabels.values()]
              .filter(({ labels }) => selects(namespace, labels))
              .map(({ ids }) => ids);
    const withLabels = this.#withLabels(podSelector);
    const isShorter = withLabels !== undefined && countOf(withLabels) < countOf(inNamespaces);
    return merged(isShorter ? withLabels : inNamespaces, from);
  }

  /** Made when a key is first asked for: what classes have of labels that no policy names can change. */
  #labelIndex(key: string): ReadonlyMap<string, number[]> {
    let index = this.#byLabel.get(key);
    if (index === undefined) {
      index = { ids: new Map(), upTo: 0 };
      this.#byLabel.set(key, index);
    }
    for (; index.upTo < this.#pods.length; index.upTo++) {
      const id = this.#pods[index.upTo] as number;
      const { labels = {} } = (this.#classes.all[id] as EndClass).end.pod ?? {};
      if (Object.hasOwn(labels, key)) push(index.ids, labels[key] ?? "", id);
    }
    return index.ids;
  }

  /** The shortest lists of classes that one requirement allows; undefined when none asks for a value. */
  #withLabels({ requirements }: LabelSelector): readonly (readonly number[])[] | undefined {
    let best: readonly (readonly number[])[] | undefined;
    let bestCount = Number.POSITIVE_INFINITY;
    for (const { key, operator, values } of requirements) {
      if (operator !== "In") continue;
      const index = this.#labelIndex(key);
      const lists = values.map((value) => index.get(value) ?? []);
      const count = countOf(lists);
      if (count >= bestCount) continue;
      best = lists;
      bestCount = count;
    }
    return best;
  }
}

const countOf = (lists: readonly (readonly number[])[]): number =>
  lists.reduce((sum, { length }) => sum + length, 0);

const ascending = (one: number, other: number): number => one - other;

const push = (lists: Map<string, number[]>, key: string, id: number): void => {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [id]);
  else list.push(id);
};

const merged = (lists: readonly (readonly number[])[], from: number): readonly number[] => {
  if (lists.length === 1) return tailOf(lists[0] ?? [], from);
  return lists.flatMap((list) => tailOf(list, from)).sort(ascending);
};

/** The part of an ascending list that is not below a number. */
const tailOf = (list: readonly number[], from: number): readonly number[] => {
  if (from === 0 || (list[0] ?? from) >= from) return list;
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] as number) < from) low = middle + 1;
    else high = middle;
  }
  return list.slice(low);
};
