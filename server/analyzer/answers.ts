/**
 * What the analyzer answers, as plain data: the shapes of PolicyService's and AnalysisService's messages, so that the
 * server, the command line and an offline run show the same. Words of enumerations are strings; an absent field was not
 * applicable or not known.
 */

/** A set of connections: its text and its parts. */
export type ConnectionsView = {
  /** "All Connections", "No Connections", "TCP 80,443,UDP 53". */
  readonly text: string;
  readonly all: boolean;
  readonly protocols: readonly {
    readonly protocol: string;
    readonly ports: readonly { readonly first: number; readonly last: number }[];
  }[];
};

/** One end of a connection. */
export type EndpointView = {
  /** As interfaces name it: "ns/pod", "ns/name[Kind]", "svc/ns/name", "node/name", "dns/name", an address or a range. */
  readonly name: string;
  /** pod, workload, service, node, dns, addresses. */
  readonly kind: string;
  readonly namespace: string;
  /** "ns/name[Kind]" of a pod; "" otherwise. */
  readonly workload: string;
  readonly node: string;
  readonly ips: readonly string[];
  readonly hostNetwork: boolean;
};

/** Where something stands in the manifests; "" and 0 when it came from the API server. */
export type LocationView = { readonly file: string; readonly line: number };

/** A policy. */
export type PolicyView = {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** admin, networkpolicy, baseline; "unmodelled" for kinds that are not evaluated. */
  readonly tier: string;
  readonly location: LocationView;
};

/** A rule of a policy. */
export type RuleView = {
  readonly policy: PolicyView;
  /** ingress or egress. */
  readonly direction: string;
  /** 1-based, as people count. */
  readonly number: number;
  /** Name of an admin rule; "" otherwise. */
  readonly name: string;
  readonly location: LocationView;
};

/** What decided a part of one direction. */
export type PartView = {
  /** exemption, admin, networkpolicy, baseline, default. */
  readonly by: string;
  /** accept, deny, pass. */
  readonly action: string;
  readonly connections: ConnectionsView;
  readonly rule?: RuleView;
  /** The policies that isolate, for a denial by NetworkPolicies. */
  readonly policies: readonly PolicyView[];
  /** Of an exemption: self, own-node, host-network, no-subject, hairpin. */
  readonly reason: string;
};

/** Why a policy or rule does not let the connection through; the nearest miss comes first. */
export type MissView = {
  /**
   * no-rules, peer-mismatch, port-mismatch, protocol-mismatch, named-port-unresolved, subject-mismatch (the policy would
   * allow it and does not select the end by a slip), tier-denies, overridden.
   */
  readonly kind: string;
  readonly policy: PolicyView;
  readonly rule?: RuleView;
  /** What is not met: "namespace team=a", "pod app=web" in kubectl's spelling, or the address blocks of the rule. */
  readonly unmet: readonly string[];
  /** One sentence. */
  readonly text: string;
  /** "did you mean app=web?", or "". */
  readonly hint: string;
};

/** One direction of a path. */
export type DirectionView = {
  readonly direction: string;
  readonly isolated: boolean;
  readonly policies: readonly PolicyView[];
  readonly allowed: ConnectionsView;
  readonly undetermined: ConnectionsView;
  readonly parts: readonly PartView[];
  /** Only when an explanation was asked for. */
  readonly misses: readonly MissView[];
  /** "[NP] denied (default/deny-all)". */
  readonly walkthrough: string;
};

/** Why something can't be told. */
export type DoubtView = {
  /** unmodelled-policy, unknown-address, domain-name, equal-priority, undefined-by-api, model-incomplete. */
  readonly reason: string;
  readonly text: string;
  readonly connections: ConnectionsView;
};

/** One concrete way: a pod (or address range, or node) to another, after Service translation. */
export type PathView = {
  readonly source: EndpointView;
  readonly destination: EndpointView;
  /** allowed, denied, partial, unknown: of the asked port and protocol, or of all connections. */
  readonly verdict: string;
  readonly connections: ConnectionsView;
  readonly undetermined: ConnectionsView;
  readonly egress: DirectionView;
  readonly ingress: DirectionView;
  readonly doubts: readonly DoubtView[];
  /** The Service port and the port it stands for on the destination; 0 without a Service. */
  readonly servicePort: number;
  readonly targetPort: number;
  readonly protocol: string;
  /** Whether the endpoint takes part in the Service now. */
  readonly ready: boolean;
  /** "[CNP admin] Pass (a) -> [NP] denied (default/deny-all)". */
  readonly walkthrough: string;
};

/** Whether A may reach B. */
export type PairAnswer = {
  readonly source: EndpointView;
  readonly destination: EndpointView;
  /** The asked port, 0 for all. */
  readonly port: number;
  /** The asked protocol, "" for all. */
  readonly protocol: string;
  /**
   * allowed: every path; denied: none; partial: some connections or some paths; unknown: can't be told.
   */
  readonly verdict: string;
  /** What every path allows. */
  readonly connections: ConnectionsView;
  readonly undetermined: ConnectionsView;
  readonly walkthrough: string;
  readonly paths: readonly PathView[];
  readonly warnings: readonly string[];
  readonly profile: string;
  readonly model: ModelView;
};

