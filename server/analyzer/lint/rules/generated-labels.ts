import type { LabelSelector } from "../../model/label-selector.js";
import type { ClusterObject, NetworkPolicyPeer } from "../../model/objects.js";
import type { LintRule, ObjectPath, Severity } from "../finding.js";
import { podsPeerFrom } from "../finding-text.js";
import type { LintContext } from "../lint-context.js";
import { peerSites, tieredPeerSites } from "../policy-rules.js";

/** Labels that controllers and charts set, with what changes them. */
const generated: ReadonlyMap<string, { readonly when: string; readonly severity: Severity }> =
  new Map([
    ["pod-template-hash", { when: "with every change of the Deployment", severity: "high" }],
    ["pod-template-generation", { when: "with every change of the DaemonSet", severity: "high" }],
    ["controller-revision-hash", { when: "with every change of the workload", severity: "high" }],
    ["controller-uid", { when: "with every run of the Job", severity: "high" }],
    ["batch.kubernetes.io/controller-uid", { when: "with every run of the Job", severity: "high" }],
    ["helm.sh/chart", { when: "with every version of the chart", severity: "medium" }],
    [
      "app.kubernetes.io/version",
      { when: "with every version of the application", severity: "medium" },
    ],
  ]);

/** Such a label selects the pods of today and not those of the next rollout. */
export const generatedLabel: LintRule = {
  id: "CW047",
  title: "generated-label",
  severity: "high",
  summary: "A selector goes by a label that changes with the next rollout.",
  *run(context) {
    for (const { selector, object, path } of selectorsOf(context)) {
      for (const { key, operator } of selector.requirements) {
        const label = generated.get(key);
        if (label === undefined || operator === "Exists" || operator === "DoesNotExist") continue;
        yield {
          severity: label.severity,
          message: `The selector goes by ${key}, which changes ${label.when}: then it selects nothing any more.`,
          fix: "Select by labels that stay, such as app.kubernetes.io/name and app.kubernetes.io/component.",
          object,
          path,
        };
      }
    }
  },
};

type PlacedSelector = {
  readonly selector: LabelSelector;
  readonly object: ClusterObject;
  readonly path: ObjectPath;
};

const selectorsOf = function* (context: LintContext): Iterable<PlacedSelector> {
  for (const policy of context.policies) {
    yield { selector: policy.podSelector, object: policy, path: ["spec", "podSelector"] };
  }
  for (const policy of context.tieredPolicies) {
    if (policy.subject.kind !== "pods") continue;
    yield { selector: policy.subject.podSelector, object: policy, path: ["spec", "subject"] };
  }
  for (const { policy, peer, peerPath } of peerSites(context)) {
    yield* selectorOfPeer(peer, policy, peerPath);
  }
  for (const { policy, peer, peerPath } of tieredPeerSites(context)) {
    yield* selectorOfPeer(podsPeerFrom(peer), policy, peerPath);
  }
};

const selectorOfPeer = (
  peer: NetworkPolicyPeer | undefined,
  object: ClusterObject,
  path: ObjectPath,
): readonly PlacedSelector[] =>
  peer?.kind === "pods" && peer.podSelector !== undefined
    ? [{ selector: peer.podSelector, object, path }]
    : [];
