import { isNodeCacheAddress } from "../../dns/cluster-dns.js";
import type { ServiceObject } from "../../model/objects.js";
import type { ServiceIssue, ServiceRoute } from "../../service/service-route.js";
import { serviceIssueText, serviceTitle } from "../../service/service-text.js";
import type { Observation } from "../findings/finding.js";
import { kubectl } from "../findings/shell-words.js";
import { podName } from "../pods/pod-subject.js";
import { describeService, listSlices } from "../services/service-commands.js";
import { hasUnseenPods } from "../services/unseen-pods.js";
import type { DnsFault, DnsRoutes, DnsSubject } from "./dns-subject.js";
import { nodeCacheFaults } from "./node-cache-faults.js";

/** What is wrong with the servers that a pod asks. */
export const serverFaults = (
  subject: DnsSubject,
  routes: DnsRoutes | undefined,
): readonly DnsFault[] => [
  ...(routes === undefined
    ? missingService(subject)
    : [...portFaults(routes), ...endpointFaults(subject, routes), ...redundancyFaults(routes)]),
  ...nodeCacheFaults(subject),
];

/** What the first clients were told. */
const notRunning = "CoreDNS is not running properly";

const checkPods = ({ namespace }: { readonly namespace: string }): string =>
  `Check CoreDNS pods in ${namespace} namespace`;

const base = { component: "", origin: "cluster", effect: "blocks" } as const;

const missingService = ({ dns }: DnsSubject): readonly DnsFault[] => {
  if (!dns.isSystemKnown) return [];
  const asked = dns.nameServers.filter((address) => !isNodeCacheAddress(address));
  const what =
    asked.length === 0
      ? "The cluster has no DNS Service"
      : `No Service has the address that pods send DNS queries to (${asked.join(", ")})`;
  return [
    {
      ...base,
      code: "DNS_SERVICE_MISSING",
      component: "cluster DNS",
      ...(asked.length === 0 ? { proof: "inferred" as const, certainty: 0.7 } : {}),
      issue: what,
      solutions: [
        "Create the DNS Service again with the address that the kubelets give to pods: run kubectl -n kube-system get services -o wide",
      ],
      summary:
        "Create the DNS Service again, with the address that the kubelets give to pods (clusterDNS)",
      why: "Pods send their queries to a fixed address; without a Service that has it nobody answers.",
      steps: [
        "kubectl -n kube-system get services -o wide",
        "kubectl -n kube-system get configmap kubelet-config -o yaml",
      ],
      observations: [
        { kind: "services", data: { name_servers: asked.join(", "), dns_service: "" } },
      ],
      prevention: "Keep the DNS Service with the cluster's other manifests.",
    },
  ];
};

const routeSeen = (route: ServiceRoute): Observation => ({
  kind: "service",
  data: {
    service: `${route.service.namespace}/${route.service.name}`,
    endpoints: String(route.endpoints.endpoints.length),
    used: String(usedIn(route).length),
    from: route.endpoints.from,
  },
});

const usedIn = ({ legs }: ServiceRoute) => legs.filter(({ state }) => state === "used");

const portFaults = ({ udp, tcp }: DnsRoutes): readonly DnsFault[] => {
  const lacking = [
    ...(udp.ports.length === 0 ? ["UDP"] : []),
    ...(tcp.ports.length === 0 ? ["TCP"] : []),
  ];
  if (lacking.length === 0) return [];
  const { service } = udp;
  const title = serviceTitle(service);
  return [
    {
      ...base,
      code: "DNS_SERVICE_PORT_MISSING",
      component: title,
      ...(lacking.includes("UDP") ? {} : { effect: "risk", severity: "medium" }),
      issue: `${title} lacks port 53 of ${lacking.join(" and ")}`,
      solutions: [
        `Add port 53 of ${lacking.join(" and ")} to the Service: run ${describeService(service)}`,
      ],
      summary: `Add port 53 of ${lacking.join(" and ")} to ${title}`,
      why: "Resolvers ask over UDP first, and over TCP when an answer does not fit.",
      steps: [describeService(service)],
      observations: [routeSeen(udp)],
    },
  ];
};

