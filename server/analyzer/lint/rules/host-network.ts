import { isFinished } from "../../model/cluster-model.js";
import { selects } from "../../model/label-selector.js";
import type { LintRule } from "../finding.js";
import { namesText } from "../finding-text.js";

/** Most plugins see pods of the host network as their node; the API leaves it to them. */
export const hostNetworkPodSelected: LintRule = {
  id: "CW027",
  title: "host-network-pod-selected",
  severity: "medium",
  summary: "A policy selects pods on the host network, where it has no effect.",
  *run(context) {
    for (const policy of context.policies) {
      const pods = context
        .bystandersIn(policy.namespace)
        .filter((pod) => !isFinished(pod) && selects(policy.podSelector, pod.labels));
      if (pods.length === 0) continue;
      const names = context.workloadsOf(pods);
      yield {
        // A policy that also has pods of its own is not in vain, and one for all pods may well skip some.
        severity: context.subjectsOf(policy).length === 0 ? "medium" : "info",
        message: `${namesText(names)} ${names.length === 1 ? "is" : "are"} on the host network: network plugins do not apply the policy there, since such a pod has its node's address.`,
        fix: "Protect such ports on the node (host firewall, the plugin's host policies), or take the pods off the host network.",
        object: policy,
        path: ["spec", "podSelector"],
      };
    }
  },
};
