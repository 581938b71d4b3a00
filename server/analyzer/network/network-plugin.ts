import type { ClusterModel } from "../model/cluster-model.js";
import type { Labels } from "../model/label-selector.js";
import type { PodObject, WorkloadObject } from "../model/objects.js";
import { type PluginMark, pluginMarks } from "./plugin-marks.js";
import { pluginModeOf } from "./plugin-mode.js";

/** What the model shows of the network plugin, and of policy engines beside it. */
export type NetworkPlugin = {
  /** "flannel", "flannel, kube-router"; "" when nothing shows it. */
  readonly name: string;
  /** How it carries packets: vxlan, host-gw, ipip, native …; "" when nothing says so. */
  readonly mode: string;
  /** Undefined: can't be told, or depends on a setting that objects don't show. */
  readonly enforcesPolicy: boolean | undefined;
  /** What showed it; undefined when nothing did. */
  readonly observation:
    | { readonly kind: "network-plugin"; readonly data: Readonly<Record<string, string>> }
    | undefined;
  /** Its own pods, which wire the pods of their nodes. */
  readonly agents: readonly PodObject[];
};

type Shown = { readonly mark: PluginMark; readonly by: string };

type Known = { readonly revision: number; readonly plugin: NetworkPlugin };

// One answer a model; the whole model is looked through, so not for every question again.
const known = new WeakMap<ClusterModel, Known>();

/**
 * The network plugin, found by its DaemonSets, their pods and labels in any namespace, its ConfigMaps and the annotations
 * that it puts on nodes.
 */
export const networkPluginOf = (model: ClusterModel): NetworkPlugin => {
  const before = known.get(model);
  if (before?.revision === model.revision) return before.plugin;
  const plugin = findPlugin(model);
  known.set(model, { revision: model.revision, plugin });
  return plugin;
};

const findPlugin = (model: ClusterModel): NetworkPlugin => {
  const agents: PodObject[] = [];
  const shown: Shown[] = [...byWorkloads(model), ...byPods(model, agents), ...byConfigMaps(model)];
  if (shown.length === 0) shown.push(...byNodes(model));
  const marks = pluginMarks.filter((mark) => shown.some((each) => each.mark === mark));
  const [first] = marks;
  if (first === undefined) {
    return { name: "", mode: "", enforcesPolicy: undefined, observation: undefined, agents };
  }
  const names = marks.map(({ name }) => name);
  const by = shown.find(({ mark }) => mark === first)?.by ?? "";
  const mode = pluginModeOf(model, names);
  return {
    name: names.join(", "),
    mode: mode.text,
    enforcesPolicy: enforcementOf(model, marks),
    observation: {
      kind: "network-plugin",
      data: {
        name: names.join(", "),
        shown_by: by,
        ...(mode.by === "" ? {} : { mode_by: mode.by }),
      },
    },
    agents: agents.sort((one, other) => (one.name < other.name ? -1 : 1)),
  };
};

/** One engine that enforces is enough; one that may or may not leaves it open. */
const enforcementOf = (model: ClusterModel, marks: readonly PluginMark[]): boolean | undefined => {
  const answers = marks.map((mark) => mark.enforces(model));
  if (answers.includes(true)) return true;
  return answers.includes(undefined) ? undefined : false;
};

const byWorkloads = (model: ClusterModel): readonly Shown[] =>
  [...model.workloads()]
    .filter(({ kind }) => kind === "DaemonSet")
    .flatMap((workload: WorkloadObject) =>
      pluginMarks
        .filter((mark) => isMarked(mark, workload.name, workload.template.labels))
        .map((mark) => ({ mark, by: `DaemonSet ${workload.namespace}/${workload.name}` })),
    );

const byPods = (model: ClusterModel, agents: PodObject[]): readonly Shown[] => {
  const shown: Shown[] = [];
  for (const pod of model.pods) {
    if (pod.owner?.kind !== "DaemonSet") continue;
    const { owner } = pod;
    const marks = pluginMarks.filter((mark) => isMarked(mark, owner.name, pod.labels));
    if (marks.length > 0) agents.push(pod);
    shown.push(...marks.map((mark) => ({ mark, by: `DaemonSet ${pod.namespace}/${owner.name}` })));
  }
  return shown.sort((one, other) => (one.by < other.by ? -1 : 1));
};

const isMarked = (mark: PluginMark, name: string, labels: Labels): boolean =>
  mark.daemonSet.test(name) ||
  mark.labels.some(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);

const byConfigMaps = (model: ClusterModel): readonly Shown[] =>
  pluginMarks.flatMap((mark) =>
    mark.configMaps
      .filter(({ namespace, name }) => model.configMap(namespace, name) !== undefined)
      .map(({ namespace, name }) => ({ mark, by: `ConfigMap ${namespace}/${name}` })),
  );

const byNodes = (model: ClusterModel): readonly Shown[] => {
  const nodes = [...model.nodes].sort((one, other) => (one.name < other.name ? -1 : 1));
  return nodes.flatMap(({ name, annotations }) =>
    pluginMarks
      .filter(({ nodeAnnotation }) =>
        Object.keys(annotations).some((key) => nodeAnnotation?.test(key) === true),
      )
      .map((mark) => ({ mark, by: `annotations of node ${name}` })),
  );
};
