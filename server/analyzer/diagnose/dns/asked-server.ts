import type { DirectionDecision, EvaluatedPolicy, Part } from "../../policy/decision.js";
import type { ServiceRoute } from "../../service/service-route.js";
import { containsConnection } from "../../sets/connections.js";
import { parseIp } from "../../sets/ip.js";
import type { DnsSubject } from "./dns-subject.js";

/** A DNS server that a pod asks, with what policies of both ends say. */
export type AskedServer = {
  readonly egress: JudgedSide;
  readonly ingress: JudgedSide;
};

/** What the policies of one end say. */
export type JudgedSide = {
  readonly verdict: "allowed" | "denied" | "unknown";
  /** The policies that deny; none where they don't. */
  readonly denying: readonly EvaluatedPolicy[];
};

const allowedSide: JudgedSide = { verdict: "allowed", denying: [] };

type DnsProtocol = "UDP" | "TCP";

/** The servers behind the DNS Service that take the queries of a pod. */
export const askedServers = (
  { world, pod }: DnsSubject,
  { legs }: ServiceRoute,
  protocol: DnsProtocol,
): readonly AskedServer[] =>
  legs.flatMap(({ state, endpoint: { holder }, targetPort }): readonly AskedServer[] => {
    if (state !== "used" || holder.kind !== "pod" || targetPort === undefined) return [];
    const { egress, ingress } = world.engine.decide(
      { kind: "pod", pod },
      { kind: "pod", pod: holder.pod },
      { viaService: true },
    );
    return [
      {
        egress: sideOf(egress, protocol, targetPort),
        ingress: sideOf(ingress, protocol, targetPort),
      },
    ];
  });

/** The cache of the pod's own node, which listens on an address of its own. */
export const askedCache = (
  { world, pod }: DnsSubject,
  address: string,
  protocol: DnsProtocol,
): readonly AskedServer[] => {
  const { engine } = world;
  const ip = parseIp(address);
  if (ip === undefined || engine.profile.ownNodeAllowed.includes("egress")) {
    return [{ egress: allowedSide, ingress: allowedSide }];
  }
  const range = { family: ip.family, first: ip.value, last: ip.value };
  const { egress } = engine.decide({ kind: "pod", pod }, { kind: "addresses", range });
  return [{ egress: sideOf(egress, protocol, 53), ingress: allowedSide }];
};

const sideOf = (
  { allowed, undetermined, parts }: DirectionDecision,
  protocol: DnsProtocol,
  port: number,
): JudgedSide => {
  if (containsConnection(undetermined, protocol, port)) return { verdict: "unknown", denying: [] };
  if (containsConnection(allowed, protocol, port)) return allowedSide;
  const denying = parts.flatMap((part) => denyingIn(part, protocol, port));
  return { verdict: "denied", denying };
};

const denyingIn = (part: Part, protocol: DnsProtocol, port: number): readonly EvaluatedPolicy[] => {
  if (!containsConnection(part.connections, protocol, port)) return [];
  if (part.by === "networkpolicy" && part.action === "deny") return part.policies;
  return part.by === "tier" && part.action === "deny" ? [part.rule.policy] : [];
};
