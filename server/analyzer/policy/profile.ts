import type { Direction } from "./decision.js";

/** Names of the profiles. */
export const profileNames = ["upstream", "calico", "cilium", "np-guard"] as const;

/** One of the profiles. */
export type ProfileName = (typeof profileNames)[number];

/**
 * The conventions in which implementations differ where the Kubernetes API leaves room. Everything else of the semantics
 * is the same in every profile. docs/policy-profiles.md says where each comes from.
 */
export type Profile = {
  readonly name: ProfileName;
  /**
   * Whether ipBlock (and an admin policy's `networks`) also matches addresses of pods. Upstream's conformance tests and
   * Calico: yes. Cilium goes by identity and np-guard takes such peers as outside the cluster: no.
   */
  readonly ipBlockMatchesPods: boolean;
  /** Whether ipBlock matches addresses of nodes (Cilium: not by default). */
  readonly ipBlockMatchesNodes: boolean;
  /** hostNetwork pods: "node" has no policy of its own and is seen as its node; "pod" treats it like any pod. */
  readonly hostNetworkPods: "node" | "pod";
  /**
   * Directions in which traffic between a pod and the node it runs on is always allowed. The API documentation has both;
   * implementations let kubelet probes in and judge what the pod sends to its node.
   */
  readonly ownNodeAllowed: readonly Direction[];
  /**
   * A pod that reaches itself through its own Service: the API does not say. "policy" judges it as any other connection,
   * "allowed" lets it pass, "undefined" answers that what policies deny cannot be told.
   */
  readonly hairpin: "policy" | "allowed" | "undefined";
  /** Whether pods that have ended are listed. Their addresses may be others' by now; np-guard does not look. */
  readonly listsEndedPods: boolean;
  /**
   * What an exposure lists. "complete": every workload that is open to something, and every pod that a tier shuts out of what
   * others may. "sparse" leaves out, as np-guard does, workloads that are open to addresses alone, and pods shut out that
   * the model has or where no other pod of the cluster gets in; it compares selectors by their text.
   */
  readonly exposure: "complete" | "sparse";
  /** IP families of the addresses outside the cluster. */
  readonly families: readonly (4 | 6)[];
};

/** The profiles by name. */
export const profiles: Readonly<Record<ProfileName, Profile>> = {
  upstream: {
    name: "upstream",
    ipBlockMatchesPods: true,
    ipBlockMatchesNodes: true,
    hostNetworkPods: "node",
    ownNodeAllowed: ["egress", "ingress"],
    hairpin: "undefined",
    listsEndedPods: false,
    exposure: "complete",
    families: [4, 6],
  },
  calico: {
    name: "calico",
    ipBlockMatchesPods: true,
    ipBlockMatchesNodes: true,
    hostNetworkPods: "node",
    ownNodeAllowed: ["ingress"],
    hairpin: "policy",
    listsEndedPods: false,
    exposure: "complete",
    families: [4, 6],
  },
  cilium: {
    name: "cilium",
    ipBlockMatchesPods: false,
    ipBlockMatchesNodes: false,
    hostNetworkPods: "node",
    ownNodeAllowed: ["ingress"],
    hairpin: "allowed",
    listsEndedPods: false,
    exposure: "complete",
    families: [4, 6],
  },
  "np-guard": {
    name: "np-guard",
    ipBlockMatchesPods: false,
    ipBlockMatchesNodes: false,
    hostNetworkPods: "pod",
    ownNodeAllowed: [],
    hairpin: "policy",
    listsEndedPods: true,
    exposure: "sparse",
    families: [4],
  },
};

/** The profile used when none is asked for. */
export const profileDefault: ProfileName = "upstream";
