import type { Edit, Mutant } from "./mutant.js";

// Faults in how NetworkPolicies are read and judged, numbered as in the list of faults that implementations have.

const reading = "server/kube/objects/network-policy.ts";
const selector = "server/analyzer/model/label-selector.ts";
const compiling = "server/analyzer/policy/compiled-policy.ts";
const book = "server/analyzer/policy/policy-book.ts";
const deciding = "server/analyzer/policy/decide-pair.ts";
const index = "server/analyzer/policy/policy-index.ts";

const fault = (id: string, text: string, ...edits: readonly Edit[]): Mutant => ({
  id,
  fault: text,
  suite: "documentation",
  edits,
});

const edit = (file: string, find: string, replace: string): Edit => ({ file, find, replace });

const podPeer = `      matchers.push({
        kind: "pods",
        namespace: peer.namespaceSelector ?? namespace,`;

/** Faults of ports. */
const ofPorts: readonly Mutant[] = [
  fault(
    "1",
    "a rule without protocol matches any protocol",
    edit(
      reading,
      'return [{ kind: "numbers", protocol, first, last }];',
      `const any = entry.field("protocol").present ? [protocol] : transportProtocols;
  return any.map((each) => ({ kind: "numbers" as const, protocol: each, first, last }));`,
    ),
  ),
  fault(
    "2",
    "endPort ignored",
    edit(reading, "endPort.present ? portNumber(endPort) : first", "first"),
  ),
  fault(
    "3",
    "a named port ignores its protocol",
    edit(
      "server/analyzer/policy/rule-connections.ts",
      "if (port.name !== name || (protocol !== undefined && port.protocol !== protocol)) continue;",
      "if (port.name !== name) continue;",
    ),
  ),
  fault(
    "4",
    "a named port is resolved on the source pod",
    edit(
      deciding,
      'direction === "egress" ? peer : subject;',
      'direction === "egress" ? subject : peer;',
    ),
    edit(
      "server/analyzer/policy/subject-groups.ts",
      'group.direction === "egress" ? peer : group.subject',
      'group.direction === "egress" ? group.subject : peer',
    ),
  ),
  fault(
    "5",
    "an unresolvable named port allows all ports",
    edit(
      "server/analyzer/policy/rule-connections.ts",
      "  return connections;\n};\n\n/** The connections that a rule names",
      "  return connections === noConnections ? allConnections : connections;\n};\n\n/** The connections that a rule names",
    ),
  ),
  fault(
    "35",
    "a port entry with a protocol only matches all protocols",
    edit(
      reading,
      'return [{ kind: "numbers", protocol, first: 1, last: 65_535 }];',
      `return transportProtocols.map((each) => ({
      kind: "numbers" as const,
      protocol: each,
      first: 1,
      last: 65_535,
    }));`,
    ),
  ),
  fault(
    "36",
    "NetworkPolicy never allows SCTP",
    edit(
      "server/analyzer/policy/evaluate-rules.ts",
      "return { certain, possible };",
      `const sctp = table.intern({ SCTP: [1, 65_535], TCP: [], UDP: [] });
  return { certain: table.subtract(certain, sctp), possible: table.subtract(possible, sctp) };`,
    ),
  ),
];

