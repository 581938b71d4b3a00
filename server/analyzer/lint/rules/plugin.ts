import type { ClusterObject } from "../../model/objects.js";
import { networkPluginOf } from "../../network/network-plugin.js";
import type { LintRule } from "../finding.js";
import { countText, objectText } from "../finding-text.js";
import type { LintContext } from "../lint-context.js";

/** Without a network plugin that enforces policies they have no effect (documentation, Prerequisites). */
export const pluginEnforcesNothing: LintRule = {
  id: "CW026",
  title: "plugin-enforces-nothing",
  severity: "critical",
  summary: "There are policies, and the network plugin enforces none.",
  *run(context) {
    const { name, enforcesPolicy, observation } = networkPluginOf(context.model);
    const count = context.policies.length + context.tieredPolicies.length;
    if (enforcesPolicy !== false || count === 0) return;
    const shownBy = observation?.data["shown_by"] ?? "";
    const object = objectOf(context, shownBy);
    yield {
      message: `The network plugin (${name}) does not enforce policies, and the model shows nothing beside it that does: the ${countText(count, "policy")} of this model ${count === 1 ? "has" : "have"} no effect, every connection is allowed.`,
      fix: "Install a policy engine beside it (kube-network-policies, Calico as Canal), or use a plugin that enforces policies.",
      subject: shownBy,
      ...(object === undefined ? {} : { object }),
    };
  },
};

/** The object that shows the plugin, for its place; a DaemonSet that the model lacks is shown by its pods. */
const objectOf = ({ model }: LintContext, name: string): ClusterObject | undefined => {
  for (const workload of model.workloads()) if (objectText(workload) === name) return workload;
  return networkPluginOf(model).agents[0];
};