/** What the answer was computed from. */
export type ModelView = {
  /** manifests, cluster. */
  readonly source: string;
  readonly namespaces: number;
  readonly pods: number;
  readonly policies: number;
  readonly services: number;
  /** Documents that could not be read, unknown kinds, invalid objects. */
  readonly problems: readonly ProblemView[];
  /** Seconds since the model was last brought up to date; 0 for manifests read now. */
  readonly ageS: number;
};

/** Something in the input that could not be used as it stands. */
export type ProblemView = {
  /** error (the object is left out), warning (it is used, with a caveat), info. */
  readonly severity: string;
  /** unreadable, too-large, unknown-kind, invalid, duplicate, unsupported, deprecated. */
  readonly code: string;
  readonly message: string;
  readonly file: string;
  /** 1-based, 0 when not known. */
  readonly line: number;
  readonly column: number;
  /** "NetworkPolicy default/web", or "". */
  readonly object: string;
};

/** One line of the list of connections. */
export type ConnectionRowView = {
  /** "ns/name[Kind]", or "0.0.0.0-9.255.255.255[External]". */
  readonly source: string;
  readonly destination: string;
  readonly connections: string;
  /** Connections that can't be told, and the policies or rules that make it so; "" and empty when all is certain. */
  readonly undetermined: string;
  readonly because: readonly string[];
};

/** A changed line of a semantic difference. */
export type DiffRowView = {
  /** added, removed, changed. */
  readonly change: string;
  readonly source: string;
  readonly destination: string;
  readonly before: string;
  readonly after: string;
  /** "workload ns/a[Deployment] added", or "". */
  readonly info: string;
};

/** What differs between two models, in connections. */
export type DiffAnswer = {
  /**
   * At most one a pair of workloads, and one a workload, direction and cut of addresses. There is no bound of its own, since a
   * difference that is cut off would be taken for all of it: a server answers in a worker whose memory is bounded
   * (policyHeapMibMax), and hands rows out by pages.
   */
  readonly rows: readonly DiffRowView[];
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly profile: string;
  readonly before: ModelView;
  readonly after: ModelView;
};

/** A lint finding. */
export type FindingView = {
  /** Stable, such as CW001; docs/lint/CW001.md is its page. */
  readonly rule: string;
  /** Its short name: "policy-selects-nothing". */
  readonly title: string;
  /** critical, high, medium, low, info. */
  readonly severity: string;
  readonly message: string;
  /** What to do. */
  readonly fix: string;
  /** "NetworkPolicy default/web". */
  readonly object: string;
  readonly location: LocationView;
  /** Where it was suppressed and why; "" when it was not. */
  readonly suppressed: string;
};

/** Lint of a model. */
export type LintAnswer = {
  readonly findings: readonly FindingView[];
  readonly suppressed: number;
  readonly profile: string;
  readonly model: ModelView;
};

/** The smallest change that lets a connection through. */
export type FixAnswer = {
  readonly source: EndpointView;
  readonly destination: EndpointView;
  readonly port: number;
  readonly protocol: string;
  /**
   * none-needed: it is permitted already; manifest: apply `manifest`; refused: no additive change helps, `reason` says why.
   */
  readonly outcome: string;
  readonly reason: string;
  /** YAML to apply; "" unless outcome is manifest. */
  readonly manifest: string;
  /** The commands a person runs: save, apply, verify. */
  readonly steps: readonly string[];
  /** The command that takes it back; "" unless outcome is manifest. */
  readonly rollback: string;
  /** The verdict with the manifest applied: the proof. */
  readonly after?: PairAnswer;
  /** Everything else that the manifest would change. */
  readonly blastRadius: readonly DiffRowView[];
  readonly profile: string;
  readonly model: ModelView;
};

/** What a workload is exposed to beyond the workloads of the model. */
export type ExposureRowView = {
  readonly workload: string;
  readonly direction: string;
  /** "entire-cluster", "0.0.0.0-255.255.255.255[External]", "ns/[pod with {app=x}]". */
  readonly peer: string;
  readonly connections: string;
};

/** Exposure of a model. */
export type ExposureAnswer = {
  readonly rows: readonly ExposureRowView[];
  /** Workloads that no policy protects in a direction. */
  readonly unprotected: readonly { readonly workload: string; readonly direction: string }[];
  readonly profile: string;
  readonly model: ModelView;
};

/** A checked assertion of a rules file. */
export type CheckResultView = {
  /** permit or forbid. */
  readonly kind: string;
  /** 1-based in its list. */
  readonly number: number;
  readonly from: string;
  readonly to: string;
  readonly ports: readonly string[];
  /** passed, failed, unknown, vacuous (a selector matches nothing: counts as failed). */
  readonly outcome: string;
  readonly message: string;
  /** Pairs that break it, with what they allow. */
  readonly violations: readonly ConnectionRowView[];
  /** Line in the rules file. */
  readonly line: number;
};

