import {
  type ClusterModel,
  isFinished,
  type ModelChange,
  type WorkloadRef,
  workloadText,
} from "../model/cluster-model.js";
import type { PodObject } from "../model/objects.js";
import { ConnectionTable } from "../sets/connection-table.js";
import { type ConnectionSet, isEmptyConnections } from "../sets/connections.js";
import type { IpRange } from "../sets/ip.js";
import { type DecideOptions, decidePair } from "./decide-pair.js";
import type { EvaluatedPolicy, PairDecision, PolicyEndpoint } from "./decision.js";
import { externalRanges } from "./external-ranges.js";
import { selectsPod } from "./match-peer.js";
import { PolicyBook } from "./policy-book.js";
import { isHostPod } from "./policy-end.js";
import { AddressSpace } from "./possible-addresses.js";
import type { Profile } from "./profile.js";

/** Pods of one workload that no policy tells apart. */
export type PolicyUnit = {
  /** "ns/name[Kind]"; "ns/pod[Pod]" for each pod of a workload whose pods are told apart. */
  readonly name: string;
  readonly workload: WorkloadRef;
  /** One or more, in order of their names. */
  readonly pods: readonly PodObject[];
};

/** A row of the list of connections: two units, or a unit and a range of addresses outside. */
export type ConnectionRow = {
  readonly source: PolicyUnit | IpRange;
  readonly destination: PolicyUnit | IpRange;
  readonly allowed: ConnectionSet;
  readonly undetermined: ConnectionSet;
};

/**
 * Evaluates the policies of a model under a profile: exact sets of (protocol, port) between any two endpoints. Compiled
 * once, then kept up by `apply`; the model is changed by its owner before.
 */
export class PolicyEngine {
  readonly model: ClusterModel;
  readonly profile: Profile;
  readonly #table = new ConnectionTable();
  readonly #space: AddressSpace;
  readonly #book: PolicyBook;

  constructor(model: ClusterModel, profile: Profile) {
    this.model = model;
    this.profile = profile;
    this.#space = new AddressSpace(model);
    this.#book = new PolicyBook(model, profile.families);
  }

  /** Takes up a change that the model has applied already. */
  apply(change: ModelChange): void {
    this.#book.apply(change);
    this.#space.apply(change);
  }

  /** The decision of a pair with everything that decided it. */
  decide(
    source: PolicyEndpoint,
    destination: PolicyEndpoint,
    options: DecideOptions = {},
  ): PairDecision {
    const { model, profile } = this;
    const sources = { model, profile, space: this.#space, book: this.#book, table: this.#table };
    return decidePair(sources, [source, destination], options);
  }

  /** What `decide` allows, without reasons: the fast way. */
  reach(
    source: PolicyEndpoint,
    destination: PolicyEndpoint,
  ): { readonly allowed: ConnectionSet; readonly undetermined: ConnectionSet } {
    return this.decide(source, destination);
  }

  /** Every live pod, grouped, in order of names. */
  units(): readonly PolicyUnit[] {
    const units = new Map<string, { name: string; workload: WorkloadRef; pods: PodObject[] }>();
    for (const pod of this.model.pods) {
      if (isFinished(pod)) continue;
      const workload = this.model.workloadOf(pod);
      const name = workloadText(workload);
      const unit = units.get(name);
      if (unit === undefined) units.set(name, { name, workload, pods: [pod] });
      else unit.pods.push(pod);
    }
    return [...units.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /**
   * The addresses outside the cluster in ranges that no policy tells apart, in order; together all of the families of the
   * profile that the model shows.
   */
  externalRanges(): readonly IpRange[] {
    const policies = [...this.#book.policies()].map(({ policy }) => policy);
    return externalRanges(policies, this.profile.families, this.#space.families);
  }

  /** Every ordered pair with a connection or a doubt, units first by source; never a unit to itself. */
  *rows(): Iterable<ConnectionRow> {
    const units = this.units();
    const ranges = this.externalRanges();
    const everyone = [...units, ...ranges];
    for (const source of everyone) {
      for (const destination of everyone) {
        if (source === destination || ("family" in source && "family" in destination)) continue;
        const { allowed, undetermined } = this.reach(endpointOf(source), endpointOf(destination));
        if (isEmptyConnections(allowed) && isEmptyConnections(undetermined)) continue;
        yield { source, destination, allowed, undetermined };
      }
    }
  }

  /** The pods that a policy has as subject, in any direction. */
  podsSelectedBy(policy: EvaluatedPolicy): readonly PodObject[] {
    const subject = this.#book.find(policy)?.subject;
    if (subject === undefined) return [];
    const pods =
      typeof subject.namespace === "string"
        ? this.model.podsIn(subject.namespace)
        : this.model.pods;
    return [...pods].filter(
      (pod) =>
        !isFinished(pod) &&
        !isHostPod(pod, this.profile) &&
        selectsPod(subject, pod, this.model.namespace(pod.namespace).labels),
    );
  }
}

const endpointOf = (side: PolicyUnit | IpRange): PolicyEndpoint =>
  "family" in side
    ? { kind: "addresses", range: side }
    : { kind: "pod", pod: side.pods[0] as PodObject };
