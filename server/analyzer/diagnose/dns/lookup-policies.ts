import { policyName } from "../../pair/views.js";
import type { ServiceRoute } from "../../service/service-route.js";
import { listed } from "../findings/listed.js";
import { execIn } from "../pods/pod-commands.js";
import { podName } from "../pods/pod-subject.js";
import { policyTitleOf } from "../policies/policy-finding.js";
import { type AskedServer, askedCache, askedServers, type JudgedSide } from "./asked-server.js";
import { dnsFixOf, showPolicies } from "./dns-fix.js";
import type { DnsFault, DnsRoutes, DnsSubject } from "./dns-subject.js";

/** What policies do to the queries of a pod. */
export const lookupPolicyFaults = (
  subject: DnsSubject,
  { udp, tcp }: DnsRoutes,
): readonly DnsFault[] => {
  const byUdp = askedServers(subject, udp, "UDP");
  const byTcp = askedServers(subject, tcp, "TCP");
  if (byUdp.length === 0) return [];
  const { namespace, name } = udp.service;
  const target: EgressTarget = {
    name: `svc/${namespace}/${name}`,
    text: `the pods of ${namespace}/${name}`,
    dns: policyName(udp.service),
    port: "the DNS pods' own port",
  };
  return [
    ...egressFaults(subject, target, { byUdp, byTcp }),
    ...ingressFaults(subject, udp, byUdp),
    ...doubtFaults(subject, byUdp),
  ];
};

/** What policies do to the queries of a pod that asks the cache of its node. */
export const cachePolicyFaults = (subject: DnsSubject, address: string): readonly DnsFault[] =>
  egressFaults(
    subject,
    {
      name: address,
      text: `the DNS cache of its node, ${address},`,
      dns: address,
      port: "port 53 of the address that the pods ask",
    },
    {
      byUdp: askedCache(subject, address, "UDP"),
      byTcp: askedCache(subject, address, "TCP"),
    },
  );

/** Whom queries go to: as questions name it, in words, as evidence has it, and the port to allow. */
type EgressTarget = {
  readonly name: string;
  readonly text: string;
  readonly dns: string;
  readonly port: string;
};

const deniedIn = (
  asked: readonly AskedServer[],
  side: "egress" | "ingress",
): readonly JudgedSide[] =>
  asked.map((each) => each[side]).filter(({ verdict }) => verdict === "denied");

const namesOf = (denied: readonly JudgedSide[]): string =>
  listed([...new Set(denied.flatMap(({ denying }) => denying.map(policyTitleOf)))].sort());

/** What the denial of some servers of all does: "from 1 of 2 DNS servers: some look-ups fail". */
const consequenceOf = (
  denied: readonly JudgedSide[],
  asked: readonly AskedServer[],
  ofAll: string,
  ofSome: string,
): string =>
  denied.length === asked.length
    ? `${ofAll}: no name resolves`
    : `${ofSome} ${denied.length} of ${asked.length} DNS servers: some look-ups fail`;