/** Faults of isolation and of what policies there are. */
const ofIsolation: readonly Mutant[] = [
  fault(
    "6",
    "policyTypes defaults to both",
    edit(
      reading,
      'egress.length > 0 ? ["ingress", "egress"] : ["ingress"]',
      '["ingress", "egress"]',
    ),
  ),
  fault(
    "7",
    "policyTypes defaults to Ingress only",
    edit(reading, 'egress.length > 0 ? ["ingress", "egress"] : ["ingress"]', '["ingress"]'),
  ),
  fault(
    "8",
    "policyTypes inferred from the sections alone",
    edit(
      reading,
      "isolates: given.length > 0 ? given : defaults,",
      `isolates: (["ingress", "egress"] as const).filter(
      (type) => spec.field(type).present,
    ),`,
    ),
  ),
  fault(
    "9",
    "an empty from/to allows nothing",
    edit(
      reading,
      "...(peers.length === 0 ? {} : { peers }),",
      "...(rule.field(peersKey).present ? { peers } : {}),",
    ),
  ),
  fault(
    "19",
    "only the first NetworkPolicy counts (no union)",
    edit(
      book,
      ".filter(({ policy }) => policy.isolates.includes(direction)),",
      ".filter(({ policy }) => policy.isolates.includes(direction)).slice(0, 1),",
    ),
  ),
  fault(
    "20",
    "egress not checked",
    edit(
      deciding,
      'egress: decideEnd(sources, "egress", { subject: ends[0], peer: ends[1] }),',
      'egress: exemptDirection("egress", "no-subject"),',
    ),
    edit(index, 'this.#direction("egress", from, to.end),', "open,"),
  ),
  fault(
    "21",
    "ingress not checked",
    edit(
      deciding,
      'ingress: decideEnd(sources, "ingress", { subject: ends[1], peer: ends[0] }),',
      'ingress: exemptDirection("ingress", "no-subject"),',
    ),
    edit(index, 'this.#direction("ingress", to, from.end),', "open,"),
  ),
  fault(
    "37",
    "an empty podSelector selects nothing",
    edit(
      "server/analyzer/policy/subject-lookup.ts",
      "this.#others.filter(({ policy }) => selects(policy.podSelector, labels));",
      'this.#others.filter(({ policy }) => policy.podSelector.key !== "" && selects(policy.podSelector, labels));',
    ),
  ),
  fault(
    "39",
    "a NetworkPolicy applies across namespaces",
    edit(
      book,
      `this.#lookupIn(pod.namespace)
        .find(pod.labels)`,
      `[...this.#networkPolicies.keys()]
        .flatMap((each) => this.#lookupIn(each).find(pod.labels))`,
    ),
  ),
];

/** Faults of selectors. */
const ofSelectors: readonly Mutant[] = [
  fault(
    "10",
    "podSelector alone selects in all namespaces",
    edit(
      compiling,
      "namespace: peer.namespaceSelector ?? namespace,",
      "namespace: peer.namespaceSelector ?? everything,",
    ),
  ),
  fault(
    "11",
    "namespaceSelector and podSelector of one peer are OR-ed",
    edit(
      compiling,
      podPeer,
      `      if (peer.namespaceSelector !== undefined && peer.podSelector !== undefined) {
        const { namespaceSelector, podSelector } = peer;
        matchers.push({ kind: "pods", namespace: namespaceSelector, podSelector: everything });
        matchers.push({ kind: "pods", namespace, podSelector });
      }
${podPeer}`,
    ),
  ),
  fault(
    "12",
    "podSelector ignored when a namespaceSelector is set",
    edit(
      compiling,
      "podSelector: peer.podSelector ?? everything,",
      "podSelector: peer.namespaceSelector ? everything : (peer.podSelector ?? everything),",
    ),
  ),
  fault(
    "13",
    "NotIn requires the key to be present",
    edit(
      selector,
      "return value === undefined || !values.includes(value);",
      "return value !== undefined && !values.includes(value);",
    ),
  ),
  fault(
    "14",
    "matchExpressions ignored",
    edit("server/kube/objects/selector.ts", "requirements.push(requirement);", ""),
  ),
  fault(
    "15",
    "Exists ignored",
    edit(
      selector,
      'case "Exists":\n      return value !== undefined;',
      'case "Exists":\n      return true;',
    ),
  ),
  fault(
    "16",
    "DoesNotExist ignored",
    edit(selector, "return value === undefined;", "return true;"),
  ),
  fault(
    "17",
    "matchExpressions OR-ed",
    edit(
      selector,
      "selector.requirements.every((requirement) => meetsRequirement(requirement, labels));",
      `selector.key === "" ||
  selector.requirements.some((requirement) => meetsRequirement(requirement, labels));`,
    ),
  ),
  fault(
    "18",
    "the label kubernetes.io/metadata.name is not implied",
    edit(
      "server/analyzer/model/cluster-model.ts",
      "labels: { [namespaceNameLabel]: name },",
      "labels: {},",
    ),
    edit(
      "server/analyzer/model/cluster-model.ts",
      "labels: { ...namespace.labels, [namespaceNameLabel]: namespace.name },",
      "labels: namespace.labels,",
    ),
  ),
  fault(
    "38",
    "namespaceSelector: {} means the own namespace",
    edit(
      compiling,
      "namespace: peer.namespaceSelector ?? namespace,",
      'namespace: peer.namespaceSelector?.key === "" ? namespace : (peer.namespaceSelector ?? namespace),',
    ),
  ),
];

/** The faults of NetworkPolicies. */
export const networkPolicyMutants: readonly Mutant[] = [...ofPorts, ...ofIsolation, ...ofSelectors];
