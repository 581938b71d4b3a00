import type { NetworkPolicyObject, NetworkPolicyPeer, PodObject } from "../../model/objects.js";
import { nearestLabels } from "../../near-labels.js";
import { policyName } from "../../pair/views.js";
import type { Finding } from "../findings/finding.js";
import { listed } from "../findings/listed.js";
import { idlePoliciesMax } from "../limits.js";
import { endTitle } from "../situation/end-title.js";
import type { Situation } from "../situation/situation.js";
import { holdsWay } from "../situation/way.js";
import { enforcementHints } from "./enforcement-hints.js";
import { type HintTask, hintFinding, showPolicy } from "./hint-finding.js";
import { policyTitleOf } from "./policy-finding.js";

/** Rules for one pod and direction beyond which nobody oversees them. */
const rulesMax = 100;

/** What is odd or risky about the policies of a direction, whether they allow or deny. */
export const policyHints = (situation: Situation, task: HintTask): readonly Finding[] => {
  const isDenied = task.verdict === "denied";
  return [
    ...(isDenied ? idleHints(situation, task) : broadHints(situation, task)),
    ...(isDenied ? enforcementHints(situation, task) : []),
    ...dashHints(situation, task),
    ...countHints(situation, task),
  ];
};

/** Policies of the subject's namespace that select nobody: one of them may be the one that was to allow. */
const idleHints = ({ world }: Situation, task: HintTask): readonly Finding[] => {
  const { subject, direction } = task.connection;
  if (subject.kind !== "pod") return [];
  const idle = [...world.model.networkPoliciesIn(subject.pod.namespace)]
    .filter(({ isolates }) => isolates.includes(direction))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .slice(0, idlePoliciesMax)
    .filter((policy) => world.engine.podsSelectedBy(policy).length === 0);
  const near = idle.filter((policy) => slipOf(policy, subject.pod) !== "");
  const others = idle.filter((policy) => !near.includes(policy));
  return [
    ...near.map((policy) => typoHint(task, policy, subject.pod)),
    ...(others.length === 0 ? [] : [idleHint(task, others)]),
  ];
};

/** The labels that the policy's selector probably means, where it is a slip away from the pod's; else "". */
const slipOf = (policy: NetworkPolicyObject, pod: PodObject): string => {
  const near = nearestLabels(policy.podSelector, [pod.labels]);
  return near?.slip === true ? near.text : "";
};

const typoHint = (task: HintTask, policy: NetworkPolicyObject, pod: PodObject): Finding => {
  const text = slipOf(policy, pod);
  const title = policyTitleOf(policy);
  return hintFinding(task, {
    code: "NETPOL_SELECTOR_TYPO",
    component: title,
    issue: `${title} selects no pod; did you mean ${text}?`,
    solution: `Correct the podSelector of ${policyName(policy)} (${text})`,
    why: "A policy acts only on pods that carry every label of its podSelector.",
    step: showPolicy(policy),
    data: { policy: title, selector: policy.podSelector.key, did_you_mean: text },
  });
};

const idleHint = (task: HintTask, policies: readonly NetworkPolicyObject[]): Finding => {
  const names = policies.map(policyTitleOf);
  const [first] = policies as readonly [NetworkPolicyObject, ...NetworkPolicyObject[]];
  return hintFinding(task, {
    code: "NETPOL_SELECTS_NOTHING",
    component: listed(names),
    issue: `${listed(names)} ${names.length === 1 ? "selects" : "select"} no pod`,
    solution: "Correct the podSelector, or remove the policy if its pods are gone for good",
    why: "A policy that selects no pod has no effect; what it was to allow stays denied.",
    step: showPolicy(first),
    data: { policies: listed(names) },
  });
};

/** The rule that allows allows everyone and everything. */
const broadHints = (_: Situation, task: HintTask): readonly Finding[] =>
  task.decision.parts.flatMap((part) => {
    if (part.by !== "networkpolicy" || part.action !== "accept") return [];
    const { policy, direction, index } = part.rule;
    if (policy.kind !== "NetworkPolicy" || !holdsWay(part.connections, task.way)) return [];
    const rule = policy[direction][index];
    if (rule === undefined || rule.peers !== undefined || rule.ports !== undefined) return [];
    const title = policyTitleOf(policy);
    return [
      hintFinding(task, {
        code: "NETPOL_OVERBROAD",
        component: title,
        issue: `${title} ${direction} rule ${index + 1} allows everyone on every port`,
        solution: `Name the peers and ports that ${policyName(policy)} is to allow`,
        why: "A rule without peers and ports lets everything through, also from outside.",
        step: showPolicy(policy),
        data: { policy: title, rule: `${direction} rule ${index + 1}` },
      }),
    ];
  });

/** Rules in which two items of a list stand where one with both selectors may be meant. */
const dashHints = (_: Situation, task: HintTask): readonly Finding[] => {
  const { direction } = task.connection;
  return task.decision.policies.flatMap((policy) => {
    if (policy.kind !== "NetworkPolicy") return [];
    const index = policy[direction].findIndex(({ peers = [] }) => hasLoneSelectors(peers));
    if (index < 0) return [];
    const title = policyTitleOf(policy);
    return [
      hintFinding(task, {
        code: "NETPOL_AND_OR_CONFUSION",
        component: title,
        issue: `${title} ${direction} rule ${index + 1} has a namespaceSelector and a podSelector as two items: either is enough`,
        solution: "Write both selectors into one item (one dash) if both must hold",
        why: "Items of a list of peers are alternatives; selectors within one item must both match.",
        step: showPolicy(policy),
        data: { policy: title, rule: `${direction} rule ${index + 1}` },
      }),
    ];
  });
};

const hasLoneSelectors = (peers: readonly NetworkPolicyPeer[]): boolean => {
  const loneNamespace = peers.some(
    (peer) =>
      peer.kind === "pods" &&
      (peer.namespaceSelector?.requirements.length ?? 0) > 0 &&
      peer.podSelector === undefined,
  );
  const lonePod = peers.some(
    (peer) =>
      peer.kind === "pods" &&
      peer.namespaceSelector === undefined &&
      (peer.podSelector?.requirements.length ?? 0) > 0,
  );
  return loneNamespace && lonePod;
};

const countHints = (situation: Situation, task: HintTask): readonly Finding[] => {
  const { direction, subject } = task.connection;
  const { policies } = task.decision;
  const count = policies.reduce((sum, policy) => sum + policy[direction].length, 0);
  const [first] = policies;
  if (count <= rulesMax || first === undefined) return [];
  const title = endTitle(situation, subject);
  return [
    hintFinding(task, {
      code: "NETPOL_COMPLEXITY",
      component: title,
      issue: `${count} ${direction} rules of ${policies.length} policies apply to ${title}`,
      solution: "Put rules with equal peers or ports together",
      why: "Nobody oversees that many rules, and some plugins turn each into many entries.",
      step: showPolicy(first),
      data: { rules: String(count), policies: String(policies.length) },
    }),
  ];
};
