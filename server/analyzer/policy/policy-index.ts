import type { ModelChange } from "../model/cluster-model.js";
import type { Labels } from "../model/label-selector.js";
import type { ClusterObject, NodeObject, PodObject } from "../model/objects.js";
import { ClassAxis } from "./class-axis.js";
import { type DecisionSources, isOwnNode, isSamePod } from "./decide-pair.js";
import type { Direction, PolicyEndpoint } from "./decision.js";
import { type EndClass, EndClasses } from "./end-classes.js";
import type { EngineBounds } from "./engine-bounds.js";
import { IndexTerms } from "./index-terms.js";
import { matchRule } from "./match-peer.js";
import { idBase, type OutcomeId, OutcomeTable, open, type PairOutcome } from "./outcome-table.js";
import {
  endInFamily,
  endOfEndpoint,
  everyFamily,
  familiesOf,
  type JudgedFamily,
  type PolicyEnd,
  sharedFamilies,
} from "./policy-end.js";
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
  readonly #pairs = new Map<number, PairOutcome>();
  readonly #sizeAtStart: number;

  constructor(sources: DecisionSources, bounds: EngineBounds) {
    this.#sources = sources;
    this.#bounds = bounds;
    const { model, profile, space, book, table } = sources;
    this.#terms = new IndexTerms(sources);
    this.classes = new EndClasses({ model, profile, space }, this.#terms.signer);
    this.axis = new ClassAxis(this.classes);
    this.outcomes = new OutcomeTable(table, bounds.pairOutcomesMax);
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
    const living = all.length - deadCount;
    const kept = this.axis.entryCount + this.groups.size + this.#terms.size;
    return (
      deadCount > living + deadClassesMax || kept + living > 8 * this.#sizeAtStart + staleEntriesMax
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
  outcome(source: PolicyEndpoint, destination: PolicyEndpoint): PairOutcome | undefined {
    if (isSamePod(source, destination)) return this.outcomes.both(open, open);
    const [from, to] = [this.#placeOf(source), this.#placeOf(destination)];
    if (from === undefined || to === undefined) return undefined;
    const hasHost = from.end.kind === "host" || to.end.kind === "host";
    // A host may be a pod's own node, which its class does not say.
    if (from.of === undefined || to.of === undefined || hasHost) return this.#judge(from, to);
    const key = from.of.id * idBase + to.of.id;
    const known = this.#pairs.get(key);
    if (known !== undefined) return known;
    const outcome = this.#judge(from, to);
    if (this.#pairs.size >= this.#bounds.pairMemoMax) this.#pairs.clear();
    this.#pairs.set(key, outcome);
    return outcome;
  }

  #judge(from: Place, to: Place): PairOutcome {
    return this.outcomes.both(
      this.#direction("egress", from, to.end),
      this.#direction("ingress", to, from.end),
    );
  }

  #direction(direction: Direction, { of, end }: Place, peer: PolicyEnd): OutcomeId {
    if (of === undefined || end.kind !== "pod") return open;
    const { ownNodeAllowed } = this.#sources.profile;
    const own = ownNodeAllowed.includes(direction) ? isOwnNode(end, peer) : "no";
    if (own === "yes") return open;
    const group = this.groups.of(of, direction);
    const peerPod = peer.kind === "pod" ? peer.pod : undefined;
    const judged = sharedFamilies(end, peer)
      .map((family) => endInFamily(peer, family))
      .map((each) => this.groups.outcome(group, (rule) => matchRule(rule, each), peerPod))
      .reduce((one, other) => this.outcomes.either(one, other));
    return own === "no" ? judged : this.outcomes.either(judged, open);
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
  #familiesOf({ end }: EndClass): readonly JudgedFamily[] {
    const { profile, space } = this.#sources;
    const isDual = profile.ipBlockMatchesPods && space.families.length > 1;
    return isDual && end.addresses.length > 0 ? familiesOf(end) : everyFamily;
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
    const node = this.#sources.model.node(name);
    this.classes.renew(
      ({ end }) => end.kind === "host" && end.nodeName === name && !isSameNode(end.node, node),
    );
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

const placedOn = (end: PolicyEnd, { nodeName }: PodObject): PolicyEnd => {
  if (end.nodeName === nodeName) return end;
  const { nodeName: _, ...rest } = end;
  return nodeName === undefined ? rest : { ...rest, nodeName };
};

/** Whether two states of a node are equal to policies: heartbeats change a node all the time. */
const isSameNode = (one: NodeObject | undefined, other: NodeObject | undefined): boolean =>
  one !== undefined &&
  other !== undefined &&
  areSameLabels(one.labels, other.labels) &&
  one.ips.join() === other.ips.join();

const areSameLabels = (one: Labels, other: Labels): boolean => {
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && one[key] === other[key])
  );
};
