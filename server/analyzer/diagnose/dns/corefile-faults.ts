import {
  clusterCorefileOf,
  type KubernetesZones,
  kubernetesZonesOf,
} from "../../dns/cluster-domain.js";
import { clusterNetworkOf } from "../../dns/cluster-network.js";
import type { CorefileBlock } from "../../dns/corefile.js";
import type { ServiceRoute } from "../../service/service-route.js";
import { kubectl } from "../findings/shell-words.js";
import { isOutsideWay } from "../situation/service-ways.js";
import type { DnsFault, DnsRoutes, DnsSubject } from "./dns-subject.js";
import { clusterNames } from "./resolver-faults.js";
import { selectorWords } from "./server-faults.js";

/** What is wrong with the configuration of the DNS server. */
export const corefileFaults = (
  subject: DnsSubject,
  routes: DnsRoutes | undefined,
): readonly DnsFault[] => {
  const known = clusterCorefileOf(subject.world.model);
  if (known === undefined) return [];
  const { configMap, key, corefile } = known;
  const component = `ConfigMap ${configMap.namespace}/${configMap.name}`;
  const base = {
    effect: "blocks",
    component,
    origin: "cluster",
    steps: [kubectl(configMap.namespace, "get", "configmap", configMap.name, "-o", "yaml")],
    prevention: "Check a Corefile with a CoreDNS of its own before it is applied.",
  } as const;
  const seen = (data: Readonly<Record<string, string>>): DnsFault["observations"] => [
    {
      kind: "configmap",
      data: { configmap: `${configMap.namespace}/${configMap.name}`, key, ...data },
    },
  ];
  const place: Place = { base, seen };
  if (corefile.errors.length > 0) return [syntaxFault(place, corefile.errors, routes)];
  return [
    ...zoneFaults(subject, place, kubernetesZonesOf(corefile)),
    ...(corefile.isPartial ? [] : forwardFaults(subject, place, corefile.blocks)),
    ...loopFaults(place, corefile.blocks, routes),
  ];
};

type Place = {
  readonly base: Pick<DnsFault, "effect" | "component" | "origin" | "steps"> & {
    readonly prevention: string;
  };
  readonly seen: (data: Readonly<Record<string, string>>) => DnsFault["observations"];
};

const syntaxFault = (
  { base, seen }: Place,
  errors: readonly { readonly line: number; readonly message: string }[],
  routes: DnsRoutes | undefined,
): DnsFault => {
  const text = errors
    .slice(0, 3)
    .map(({ line, message }) => `line ${line}: ${message}`)
    .join("; ");
  // A running CoreDNS keeps the configuration it has when a new one can't be read.
  const runs = routes !== undefined && isAnswering(routes.udp);
  return {
    ...base,
    code: "COREFILE_SYNTAX",
    ...(runs ? { effect: "risk", severity: "high" } : {}),
    issue: `CoreDNS can't read its Corefile: ${text}`,
    solutions: [`Correct the Corefile (${text})`],
    summary: "Correct the Corefile",
    why: runs
      ? "The servers that run keep what they have read before; the next one that starts will fail."
      : "CoreDNS ends at once when it can't read its Corefile.",
    observations: seen({ errors: text }),
  };
};

/** Whether servers that were seen ready take queries. */
const isAnswering = ({ legs, endpoints }: ServiceRoute): boolean =>
  legs.some(
    ({ state, endpoint }) =>
      state === "used" &&
      (endpoints.from === "slices" ||
        (endpoint.holder.kind === "pod" && endpoint.holder.pod.phase === "Running")),
  );

const zoneFaults = (
  subject: DnsSubject,
  { base, seen }: Place,
  { zones, isOpen }: KubernetesZones,
): readonly DnsFault[] => {
  if (isOpen) return [];
  const hits = clusterNames(subject);
  if (zones.length === 0) {
    return [
      {
        ...base,
        code: "COREFILE_NO_KUBERNETES_ZONE",
        hits,
        issue: "The Corefile has no kubernetes plugin: no name of the cluster is answered",
        solutions: ["Add the kubernetes plugin with the cluster's domain to the Corefile"],
        summary: "Add the kubernetes plugin with the cluster's domain",
        why: "Names of Services and pods are answered by the kubernetes plugin only.",
        observations: seen({ zones: "" }),
      },
    ];
  }
  const wanted = searchedDomains(subject);
  const [other] = wanted;
  if (other === undefined || wanted.some((domain) => isServed(zones, domain))) return [];
  return [
    {
      ...base,
      code: "COREFILE_DOMAIN_MISMATCH",
      hits,
      issue: `The Corefile serves ${zones.join(", ")}, and pods search in ${other}`,
      solutions: [
        `Let the Corefile serve ${other}, or give the kubelets the domain ${zones[0] ?? ""}`,
      ],
      summary: "Use one domain in the Corefile and in the kubelets' configuration",
      why: "Short names are completed with the domain that the kubelet writes; the server answers for another.",
      observations: seen({ zones: zones.join(", "), pods_search: other }),
    },
  ];
};