/** All assertions of a rules file. */
export type CheckAnswer = {
  readonly results: readonly CheckResultView[];
  readonly passed: number;
  readonly failed: number;
  readonly unknown: number;
  readonly profile: string;
  readonly model: ModelView;
};

/** A graph of connections between groups of workloads. */
export type GraphView = {
  readonly clusters: readonly { readonly id: string; readonly label: string }[];
  readonly nodes: readonly {
    readonly id: string;
    readonly label: string;
    readonly cluster: string;
    /** Workloads the node stands for. */
    readonly members: readonly string[];
    /** workloads, external; hub: whatever leads to it may reach whatever it leads to, by its label. */
    readonly kind: string;
  }[];
  readonly edges: readonly {
    readonly source: string;
    readonly target: string;
    readonly label: string;
    /** Whether it goes both ways with this label. */
    readonly both: boolean;
  }[];
};

/**
 * Why A can't reach B, the static part (diagnosis, output version 1.0). The first six fields are those of the oldest
 * clients, byte by byte.
 */
export type DiagnosisAnswer = {
  readonly podA: string;
  readonly podB: string;
  /** connected, degraded, disconnected, unknown. */
  readonly status: string;
  /** Probability, 0 to 1, that the status is what a connection attempt would show. */
  readonly confidence: number;
  readonly issues: readonly string[];
  readonly solutions: readonly string[];
  readonly schemaVersion: string;
  readonly analysisId: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly request: {
    readonly protocol: string;
    readonly port?: number;
    readonly accessModes: readonly string[];
    readonly direction: string;
    readonly compat?: string;
  };
  readonly endpoints: {
    readonly a?: DiagnosisEndpoint;
    readonly b?: DiagnosisEndpoint;
    readonly sameNode: boolean;
    readonly cni: {
      readonly name: string;
      readonly mode: string;
      readonly enforcesPolicy?: boolean;
    };
  };
  readonly verdicts: readonly {
    /** podIP, serviceIP, name. */
    readonly mode: string;
    readonly static: {
      /** allow, deny, broken, unknown. */
      readonly verdict: string;
      readonly by: string;
      readonly rule: string;
      readonly why: string;
    };
    readonly live: { readonly verdict: string; readonly why: string };
    /** agree, disagree, static-only. */
    readonly agreement: string;
    readonly status: string;
    readonly confidence: number;
  }[];
  readonly policy: {
    readonly aEgressIsolated: boolean;
    readonly bIngressIsolated: boolean;
    readonly policiesSelecting: readonly {
      readonly ref: string;
      readonly direction: string;
      readonly allows: boolean;
      readonly created?: string;
    }[];
    readonly walkthrough: string;
  };
  readonly causes: readonly CauseView[];
  readonly latent: readonly CauseView[];
  readonly ruledOut: readonly { readonly code: string; readonly because: string }[];
  readonly unexplainedProbes: readonly string[];
  readonly path: readonly {
    readonly hop: number;
    readonly at: string;
    readonly check: string;
    readonly result: string;
    readonly evidence: string;
  }[];
  readonly probes: readonly never[];
  readonly evidence: readonly {
    readonly id: string;
    readonly kind: string;
    readonly host: string;
    readonly data: Readonly<Record<string, string>>;
    readonly at: string;
  }[];
  readonly limits: readonly {
    readonly what: string;
    readonly why: string;
    readonly effect: string;
  }[];
  readonly nextActions: readonly { readonly action: string; readonly why: string }[];
};

/** A diagnosis with what it was computed from. */
export type DiagnosisReport = DiagnosisAnswer & {
  readonly profile: string;
  readonly model: ModelView;
};

/** An end of a diagnosis. */
export type DiagnosisEndpoint = {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly ip: string;
  readonly node: string;
  readonly hostNetwork: boolean;
  readonly ready?: boolean;
};

/** A cause, or a latent risk. */
export type CauseView = {
  /** A code of the catalogue: NETPOL_INGRESS_DENIED. */
  readonly code: string;
  readonly layer: string;
  /** source, destination, path, cluster. */
  readonly origin: string;
  readonly severity: string;
  readonly probability: number;
  /** direct (an object says so) or inferred. */
  readonly proof: string;
  readonly blocks: boolean;
  readonly component: string;
  readonly equivalentTo: readonly string[];
  readonly explains: readonly string[];
  readonly evidence: readonly string[];
  readonly remediation?: {
    readonly summary: string;
    readonly why: string;
    readonly steps: readonly string[];
    readonly patch: string;
    readonly verify: string;
    /** none, low, disruptive. */
    readonly risk: string;
    readonly rollback: string;
    readonly prevention: string;
  };
};
