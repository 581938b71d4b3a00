import { groupBy } from "../../../../common/group-by.js";
import { usesClusterDns } from "../../dns/resolver.js";
import { workloadText } from "../../model/cluster-model.js";
import { selects } from "../../model/label-selector.js";
import type { PodObject } from "../../model/objects.js";
import type { DirectionDecision, EvaluatedPolicy } from "../../policy/decision.js";
import { containsConnection } from "../../sets/connections.js";
import { type DnsServer, dnsServersOf } from "../dns-servers.js";
import type { LintRule } from "../finding.js";
import { countText, namesText, objectText } from "../finding-text.js";
import type { LintContext } from "../lint-context.js";

/** What denies DNS to clients of a namespace. */
type Denial = {
  readonly server: DnsServer;
  readonly client: PodObject;
  readonly policy: EvaluatedPolicy;
};

/** A policy on the DNS pods is a policy on everyone's names. */
export const dnsPodsIsolated: LintRule = {
  id: "CW008",
  title: "dns-pods-isolated",
  severity: "high",
  summary: "A policy isolates the cluster's DNS pods for ingress and does not let clients in.",
  *run(context) {
    const { servers } = dnsServersOf(context);
    const clients = clientsOf(context);
    const denials = servers
      .filter(({ pod }) => isGuarded(context, pod))
      .flatMap((server) => clients.flatMap((client) => denialOf(context, client, server)));
    for (const [policy, members] of groupBy(denials, (denial) => denial.policy)) {
      const shut = [...new Set(members.map(({ client }) => client.namespace))].sort();
      const all = shut.length === clients.length;
      const server = members[0]?.server as DnsServer;
      const name = workloadText(context.model.workloadOf(server.pod));
      yield {
        severity: all ? "high" : "medium",
        message:
          `${objectText(policy)} keeps the pods of ${all && shut.length > 1 ? "all" : ""} ${countText(shut.length, "namespace")} (${namesText(shut)}) away from ${name} on UDP ${server.udpPort}: their names do not resolve.`.replace(
            / {2}/g,
            " ",
          ),
        fix: `Let all namespaces in (namespaceSelector: {}) on UDP ${server.udpPort} and TCP ${server.tcpPort}.`,
        object: policy,
        path: ["spec", "ingress"],
      };
    }
  },
};

/** Whether anything may restrict who comes in to a pod. */
const isGuarded = (context: LintContext, pod: PodObject): boolean =>
  context.tieredPolicies.length > 0 ||
  context
    .policiesIn(pod.namespace)
    .some(
      ({ isolates, podSelector }) =>
        isolates.includes("ingress") && selects(podSelector, pod.labels),
    );

/** One pod of every namespace that asks the cluster's DNS. */
const clientsOf = (context: LintContext): readonly PodObject[] => {
  const servers = new Set(dnsServersOf(context).servers.map(({ pod }) => pod));
  return context.namespaceNames.flatMap((name) => {
    const client = context
      .endpointsIn(name)
      .find((pod) => !servers.has(pod) && usesClusterDns(pod));
    return client === undefined ? [] : [client];
  });
};

const denialOf = (
  context: LintContext,
  client: PodObject,
  server: DnsServer,
): readonly Denial[] => {
  const ends = [
    { kind: "pod", pod: client },
    { kind: "pod", pod: server.pod },
  ] as const;
  const reach = context.world.engine.reach(...ends);
  if (containsConnection(reach.allowed, "UDP", server.udpPort)) return [];
  const { ingress } = context.world.engine.decide(...ends);
  if (containsConnection(ingress.allowed, "UDP", server.udpPort)) return [];
  if (containsConnection(ingress.undetermined, "UDP", server.udpPort)) return [];
  const policy = denierOf(ingress, server.udpPort);
  return policy === undefined ? [] : [{ server, client, policy }];
};

const denierOf = ({ parts }: DirectionDecision, port: number): EvaluatedPolicy | undefined => {
  const part = parts.find(
    (each) =>
      (each.by === "tier" || each.by === "networkpolicy") &&
      each.action === "deny" &&
      containsConnection(each.connections, "UDP", port),
  );
  if (part?.by === "tier") return part.rule.policy;
  return part?.by === "networkpolicy" && part.action === "deny" ? part.policies[0] : undefined;
};