type Broken = Extract<
  ServiceIssue,
  {
    readonly kind:
      | "no-endpoints"
      | "no-selector"
      | "no-ready-endpoints"
      | "port-unresolved"
      | "stale-endpoints";
  }
>;

const isBroken = (issue: ServiceIssue): issue is Broken =>
  issue.kind === "no-endpoints" ||
  issue.kind === "no-selector" ||
  issue.kind === "no-ready-endpoints" ||
  issue.kind === "port-unresolved" ||
  issue.kind === "stale-endpoints";

const endpointFaults = ({ world }: DnsSubject, { udp }: DnsRoutes): readonly DnsFault[] => {
  if (udp.ports.length === 0 || usedIn(udp).length > 0 || hasUnseenPods(world, udp)) return [];
  const issue = udp.issues.find(isBroken);
  if (issue === undefined) return [];
  const { service } = udp;
  const isDown = issue.kind === "no-ready-endpoints" || hasSelected(issue);
  return [
    {
      ...base,
      code: isDown ? "DNS_PODS_DOWN" : "DNS_NO_ENDPOINTS",
      component: serviceTitle(service),
      issue: notRunning,
      solutions: [checkPods(service), ...logsOf(service).map((step) => `Run ${step}`)],
      summary: isDown
        ? "Bring the DNS server's pods back: their state, events and logs say what is wrong"
        : "Scale the DNS server's Deployment up, or correct the selector of its Service",
      why: `${serviceIssueText(udp, issue)}. Without a DNS server no name of a Service resolves; addresses work all the same.`,
      steps: [
        kubectl(service.namespace, "get", "pods", ...selectorWords(service.selector), "-o", "wide"),
        ...logsOf(service),
        listSlices(service),
      ],
      observations: [
        routeSeen(udp),
        { kind: "endpoints", data: { issue: serviceIssueText(udp, issue) } },
      ],
      prevention:
        "Run two DNS servers or more on different nodes, and alert when one is not ready.",
    },
  ];
};

const hasSelected = (issue: Broken): boolean =>
  issue.kind === "no-endpoints" && issue.selected.length > 0;

/** The words by which kubectl selects the pods of a Service; none where it has no selector. */
export const selectorWords = (
  selector: Readonly<Record<string, string>> = {},
): readonly string[] => {
  const text = Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(",");
  return text === "" ? [] : ["-l", text];
};

/** The command that shows the logs of the servers; none where the Service selects no pods, for logs need some. */
const logsOf = ({ namespace, selector }: ServiceObject): readonly string[] => {
  const words = selectorWords(selector);
  return words.length === 0
    ? []
    : [kubectl(namespace, "logs", ...words, "--tail", "100", "--prefix")];
};

const redundancyFaults = ({ udp }: DnsRoutes): readonly DnsFault[] => {
  const used = usedIn(udp);
  const pods = used.flatMap(({ endpoint: { holder } }) =>
    holder.kind === "pod" && holder.pod.phase !== "" ? [holder.pod] : [],
  );
  const nodes = new Set(pods.map(({ nodeName }) => nodeName));
  const [first] = pods;
  if (first === undefined || (pods.length > 1 && nodes.size > 1)) return [];
  const { service, endpoints } = udp;
  const isOne = pods.length === 1;
  return [
    {
      ...base,
      effect: "risk",
      code: "DNS_REDUNDANCY_LOST",
      component: serviceTitle(service),
      issue: isOne
        ? `One DNS server of ${endpoints.endpoints.length} is ready: ${podName(first)}`
        : `All ${pods.length} DNS servers are on node ${first.nodeName ?? ""}`,
      solutions: [
        `Run DNS servers on two nodes or more: run ${kubectl(service.namespace, "get", "pods", ...selectorWords(service.selector), "-o", "wide")}`,
      ],
      summary: "Run two DNS servers or more, on different nodes",
      why: "When the last one fails, or its node, no name resolves.",
      steps: [
        kubectl(service.namespace, "get", "pods", ...selectorWords(service.selector), "-o", "wide"),
      ],
      observations: [routeSeen(udp)],
      prevention: "Give the DNS server two replicas with anti-affinity.",
    },
  ];
};
