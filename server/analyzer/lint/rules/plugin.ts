import type { LintRule } from "../finding.js";
import { countText } from "../finding-text.js";
import { networkPluginsOf } from "../network-plugin.js";

/** Without a network plugin that enforces policies they have no effect (documentation, Prerequisites). */
export const pluginEnforcesNothing: LintRule = {
  id: "CW026",
  title: "plugin-enforces-nothing",
  severity: "critical",
  summary: "There are policies, and the network plugin enforces none.",
  *run(context) {
    const plugins = networkPluginsOf(context);
    const [plugin] = plugins;
    const count = context.policies.length + context.tieredPolicies.length;
    if (plugin === undefined || count === 0 || plugins.some(({ enforces }) => enforces)) return;
    yield {
      message: `${plugin.name} does not enforce policies and the model shows nothing beside it that does: the ${countText(count, "policy")} of this model ${count === 1 ? "has" : "have"} no effect, every connection is allowed.`,
      fix: "Install a policy engine beside it (kube-network-policies, Calico as Canal), or use a plugin that enforces policies.",
      object: plugin.object,
    };
  },
};
