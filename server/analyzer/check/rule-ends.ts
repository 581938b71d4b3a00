import { memo } from "../../../common/memo.js";
import type { ClusterModel } from "../model/cluster-model.js";
import { selects } from "../model/label-selector.js";
import type { PodObject } from "../model/objects.js";
import type { PolicyWorld } from "../policy-world.js";
import { resolveName } from "../resolve/resolve-name.js";
import type { IpRange } from "../sets/ip.js";
import type { RuleEnd } from "./check-rule.js";

/** What one side of a rule stands for. */
export type RuleSide =
  /** Live pods. */
  | { readonly kind: "pods"; readonly pods: readonly PodObject[]; readonly nothing: string }
  /** Addresses outside. */
  | { readonly kind: "addresses"; readonly ranges: readonly IpRange[]; readonly text: string }
  /** A Service, a node or a DNS name: which ends it has depends on the question. */
  | { readonly kind: "name"; readonly text: string };

/** Resolves a side. Throws QuestionError for a name that the model lacks. */
export const ruleSide = (world: PolicyWorld, end: RuleEnd): RuleSide =>
  end.kind === "pods"
    ? {
        kind: "pods",
        pods: selectedPods(world, end),
        nothing: `there are no live ${end.text.replace(/^all /, "")}`,
      }
    : namedSide(world, end.text);

const namedSide = (world: PolicyWorld, text: string): RuleSide => {
  const name = resolveName(world, text);
  switch (name.kind) {
    case "pod":
    case "workload":
      return {
        kind: "pods",
        pods: name.endpoints.flatMap((end) => (end.kind === "pod" ? [end.pod] : [])),
        nothing: name.reason,
      };
    case "addresses":
      return {
        kind: "addresses",
        ranges: name.endpoints.flatMap((end) => (end.kind === "addresses" ? [end.range] : [])),
        text,
      };
    case "service":
    case "node":
    case "dns":
      return { kind: "name", text };
  }
};

const selectedPods = (
  { engine, model }: PolicyWorld,
  { namespaces, pods }: Extract<RuleEnd, { readonly kind: "pods" }>,
): readonly PodObject[] => {
  const isSelected = createSelected(model, namespaces);
  return engine
    .units()
    .flatMap((unit) => unit.pods)
    .filter((pod) => isSelected(pod) && selects(pods, pod.labels));
};

const createSelected = (
  model: ClusterModel,
  namespaces: Extract<RuleEnd, { readonly kind: "pods" }>["namespaces"],
): ((pod: PodObject) => boolean) => {
  const known = new Map<string, boolean>();
  return ({ namespace }) =>
    memo(known, namespace, () => selects(namespaces, model.namespace(namespace).labels));
};
