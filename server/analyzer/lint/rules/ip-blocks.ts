import { workloadText } from "../../model/cluster-model.js";
import type { IpBlock } from "../../model/objects.js";
import { type AddressBook, addressBookOf, holdsPodRange } from "../address-book.js";
import type { Finding, LintRule } from "../finding.js";
import { countText } from "../finding-text.js";
import { blockSites, isWholeFamily, setOfBlock } from "../ip-blocks.js";
import type { LintContext } from "../lint-context.js";

/** ipBlock is meant for addresses outside the cluster; whether it also matches pods depends on the network plugin. */
export const ipBlockHoldsPods: LintRule = {
  id: "CW020",
  title: "ip-block-holds-pods",
  severity: "low",
  summary: "A block of addresses holds addresses of pods.",
  *run(context) {
    const book = addressBookOf(context);
    for (const { block, policy, path } of blockSites(context)) {
      if (isWholeFamily(block)) continue;
      const finding = podsFinding(context, book, block);
      if (finding !== undefined) yield { object: policy, path, ...finding };
    }
  },
};

const podsFinding = (
  context: LintContext,
  book: AddressBook,
  block: IpBlock,
): Finding | undefined => {
  const set = setOfBlock(block);
  const pod = book.pods.firstIn(set);
  const { name, ipBlockMatchesPods } = context.world.engine.profile;
  const fix = "Select the pods by labels; keep ipBlock for addresses outside the cluster.";
  if (pod === undefined) {
    if (!holdsPodRange(book, set)) return undefined;
    return {
      message: `${block.text} holds addresses that nodes give to pods: some network plugins match pods by ipBlock, others do not.`,
      fix,
    };
  }
  const workload = workloadText(context.model.workloadOf(pod));
  if (block.range.first === block.range.last) {
    return {
      severity: "medium",
      message: `${block.text} is the address of a pod of ${workload}: it changes when the pod is made anew${ipBlockMatchesPods ? "" : `, and ${name} does not match pods by address`}.`,
      fix,
    };
  }
  const held = `${block.text} holds the addresses of ${countText(book.pods.countIn(set), "pod")} (${workload} for one)`;
  return ipBlockMatchesPods
    ? {
        message: `${held}: they are matched under profile ${name}, and not by plugins that go by identity, such as Cilium.`,
        fix,
      }
    : {
        severity: "medium",
        message: `${held}, but ${name} does not match pods by address: the rule is not for them.`,
        fix,
      };
};

/** A connection to a Service goes on to a pod before policies are asked: they never see the ClusterIP. */
export const ipBlockHoldsService: LintRule = {
  id: "CW021",
  title: "ip-block-holds-service",
  severity: "high",
  summary: "A block of addresses is that of a Service, which policies never see.",
  *run(context) {
    const book = addressBookOf(context);
    for (const { block, policy, path } of blockSites(context)) {
      if (isWholeFamily(block)) continue;
      const finding = serviceFinding(book, block);
      if (finding !== undefined) yield { object: policy, path, ...finding };
    }
  },
};

const serviceFinding = (book: AddressBook, block: IpBlock): Finding | undefined => {
  const set = setOfBlock(block);
  const service = book.services.firstIn(set);
  if (service === undefined) return undefined;
  // A wide block that also holds pods or nodes is about those.
  if (book.pods.countIn(set) + book.nodes.countIn(set) > 0 || holdsPodRange(book, set)) {
    return undefined;
  }
  const name = `${service.namespace}/${service.name}`;
  const single = block.range.first === block.range.last;
  return {
    severity: single ? "high" : "medium",
    message: single
      ? `${block.text} is the ClusterIP of Service ${name}. Policies are asked after the Service is translated to a pod, so this matches nothing.`
      : `${block.text} holds ClusterIPs of Services (${name} for one) and no address of a pod or node. Policies are asked after Services are translated, so it matches none of them.`,
    fix: "Select the pods behind the Service by labels, on the port that they listen on; for a Service without pods allow the addresses of its endpoints.",
  };
};
