import { namespaceNameLabel } from "../model/cluster-model.js";
import type {
  NetworkPolicyObject,
  NetworkPolicyPeer,
  NetworkPolicyRule,
} from "../model/objects.js";
import type { PolicyWorld } from "../policy-world.js";
import type { DraftPeer } from "./fix-draft.js";
import { type Draft, type DraftRule, portRulesOf } from "./fix-drafts.js";
import { freeName } from "./policy-name.js";
import { selectorOfLabels } from "./stable-labels.js";

/** A draft as a NetworkPolicy with a name of its own; `taken` holds the names of the fix's other policies, "ns/name". */
export const networkPolicyOf = (
  { model }: Pick<PolicyWorld, "model">,
  draft: Draft,
  taken: ReadonlySet<string>,
): NetworkPolicyObject => {
  const { direction, subject, rules } = draft;
  const { namespace } = subject;
  const existing = new Set([...model.networkPoliciesIn(namespace)].map(({ name }) => name));
  const name = freeName(draft, (each) => existing.has(each) || taken.has(`${namespace}/${each}`));
  const own = rules.map((rule) => ruleOf(rule, namespace));
  return {
    kind: "NetworkPolicy",
    namespace,
    name,
    labels: {},
    annotations: {},
    podSelector: selectorOfLabels(subject.labels),
    isolates: [direction],
    policyTypesGiven: true,
    ingress: direction === "ingress" ? own : [],
    egress: direction === "egress" ? own : [],
  };
};

const ruleOf = ({ peers, connections }: DraftRule, namespace: string): NetworkPolicyRule => {
  const ports = portRulesOf(connections);
  return {
    peers: peers.map((peer) => peerOf(peer, namespace)),
    ...(ports === undefined ? {} : { ports }),
  };
};

const peerOf = (peer: DraftPeer, namespace: string): NetworkPolicyPeer => {
  if (peer.kind === "block") return { kind: "ipBlock", block: peer.block };
  return {
    kind: "pods",
    ...(peer.namespace === namespace
      ? {}
      : { namespaceSelector: selectorOfLabels({ [namespaceNameLabel]: peer.namespace }) }),
    podSelector: selectorOfLabels(peer.labels),
  };
};
