import { workloadText } from "../model/cluster-model.js";
import type { ClusterObject } from "../model/objects.js";
import type { LintContext } from "./lint-context.js";

/** A network plugin, or a policy engine beside one, that the model shows. */
export type NetworkPlugin = {
  readonly name: string;
  readonly enforces: boolean;
  /** Whether it knows endPort. */
  readonly portRanges: boolean;
  /** What shows it. */
  readonly object: ClusterObject;
};

type Mark = {
  readonly name: string;
  readonly workload: RegExp;
  readonly enforces: boolean;
  readonly portRanges: boolean;
};

// Names of the DaemonSets that the projects' own manifests and charts install.
const marks: readonly Mark[] = [
  { name: "Flannel", workload: /^kube-flannel(-ds.*)?$/, enforces: false, portRanges: true },
  { name: "Canal", workload: /^(rke2-)?canal$/, enforces: true, portRanges: true },
  { name: "Calico", workload: /^calico-node$/, enforces: true, portRanges: true },
  { name: "Cilium", workload: /^cilium$/, enforces: true, portRanges: true },
  { name: "Antrea", workload: /^antrea-agent$/, enforces: true, portRanges: true },
  { name: "kube-router", workload: /^kube-router$/, enforces: true, portRanges: true },
  { name: "OVN-Kubernetes", workload: /^ovnkube-node$/, enforces: true, portRanges: true },
  { name: "Weave Net", workload: /^weave-net$/, enforces: true, portRanges: false },
  {
    name: "kube-network-policies",
    workload: /^kube-network-policies$/,
    enforces: true,
    portRanges: true,
  },
  { name: "Azure NPM", workload: /^azure-npm$/, enforces: true, portRanges: true },
  { name: "AWS VPC CNI", workload: /^aws-node$/, enforces: true, portRanges: true },
  { name: "kindnet", workload: /^kindnet$/, enforces: true, portRanges: true },
];

/** Namespaces where network plugins live. */
const pluginNamespaces = [
  "kube-system",
  "kube-flannel",
  "calico-system",
  "cilium",
  "openshift-ovn-kubernetes",
];

const found = new WeakMap<LintContext, readonly NetworkPlugin[]>();

/** The network plugins that the model shows, by their DaemonSets or pods. */
export const networkPluginsOf = (context: LintContext): readonly NetworkPlugin[] => {
  const known = found.get(context) ?? pluginsIn(context);
  found.set(context, known);
  return known;
};

const pluginsIn = (context: LintContext): readonly NetworkPlugin[] => {
  const shown = new Map<string, { readonly name: string; readonly object: ClusterObject }>();
  for (const namespace of pluginNamespaces) {
    for (const workload of context.workloadsIn(namespace)) {
      if (workload.kind === "DaemonSet") {
        shown.set(workloadText(workload), { name: workload.name, object: workload });
      }
    }
    for (const pod of [...context.bystandersIn(namespace), ...context.endpointsIn(namespace)]) {
      const workload = context.model.workloadOf(pod);
      const text = workloadText(workload);
      if (workload.kind === "DaemonSet" && !shown.has(text)) {
        shown.set(text, { name: workload.name, object: pod });
      }
    }
  }
  return [...shown.values()].flatMap(({ name, object }) =>
    marks
      .filter(({ workload }) => workload.test(name))
      .map((mark) => ({
        name: mark.name,
        enforces: mark.enforces,
        portRanges: mark.portRanges,
        object,
      })),
  );
};
