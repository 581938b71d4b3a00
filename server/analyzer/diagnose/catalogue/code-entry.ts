/** critical, high, medium, low, info. */
export type Severity = "critical" | "high" | "medium" | "low" | "info";

/** Which part of the cluster a cause lies in. */
export type Layer =
  | "workload"
  | "node"
  | "cni"
  | "policy"
  | "service"
  | "kube-proxy"
  | "dns"
  /** What was read of the cluster, not the cluster. */
  | "model";

/** What is known of a code before any object is looked at. */
export type CodeEntry = {
  readonly layer: Layer;
  readonly severity: Severity;
  /**
   * Probability that a connection fails where the objects show this, 0 to 1; 0 for what stops nothing. Why each is what it
   * is stands in docs/diagnosis.md.
   */
  readonly certainty: number;
  /** One line: what it means. */
  readonly meaning: string;
};
