import type {
  NetworkPolicyObject,
  NodeObject,
  PodObject,
  TieredAction,
  TieredPolicyObject,
  UnmodelledPolicyObject,
} from "../model/objects.js";
import type { ConnectionSet } from "../sets/connections.js";
import type { IpRange } from "../sets/ip.js";

/** Both directions. */
export const directions = ["egress", "ingress"] as const;

/** Which way a policy is asked: egress at the source, ingress at the destination. */
export type Direction = (typeof directions)[number];

/** One end of a connection, as policies see it. */
export type PolicyEndpoint =
  | { readonly kind: "pod"; readonly pod: PodObject }
  /** The host network of a node: its kubelet, its daemons, hostNetwork pods where the profile says so. */
  | { readonly kind: "node"; readonly node: NodeObject }
  /** Addresses outside the cluster; no policy of the model tells two of them apart. */
  | { readonly kind: "addresses"; readonly range: IpRange };

/** A policy that the engine evaluates. */
export type EvaluatedPolicy = NetworkPolicyObject | TieredPolicyObject;

/** A rule of a policy. */
export type RuleRef = {
  readonly policy: EvaluatedPolicy;
  readonly direction: Direction;
  /** 0-based position in the policy's list of that direction. */
  readonly index: number;
};

/** Why a connection is let through before any policy is asked. */
export type Exemption =
  /** The pod reaches its own address; a pod can't block itself. */
  | "self"
  /** The peer is the node the pod runs on. */
  | "own-node"
  /** The subject is on the host network, where policies do not apply (profile). */
  | "host-network"
  /** The subject is outside the cluster, or a node: it has no policies. */
  | "no-subject"
  /** The profile lets hairpin traffic pass. */
  | "hairpin";

/** What decided a part of the connections of one direction. Parts of one direction do not overlap, `passed` apart. */
export type Part =
  | { readonly by: "exemption"; readonly reason: Exemption; readonly connections: ConnectionSet }
  /** The first matching rule of an ordered tier. */
  | {
      readonly by: "tier";
      readonly tier: "admin" | "baseline";
      readonly action: TieredAction;
      readonly rule: RuleRef;
      readonly connections: ConnectionSet;
    }
  /** NetworkPolicies isolate the subject and these rules allow (every rule that allows is named, so they may overlap). */
  | {
      readonly by: "networkpolicy";
      readonly action: "accept";
      readonly rule: RuleRef;
      readonly connections: ConnectionSet;
    }
  /** NetworkPolicies isolate the subject and no rule allows. */
  | {
      readonly by: "networkpolicy";
      readonly action: "deny";
      readonly policies: readonly NetworkPolicyObject[];
      readonly connections: ConnectionSet;
    }
  /** Nothing decides: the system's default allows. */
  | { readonly by: "default"; readonly connections: ConnectionSet };

/** Why a part can't be told. */
export type Doubt =
  /** A policy of a kind that is not evaluated selects the subject. */
  | {
      readonly reason: "unmodelled-policy";
      readonly policy: UnmodelledPolicyObject;
      readonly connections: ConnectionSet;
    }
  /** The pod's address is not known, and a rule goes by address. */
  | {
      readonly reason: "unknown-address";
      readonly rule: RuleRef;
      readonly connections: ConnectionSet;
    }
  /** The rule goes by DNS name. */
  | { readonly reason: "domain-name"; readonly rule: RuleRef; readonly connections: ConnectionSet }
  /** Two rules of equal priority in a tier disagree; the API leaves the order undefined. */
  | {
      readonly reason: "equal-priority";
      readonly rule: RuleRef;
      readonly other: RuleRef;
      readonly connections: ConnectionSet;
    }
  /** The API does not define it (hairpin). */
  | {
      readonly reason: "undefined-by-api";
      readonly what: string;
      readonly connections: ConnectionSet;
    }
  /** The model lacks what it takes to tell (the node that a pod runs on). */
  | {
      readonly reason: "model-incomplete";
      readonly what: string;
      readonly connections: ConnectionSet;
    };

/** The decision of one direction. */
export type DirectionDecision = {
  readonly direction: Direction;
  /** Whether a NetworkPolicy isolates the subject in this direction. */
  readonly isolated: boolean;
  /** Every NetworkPolicy that isolates it, and every ordered policy that has it as subject with rules in this direction. */
  readonly policies: readonly EvaluatedPolicy[];
  readonly allowed: ConnectionSet;
  /** Connections whose verdict can't be told; `allowed` holds the best guess for them. */
  readonly undetermined: ConnectionSet;
  readonly parts: readonly Part[];
  readonly doubts: readonly Doubt[];
};

/** The decision of a pair: what both directions allow. */
export type PairDecision = {
  readonly source: PolicyEndpoint;
  readonly destination: PolicyEndpoint;
  readonly allowed: ConnectionSet;
  /** Undetermined in one direction and not denied for certain by the other. */
  readonly undetermined: ConnectionSet;
  readonly egress: DirectionDecision;
  readonly ingress: DirectionDecision;
};
