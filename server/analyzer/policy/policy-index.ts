import type { ModelChange } from "../model/cluster-model.js";
import type { Labels } from "../model/label-selector.js";
import type { ClusterObject, PodObject } from "../model/objects.js";
import { ClassAxis } from "./class-axis.js";
import { type DecisionSources, isOwnNode, isSamePod } from "./decide-pair.js";
import type { Direction, PolicyEndpoint } from "./decision.js";
import { type EndClass, EndClasses } from "./end-classes.js";
import type { EngineBounds } from "./engine-bounds.js";
import { IndexTerms } from "./index-terms.js";
import { matchRule } from "./match-peer.js";
import { type OutcomeId, OutcomeTable, open } from "./outcome-table.js";
import { endOfEndpoint, type PolicyEnd, sharedAddresses } from "./policy-end.js";
import { SubjectGroups } from "./subject-groups.js";

/** Classes of pods, groups of subjects and sets of peers, made once from a model and kept up change by change. */
export class PolicyIndex {
  readonly classes: EndClasses;
  readonly axis: ClassAxis;
  readonly groups: SubjectGroups;
  readonly outcomes: OutcomeTable;
  readonly #sources: DecisionSources;
  readonly #bounds: EngineBounds;
  readonly #terms: IndexTerms;
  readonly #pairs = new Map<number, OutcomeId>();
  readonly #sizeAtStart: number;

  constructor(sources: DecisionSources, bounds: EngineBounds) {
    this.#sources = sources;
    this.#bounds = bounds;
    const { model, profile, space, book, table } = sources;
    this.#terms = new IndexTerms(sources);
    this.classes = new EndClasses({ model, profile, space }, this.#terms.signer);
    this.axis = new ClassAxis(this.classes);
    this.outcomes = new OutcomeTable(table);
    this.groups = new SubjectGroups({
      book,
      table,
      outcomes: this.outcomes,
      familiesOf: (one) => this.#familiesOf(one),
    });
    let rules = 0;
    for (const { egress, ingress } of book.policies()) rules += 1 + egress.length + ingress.length;
    this.#sizeAtStart = this.classes.all.length + rules;
  }

  /** Whether more of what it keeps is of the past than is worth keeping: then a new one is made. */
  get isWorn(): boolean {
    const { deadCount, all } = this.classes;
    const { deadClassesMax, staleEntriesMax } = this.#bounds;
    const kept = this.axis.entryCount + this.groups.size + this.#sources.table.size;
    return (
      deadCount > all.length - deadCount + deadClassesMax ||
      kept > 8 * this.#sizeAtStart + staleEntriesMax
    );
  }

  /** A key for classes that is equal for those which no policy of now tells apart. */
  exactKeys(): (one: EndClass) => unknown {
    return this.#terms.exactKeys();
  }

  /** Takes up a change that model, book and space have taken up; `isSpaceNew` as `AddressSpace.apply` says. */
  apply({ kind, object }: ModelChange, isSpaceNew: boolean): void {
    if (isSpaceNew) this.#renewAddresses();
    if (object.kind === "Pod") {
      if (kind === "upsert") this.classes.put(object);
      else this.classes.drop(object);
      return;
    }
    if (object.kind === "Namespace") this.#renewNamespace(object.name);
    else if (object.kind === "Node") this.#renewNode(object.name);
    else if (isPolicy(object)) this.#takePolicy(kind, object);
    else return;
    this.#pairs.clear();
  }

  /** What policies say of a pair; undefined where an end is a pod that the model lacks. */
  outcome(source: PolicyEndpoint, destination: PolicyEndpoint): OutcomeId | undefined {
    if (isSamePod(source, destination)) return open;
    const [from, to] = [this.#placeOf(source), this.#placeOf(destination)];
    if (from === undefined || to === undefined) return undefined;
    const isPlain = from.of !== undefined && to.of !== undefined;
    const hasHost = from.end.kind === "host" || to.end.kind === "host";
    if (!isPlain || hasHost) return this.#judge(from, to);
    const key = (from.of as EndClass).id * pairKeyBase + (to.of as EndClass).id;
    const known = this.#pairs.get(key);
    if (known !== undefined) return known;
    const outcome = this.#judge(from, to);
    if (this.#pairs.size >= this.#bounds.pairMemoMax) this.#pairs.clear();
    this.#pairs.set(key, outcome);
    return outcome;
  }

  #judge(from: Place, to: Place): OutcomeId {
    const { source, destination } = sharedAddresses(from.end, to.end);
    return this.outcomes.both(
      this.#direction("egress", { of: from.of, end: source }, destination),
      this.#direction("ingress", { of: to.of, end: destination }, source),
    );
  }

  #direction(direction: Direction, { of, end }: Place, peer: PolicyEnd): OutcomeId {
    if (of === undefined || end.kind !== "pod") return open;
    if (isOwnNode(end, peer) && this.#sources.profile.ownNodeAllowed.includes(direction)) {
      return open;
    }
    const group = this.groups.of(of, direction);
    const peerPod = peer.kind === "pod" ? peer.pod : undefined;
    return this.groups.outcome(group, (rule) => matchRule(rule, peer), peerPod);
  }

  #placeOf(endpoint: PolicyEndpoint): Place | undefined {
    if (endpoint.kind !== "pod")
      return { of: undefined, end: endOfEndpoint(endpoint, this.#sources) };
    const of = this.classes.of(endpoint.pod);
    if (of === undefined) return undefined;
    // Of its class a pod has all but the node it runs on.
    return {
      of,
      end:
        of.end.kind === "pod"
          ? placedOn(of.end, endpoint.pod)
          : endOfEndpoint(endpoint, this.#sources),
    };
  }

  /** Families matter where pods of one and of two families meet, and blocks match pods. */
  #familiesOf({ end }: EndClass): string {
    const { profile, space } = this.#sources;
    if (!profile.ipBlockMatchesPods || space.families.length < 2) return "";
    return end.addresses.length === 1 ? `${end.addresses[0]?.family}` : "";
  }

  #renewAddresses(): void {
    this.#pairs.clear();
    this.#forgetGroups(() => true);
    this.classes.renew(
      ({ pod, end }) =>
        endOfEndpoint({ kind: "pod", pod }, this.#sources).addresses !== end.addresses,
    );
  }

  #renewNamespace(name: string): void {
    const { labels } = this.#sources.model.namespace(name);
    this.classes.renew(
      ({ pod, end }) =>
        end.kind === "pod" && pod.namespace === name && !areSameLabels(end.namespaceLabels, labels),
    );
  }

  #renewNode(name: string): void {
    this.classes.renew(({ end }) => end.kind === "host" && end.nodeName === name);
  }