/**
 * Domains in which the pod searches for Services: what the kubelet writes, else "x" of "shop.svc.x" in a search list of its
 * own. Those that a pod adds to the kubelet's are others' domains.
 */
const searchedDomains = ({ world, pod, resolver }: DnsSubject): readonly string[] => {
  const { domain } = clusterNetworkOf(world.model);
  if (resolver.from !== "own") return domain === undefined ? [] : [domain];
  return pod.dnsSearches.flatMap((search) => {
    const searched = /^(?:[^.]+\.)?svc\.(.+?)\.?$/.exec(search)?.[1];
    return searched === undefined ? [] : [searched.toLowerCase()];
  });
};

const isServed = (zones: readonly string[], domain: string): boolean =>
  zones.some((zone) => zone === "." || zone === domain || domain.endsWith(`.${zone}`));

const pluginsOf = (blocks: readonly CorefileBlock[], ...names: readonly string[]) =>
  blocks.flatMap(({ plugins }) => plugins).filter(({ name }) => names.includes(name));

const forwardFaults = (
  { hits, situation }: DnsSubject,
  { base, seen }: Place,
  blocks: readonly CorefileBlock[],
): readonly DnsFault[] => {
  if (!situation.ways.some((way) => hits(way) && isOutsideWay(way))) return [];
  const root = blocks.filter(({ zones }) => zones.includes("."));
  if (pluginsOf(root, "forward", "proxy", "grpc", "unbound", "fanout", "recursor").length > 0)
    return [];
  return [
    {
      ...base,
      code: "COREFILE_FORWARD_MISSING",
      hits: (way) => hits(way) && isOutsideWay(way),
      issue: "The Corefile forwards no outside names",
      solutions: ["Add forward . /etc/resolv.conf to the server block of the root zone"],
      summary: "Add the forward plugin to the server block of the root zone",
      why: "A name outside of the cluster's zone is asked of the servers that forward names.",
      observations: seen({ forward: "" }),
    },
  ];
};

/** Servers that crash and forward to their node's resolver: most often their own query comes back to them. */
const loopFaults = (
  { base, seen }: Place,
  blocks: readonly CorefileBlock[],
  routes: DnsRoutes | undefined,
): readonly DnsFault[] => {
  if (routes === undefined) return [];
  const crashing = routes.udp.endpoints.selected.some(({ containers }) =>
    containers.some(
      ({ waiting, lastTerminated }) =>
        waiting === "CrashLoopBackOff" && lastTerminated !== "OOMKilled",
    ),
  );
  const forwardsToNode = pluginsOf(blocks, "forward").some(({ args }) =>
    args.slice(1).includes("/etc/resolv.conf"),
  );
  if (!crashing || !forwardsToNode || pluginsOf(blocks, "loop").length === 0) return [];
  const answers = isAnswering(routes.udp);
  const { namespace, selector } = routes.udp.service;
  const words = selectorWords(selector);
  return [
    {
      ...base,
      code: "COREDNS_LOOP",
      effect: answers ? "risk" : "blocks",
      proof: "inferred",
      equivalentTo: ["COREDNS_NO_NAMESERVERS"],
      issue:
        "CoreDNS crashes and forwards to its node's resolver: most often its queries come back to it",
      solutions: [
        "Look for plugin/loop in the log of CoreDNS, and give the kubelet a resolvConf without 127.0.0.53 (/run/systemd/resolve/resolv.conf)",
      ],
      summary:
        "Give the kubelet a resolvConf that names the real servers, such as /run/systemd/resolve/resolv.conf",
      why: "Where the node's resolv.conf names a local stub, CoreDNS asks itself; its loop plugin ends it.",
      steps: [
        kubectl(namespace, "logs", ...words, "--tail", "50", "--previous", "--prefix"),
        ...base.steps,
      ],
      observations: seen({ forward: "/etc/resolv.conf", loop: "true" }),
    },
  ];
};
