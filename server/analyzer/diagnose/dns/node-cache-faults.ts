import { isNodeCacheAddress } from "../../dns/cluster-dns.js";
import { downAmong } from "../pods/down-among.js";
import { describePod, podLogs } from "../pods/pod-commands.js";
import { podName } from "../pods/pod-subject.js";
import type { DnsFault, DnsSubject } from "./dns-subject.js";

/** The address of the node's cache, where the pod asks that first. */
export const askedCacheOf = ({ dns, resolver }: DnsSubject): string | undefined => {
  const [first] = resolver.from === "own" ? resolver.nameServers : dns.nameServers;
  return first !== undefined && isNodeCacheAddress(first) ? first : undefined;
};

/** The cache of the pod's node, where pods ask it. */
export const nodeCacheFaults = (subject: DnsSubject): readonly DnsFault[] => {
  const { dns, pod } = subject;
  if (pod.nodeName === undefined) return [];
  const down = downAmong(dns.nodeCaches.filter(({ nodeName }) => nodeName === pod.nodeName));
  if (down === undefined) return [];
  const isAsked = askedCacheOf(subject) !== undefined;
  return [
    {
      origin: "cluster",
      code: "NODELOCAL_DNS_DOWN",
      effect: isAsked ? "blocks" : "risk",
      ...(isAsked ? {} : { severity: "medium" }),
      component: `Pod ${podName(down)}`,
      issue: `The DNS cache of node ${down.nodeName ?? ""} is not ready: ${podName(down)}`,
      solutions: [`Find out why ${podName(down)} is not ready: run ${describePod(down)}`],
      summary: `Bring ${podName(down)} back`,
      why: isAsked
        ? "Pods of the node ask the cache's own address; without the cache nobody answers there."
        : "Pods of the node ask the DNS Service past the cache while that is down.",
      steps: [describePod(down), podLogs(down), "kubectl get daemonsets -A"],
      observations: [
        { kind: "pod", data: { pod: podName(down), node: down.nodeName ?? "", ready: "False" } },
      ],
    },
  ];
};
