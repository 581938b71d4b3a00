import type { ClusterModel, ModelChange } from "../model/cluster-model.js";
import type { ClusterObject, PodObject } from "../model/objects.js";
import { ConnectionTable } from "../sets/connection-table.js";
import type { ConnectionSet } from "../sets/connections.js";
import type { IpRange } from "../sets/ip.js";
import { AddressSpace } from "./address-space.js";
import type { ConnectionRow } from "./connection-rows.js";
import { type DecideOptions, type DecisionSources, decidePair } from "./decide-pair.js";
import {
  type Direction,
  directions,
  type EvaluatedPolicy,
  type PairDecision,
  type PolicyEndpoint,
} from "./decision.js";
import { type EngineBounds, engineBounds } from "./engine-bounds.js";
import { externalRanges } from "./external-ranges.js";
import { selectsPod } from "./match-peer.js";
import { type MatrixSummary, OutcomeMatrix } from "./outcome-matrix.js";
import { PolicyBook } from "./policy-book.js";
import { isHostPod, isListed } from "./policy-end.js";
import { PolicyIndex } from "./policy-index.js";
import type { PolicyUnit } from "./policy-units.js";
import type { PossibleAddresses } from "./possible-addresses.js";
import type { Profile } from "./profile.js";

export type { ConnectionRow } from "./connection-rows.js";
export type { PolicyUnit } from "./policy-units.js";

/** What a pair may do, without reasons. */
export type Reach = { readonly allowed: ConnectionSet; readonly undetermined: ConnectionSet };

/**
 * Evaluates the policies of a model under a profile: exact sets of (protocol, port) between any two endpoints. Compiled
 * once, then kept up by `apply`; the model is changed by its owner before.
 */
export class PolicyEngine {
  readonly model: ClusterModel;
  readonly profile: Profile;
  readonly #bounds: EngineBounds;
  #sources: DecisionSources;
  #index: PolicyIndex | undefined;
  #matrix: OutcomeMatrix | undefined;
  readonly #ranges = new Map<string, readonly IpRange[]>();

  /** `bounds`: how much of what it remembers it keeps. */
  constructor(model: ClusterModel, profile: Profile, bounds: EngineBounds = engineBounds) {
    this.model = model;
    this.profile = profile;
    this.#bounds = bounds;
    this.#sources = {
      model,
      profile,
      space: new AddressSpace(model),
      book: new PolicyBook(model, profile.families),
      table: new ConnectionTable(),
    };
  }

  /**
   * Takes up a change that the model has applied already. It is for whoever keeps a model up with a cluster's watch events,
   * where a new engine for each would cost more than the change. Models of manifests are read whole again and get an engine
   * of their own, so that nothing but tests and benchmarks calls this yet. Lists that are being read go on over what was
   * there before or after, in no order: read them whole between changes.
   */
  apply(change: ModelChange): void {
    if (!concerns(change.object)) return;
    const { book, space } = this.#sources;
    const isPolicy = book.apply(change);
    const isSpaceNew = space.apply(change);
    if (isPolicy || isSpaceNew) this.#ranges.clear();
    this.#matrix = undefined;
    this.#index?.apply(change, isSpaceNew);
    const isWorn = this.#index?.isWorn ?? false;
    if (!isWorn && this.#sources.table.size <= this.#bounds.connectionSetsMax) return;
    this.#sources = { ...this.#sources, table: new ConnectionTable() };
    this.#index = undefined;
  }

  /** The decision of a pair with everything that decided it. Pods are judged as they are given, whatever their state. */
  decide(
    source: PolicyEndpoint,
    destination: PolicyEndpoint,
    options: DecideOptions = {},
  ): PairDecision {
    return decidePair(this.#sources, [source, destination], options);
  }

  /**
   * What `decide` allows, without reasons: the fast way. A pod is taken as the model has it; one that the model lacks, or
   * that has ended there, as it is given.
   */
  reach(source: PolicyEndpoint, destination: PolicyEndpoint): Reach {
    return this.#indexed().outcome(source, destination) ?? this.decide(source, destination);
  }

  /** Every live pod, grouped, in order of names. */
  units(): readonly PolicyUnit[] {
    return this.#allPairs().units.map(({ unit }) => unit);
  }

  /**
   * The addresses outside the cluster in ranges that no policy tells apart in the given directions, in order; together all
   * of the families of the profile that the model or its policies show.
   */
  externalRanges(of: readonly Direction[] = directions): readonly IpRange[] {
    const key = of.join();
    let ranges = this.#ranges.get(key);
    if (ranges === undefined) {
      const { book, space, profile } = this.#sources;
      const policies = [...book.policies()].map(({ policy }) => policy);
      const { families } = profile;
      ranges = externalRanges({ policies, families, shownFamilies: space.families }, of);
      this.#ranges.set(key, ranges);
    }
    return ranges;
  }

  /** What the address of a pod that is not there can be; none where blocks do not match pods. */
  podAddresses(): readonly PossibleAddresses[] {
    return this.profile.ipBlockMatchesPods ? this.#sources.space.unknownPod : [];
  }

  /**
   * Every ordered pair with a connection or a doubt, by source, units first; never a unit to itself. Ranges are cut by
   * the blocks of egress rules as destinations, and by those of ingress rules as sources.
   */
  rows(): Iterable<ConnectionRow> {
    return this.#allPairs().rows();
  }

  /**
   * Counts over all pairs of classes of pods that no policy tells apart: the cheapest question that needs every pair, for
   * measuring an engine and for comparing one that was changed with a new one.
   */
  matrixSummary(): MatrixSummary {
    return this.#allPairs().summary();
  }

  /** The living pods that a policy has as subject, in any direction. */
  podsSelectedBy(policy: EvaluatedPolicy): readonly PodObject[] {
    const subject = this.#sources.book.find(policy)?.subject;
    if (subject === undefined) return [];
    const pods =
      typeof subject.namespace === "string"
        ? this.model.podsIn(subject.namespace)
        : this.model.pods;
    return [...pods].filter(
      (pod) =>
        isListed(pod, this.profile) &&
        !isHostPod(pod, this.profile) &&
        selectsPod(subject, pod, this.model.namespace(pod.namespace).labels),
    );
  }

  #indexed(): PolicyIndex {
    this.#index ??= new PolicyIndex(this.#sources, this.#bounds);
    return this.#index;
  }

  #allPairs(): OutcomeMatrix {
    this.#matrix ??= new OutcomeMatrix(this.#indexed(), this.#sources, {
      egress: this.externalRanges(["egress"]),
      ingress: this.externalRanges(["ingress"]),
    });
    return this.#matrix;
  }
}

/** Whether an object has a part in what the engine says; workloads name the units. */
const concerns = ({ kind }: ClusterObject): boolean =>
  kind !== "Event" && kind !== "EndpointSlice" && kind !== "ConfigMap";
