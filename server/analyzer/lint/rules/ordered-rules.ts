import { everything } from "../../model/label-selector.js";
import type { TieredAction, TieredPolicyObject } from "../../model/objects.js";
import { actionOf, closureOf } from "../../policy/closed-rule.js";
import type { LintRule } from "../finding.js";
import { objectText } from "../finding-text.js";
import type { LintContext } from "../lint-context.js";
import { policyProblems } from "../policy-problems.js";
import { type TieredRuleSite, tieredRuleSites } from "../policy-rules.js";
import { coversRule, coversScope, type PodScope, shapeOfTieredRule } from "../rule-cover.js";
import { stoppedFinding } from "../stopped-finding.js";

/** The subject of an ordered policy as a scope. */
const subjectScope = ({ subject }: TieredPolicyObject): PodScope =>
  subject.kind === "namespaces"
    ? { namespaces: subject.selector, pods: everything }
    : { namespaces: subject.namespaceSelector, pods: subject.podSelector };

/** "rule deny-all (#2)", or "rule #2". */
const nameText = ({ rule, index }: TieredRuleSite): string =>
  rule.name === "" ? `rule #${index + 1}` : `rule ${rule.name} (#${index + 1})`;

/** The first matching rule of a tier decides, and what the Admin tier decides never gets to the Baseline tier. */
export const orderedRuleUnreachable: LintRule = {
  id: "CW037",
  title: "ordered-rule-unreachable",
  severity: "high",
  summary:
    "A rule of a cluster-wide policy is never reached: a rule before it takes all of its connections.",
  *run(context) {
    const earlier: TieredRuleSite[] = [];
    let pairs = 0;
    for (const site of tieredRuleSites(context)) {
      pairs += earlier.length;
      if (pairs > context.bounds.orderedPairsMax) {
        yield stoppedFinding("unreachable rules", context.bounds.orderedPairsMax);
        return;
      }
      const cover = earlier.find((other) => takesAll(context, other, site));
      earlier.push(site);
      if (cover === undefined) continue;
      const same = actionOf(cover.rule) === actionOf(site.rule);
      const where =
        cover.policy === site.policy
          ? nameText(cover)
          : `${nameText(cover)} of ${objectText(cover.policy)}`;
      yield {
        severity: same ? "low" : "high",
        message: `The ${site.direction} ${nameText(site)} (${site.rule.action}) is never reached: ${where} comes first and ${verbs[actionOf(cover.rule)]} all of its connections.`,
        fix: same ? "Remove it." : "Move it before the other rule, or narrow that one.",
        object: site.policy,
        path: site.path,
      };
    }
  },
};

const verbs: Readonly<Record<TieredAction, string>> = {
  accept: "accepts",
  deny: "denies",
  pass: "passes on",
};

const takesAll = (context: LintContext, first: TieredRuleSite, later: TieredRuleSite): boolean => {
  if (first.direction !== later.direction || !goesFirst(first, later)) return false;
  return (
    coversScope(context, subjectScope(first.policy), subjectScope(later.policy)) &&
    coversRule(context, shapeOfTieredRule(first.rule), shapeOfTieredRule(later.rule))
  );
};

/** Whether a connection that the first rule matches surely never gets to the later one. */
const goesFirst = (first: TieredRuleSite, later: TieredRuleSite): boolean => {
  if (first.policy === later.policy) return true;
  if (first.policy.tier !== later.policy.tier) return actionOf(first.rule) !== "pass";
  return first.policy.priority < later.policy.priority;
};

/** In the last tier there is nothing left to pass to but the default, which allows. */
export const baselinePass: LintRule = {
  id: "CW039",
  title: "baseline-pass",
  severity: "low",
  summary:
    "A rule of the Baseline tier passes connections on, which allows them: no tier comes after it.",
  *run(context) {
    for (const site of tieredRuleSites(context)) {
      if (site.policy.tier !== "baseline" || site.rule.action !== "pass") continue;
      yield {
        message: `The ${site.direction} ${nameText(site)} passes in the Baseline tier. No tier comes after it, so the connections are allowed, and later Baseline rules do not see them.`,
        fix: "Write Accept if that is meant, or remove the rule so that later rules decide.",
        object: site.policy,
        path: [...site.path, "action"],
      };
    }
  },
};

/** What a peer means that this version does not know depends on the action, so that nothing opens by mistake. */
export const unknownPeer: LintRule = {
  id: "CW041",
  title: "unknown-peer",
  severity: "medium",
  summary: "A peer of a cluster-wide policy has no field that is known: its rule fails closed.",
  *run(context) {
    for (const site of tieredRuleSites(context)) {
      for (const [index, peer] of site.rule.peers.entries()) {
        if (peer.kind !== "unknown") continue;
        const accepts = closureOf(site.rule) === "accepts-nothing";
        const fields = peer.fields.length === 0 ? "no field" : `only ${peer.fields.join(", ")}`;
        yield {
          severity: accepts ? "medium" : "high",
          message: `The peer of the ${site.direction} ${nameText(site)} has ${fields}, which this version does not know: the whole rule ${accepts ? "accepts nothing" : "denies the connections of everyone"}.`,
          fix: "Use namespaces, pods, networks, nodes or domainNames; a newer field needs a newer version.",
          object: site.policy,
          path: [...site.path, site.listKey, index],
        };
      }
    }
  },
};

/** AdminNetworkPolicy and BaselineAdminNetworkPolicy have become ClusterNetworkPolicy (network-policy-api v0.2). */
export const deprecatedApi: LintRule = {
  id: "CW044",
  title: "deprecated-api",
  severity: "low",
  summary: "A policy is of a kind or form that the API has replaced.",
  *run(context) {
    for (const policy of context.tieredPolicies) {
      if (policy.kind === "ClusterNetworkPolicy") continue;
      const tier = policy.tier === "admin" ? "Admin" : "Baseline";
      yield {
        message: `${policy.kind} v1alpha1 is replaced by ClusterNetworkPolicy v1alpha2, and network plugins are dropping it.`,
        fix: `Write it as policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy with tier: ${tier}, Accept for Allow, and protocols for ports.`,
        object: policy,
        path: ["apiVersion"],
      };
    }
    for (const { message, object, file, line } of policyProblems(context, "deprecated")) {
      yield {
        message: `This policy is of an old form: ${message}.`,
        fix: "Write the form that the message names.",
        subject: object,
        location: { file, line },
      };
    }
  },
};