  #takePolicy(kind: ModelChange["kind"], object: PolicyKinds): void {
    this.#forgetGroups(({ end }) =>
      object.kind === "NetworkPolicy" ? end.pod?.namespace === object.namespace : true,
    );
    this.#terms.noteGone();
    if (kind === "remove") return;
    const policy = object.kind === "UnmodelledPolicy" ? object : this.#sources.book.find(object);
    const refinement = policy === undefined ? undefined : this.#terms.add(policy);
    if (refinement === undefined) return;
    this.classes.refine(refinement);
    if (refinement.cuts !== undefined) this.axis.forgetAddresses();
  }

  #forgetGroups(concerns: (one: EndClass) => boolean): void {
    for (const one of this.classes.all) if (concerns(one)) this.groups.forget(one);
  }
}

type Place = { readonly of: EndClass | undefined; readonly end: PolicyEnd };

type PolicyKinds = Extract<ClusterObject, { readonly kind: (typeof policyKinds)[number] }>;

const policyKinds = [
  "NetworkPolicy",
  "ClusterNetworkPolicy",
  "AdminNetworkPolicy",
  "BaselineAdminNetworkPolicy",
  "UnmodelledPolicy",
] as const;

const isPolicy = (object: ClusterObject): object is PolicyKinds =>
  (policyKinds as readonly string[]).includes(object.kind);

/** More classes than fit in memory. */
const pairKeyBase = 0x400_0000;

const placedOn = (end: PolicyEnd, { nodeName }: PodObject): PolicyEnd => {
  if (end.nodeName === nodeName) return end;
  const { nodeName: _, ...rest } = end;
  return nodeName === undefined ? rest : { ...rest, nodeName };
};

const areSameLabels = (one: Labels, other: Labels): boolean => {
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && one[key] === other[key])
  );
};
