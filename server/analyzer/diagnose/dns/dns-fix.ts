import { suggestFix } from "../../fix/suggest-fix.js";
import { QuestionError } from "../../question-error.js";
import { kubectl } from "../findings/shell-words.js";
import { podName } from "../pods/pod-subject.js";
import type { DnsSubject } from "./dns-subject.js";

/** The command that shows the policies of a namespace. */
export const showPolicies = (namespace: string): string =>
  kubectl(namespace, "get", "networkpolicies", "-o", "yaml");

/** What lets a pod ask the DNS servers, and how to take it back. */
export type DnsFix = {
  readonly patch: string;
  readonly steps: readonly string[];
  readonly rollback: string;
};

/** The smallest manifest that lets the pod ask the DNS Service, or an address. */
export const dnsFixOf = (
  { world, pod }: DnsSubject,
  destination: string,
  protocol: "UDP" | "TCP",
): DnsFix => {
  const none = { patch: "", steps: [showPolicies(pod.namespace)], rollback: "" };
  try {
    const answer = suggestFix(world, {
      source: podName(pod),
      destination,
      port: 53,
      protocol,
    });
    if (answer.outcome !== "manifest") return none;
    return {
      patch: answer.manifest,
      steps: answer.steps,
      rollback: answer.rollback,
    };
  } catch (error) {
    if (!(error instanceof QuestionError)) throw error;
    return none;
  }
};