const egressFaults = (
  subject: DnsSubject,
  target: EgressTarget,
  {
    byUdp,
    byTcp,
  }: {
    readonly byUdp: readonly AskedServer[];
    readonly byTcp: readonly AskedServer[];
  },
): readonly DnsFault[] => {
  const { pod } = subject;
  const denied = deniedIn(byUdp, "egress");
  const deniedTcp = deniedIn(byTcp, "egress");
  const isOnlyTcp = denied.length === 0 && deniedTcp.length > 0;
  if (denied.length === 0 && !isOnlyTcp) return [];
  const names = namesOf(isOnlyTcp ? deniedTcp : denied);
  const fix = dnsFixOf(subject, target.name, isOnlyTcp ? "TCP" : "UDP");
  const what = `Allow egress from ${podName(pod)} to ${target.text} on port 53 over UDP and TCP`;
  const common = {
    component: names,
    origin: "source",
    solutions: [
      fix.patch === "" ? `${what}: run ${showPolicies(pod.namespace)}` : `${what} (patch attached)`,
    ],
    summary: what,
    steps: fix.steps,
    patch: fix.patch,
    risk: fix.patch === "" ? "none" : "low",
    rollback: fix.rollback,
    observations: [
      {
        kind: "policy",
        data: {
          policies: names,
          direction: "egress",
          subject: podName(pod),
          dns: target.dns,
        },
      },
    ],
    prevention: `Allow DNS with every policy that isolates for egress: both protocols, to ${target.port}.`,
  } as const;
  return isOnlyTcp
    ? [
        {
          ...common,
          code: "NETPOL_DNS_TCP_ONLY_MISSING",
          effect: "risk",
          issue: `${names} let ${podName(pod)} ask DNS over UDP only: answers that don't fit into a datagram fail`,
          why: "Resolvers turn to TCP when an answer was cut short.",
        },
      ]
    : [
        {
          ...common,
          code: "NETPOL_DNS_EGRESS_BLOCKED",
          effect: denied.length === byUdp.length ? "blocks" : "impairs",
          issue: `${names} ${names.includes(",") ? "keep" : "keeps"} ${podName(pod)} ${consequenceOf(denied, byUdp, "from the cluster's DNS", "from")}`,
          why: "Policies that isolate a pod for egress also stop its DNS queries unless a rule allows them.",
        },
      ];
};

const ingressFaults = (
  { pod }: DnsSubject,
  { service }: ServiceRoute,
  byUdp: readonly AskedServer[],
): readonly DnsFault[] => {
  const denied = deniedIn(byUdp, "ingress");
  if (denied.length === 0) return [];
  const names = namesOf(denied);
  return [
    {
      code: "NETPOL_DNS_INGRESS_BLOCKED",
      effect: denied.length === byUdp.length ? "blocks" : "impairs",
      component: names,
      origin: "cluster",
      issue: `${names} of the DNS servers ${names.includes(",") ? "keep" : "keeps"} ${podName(pod)} ${consequenceOf(denied, byUdp, "out", "out of")}`,
      solutions: [
        `Allow ingress from all namespaces to the pods of ${service.namespace}/${service.name} on port 53 over UDP and TCP: run ${showPolicies(service.namespace)}`,
      ],
      summary: "Allow ingress from all namespaces to the DNS pods on port 53 over UDP and TCP",
      why: "A policy that isolates the DNS servers must let every pod of the cluster ask them.",
      steps: [showPolicies(service.namespace)],
      observations: [
        {
          kind: "policy",
          data: { policies: names, direction: "ingress", subject: policyName(service) },
        },
      ],
      prevention:
        "Test policies of system namespaces with causeway policy whatif before they are applied.",
    },
  ];
};

const doubtFaults = ({ pod }: DnsSubject, byUdp: readonly AskedServer[]): readonly DnsFault[] => {
  const open = byUdp.filter(
    ({ egress, ingress }) =>
      (egress.verdict === "unknown" || ingress.verdict === "unknown") &&
      egress.verdict !== "denied" &&
      ingress.verdict !== "denied",
  );
  if (open.length < byUdp.length) return [];
  return [
    {
      code: "POLICY_UNDETERMINED",
      effect: "unknown",
      component: "cluster DNS",
      origin: "source",
      issue: `Whether policies let ${podName(pod)} ask the cluster's DNS can't be told`,
      solutions: [
        `Look a name up in the pod: run ${execIn(pod, "nslookup", "kubernetes.default")}`,
      ],
      summary: "Look a name up in the pod",
      why: "A policy that is not evaluated, or that goes by what objects don't show, selects an end.",
      steps: [execIn(pod, "nslookup", "kubernetes.default")],
      observations: [{ kind: "doubt", data: { subject: podName(pod) } }],
    },
  ];
};
