import type { ClusterModel, ModelChange, WorkloadRef } from "../model/cluster-model.js";
import type { PodObject } from "../model/objects.js";
import type { ConnectionSet } from "../sets/connections.js";
import type { IpRange } from "../sets/ip.js";
import type { EvaluatedPolicy, PairDecision, PolicyEndpoint } from "./decision.js";
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

  constructor(model: ClusterModel, profile: Profile) {
    this.model = model;
    this.profile = profile;
  }

  /** Takes up a change that the model has applied already. */
  apply(change: ModelChange): void {
    throw new Error(`not built: ${change.kind}`);
  }

  /** The decision of a pair with everything that decided it. */
  decide(source: PolicyEndpoint, destination: PolicyEndpoint): PairDecision {
    throw new Error(`not built: ${source.kind} ${destination.kind}`);
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
    throw new Error("not built");
  }

  /** The addresses outside the cluster in ranges that no policy tells apart, in order; together all of the profile's families. */
  externalRanges(): readonly IpRange[] {
    throw new Error("not built");
  }

  /** Every ordered pair with a connection or a doubt, units first by source; never a unit to itself. */
  rows(): Iterable<ConnectionRow> {
    throw new Error("not built");
  }

  /** The pods that a policy has as subject, in any direction. */
  podsSelectedBy(policy: EvaluatedPolicy): readonly PodObject[] {
    throw new Error(`not built: ${policy.name}`);
  }
}
