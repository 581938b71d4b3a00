import type {
  NetworkPolicyObject,
  NetworkPolicyPeer,
  NetworkPolicyRule,
  ObjectMeta,
  PortRule,
} from "../../analyzer/model/objects.js";
import type { FieldPath } from "./faults.js";
import type { Field } from "./field.js";
import { ipBlockOf } from "./ip-block.js";
import { portNameFault, portNumber } from "./names.js";
import { selectorOf } from "./selector.js";
import { warnUnknownFields } from "./unknown-fields.js";
import { isRecord } from "./value-text.js";

/** Transport protocols that policies, containers and Services name. */
export const transportProtocols = ["TCP", "UDP", "SCTP"] as const;

/**
 * Reads a networking.k8s.io/v1 NetworkPolicy: defaults as pkg/apis/networking/v1/defaults.go sets them, faults as
 * pkg/apis/networking/validation finds them.
 */
export const networkPolicyOf = (object: Field, meta: ObjectMeta): NetworkPolicyObject => {
  warnUnknownFields(object, ["apiVersion", "kind", "metadata", "spec", "status"]);
  const spec = object.field("spec");
  if (spec.record() !== undefined) {
    warnUnknownFields(spec, ["podSelector", "policyTypes", "ingress", "egress"]);
  }
  const ingress = rulesOf(spec.field("ingress"), "from");
  const egress = rulesOf(spec.field("egress"), "to");
  const given = policyTypesOf(spec.field("policyTypes"));
  const emptyLists = emptyListsOf(spec);
  const defaults: readonly ("ingress" | "egress")[] =
    egress.length > 0 ? ["ingress", "egress"] : ["ingress"];
  return {
    kind: "NetworkPolicy",
    ...meta,
    podSelector: selectorOf(spec.field("podSelector")),
    isolates: given.length > 0 ? given : defaults,
    policyTypesGiven: given.length > 0,
    ingress,
    egress,
    ...(emptyLists.length === 0 ? {} : { emptyLists }),
  };
};

/** Lists that are there and empty: they read like "nothing" and mean what an absent list means. */
const emptyListsOf = (spec: Field): readonly FieldPath[] =>
  ["ingress", "egress"].flatMap((direction): readonly FieldPath[] => {
    const rules = spec.valueAt(direction);
    if (!Array.isArray(rules)) return [];
    if (rules.length === 0) return [["spec", direction]];
    return rules.flatMap((rule: unknown, index) =>
      ["from", "to", "ports"]
        .filter((key) => isEmptyList(rule, key))
        .map((key) => ["spec", direction, index, key]),
    );
  });

const isEmptyList = (rule: unknown, key: string): boolean => {
  const list = isRecord(rule) && Object.hasOwn(rule, key) ? rule[key] : undefined;
  return Array.isArray(list) && list.length === 0;
};

const policyTypesOf = (field: Field): readonly ("ingress" | "egress")[] => {
  const items = field.items();
  if (items.length > 2) field.error("must not have more than two entries: Ingress and Egress");
  const types = new Set<"ingress" | "egress">();
  for (const item of items) {
    const type = item.word(["Ingress", "Egress"]);
    if (type !== undefined) types.add(type === "Ingress" ? "ingress" : "egress");
    else if (!item.present) item.error("must be Ingress or Egress");
  }
  return (["ingress", "egress"] as const).filter((type) => types.has(type));
};

const rulesOf = (field: Field, peersKey: "from" | "to"): readonly NetworkPolicyRule[] =>
  field.items().map((rule) => {
    // An entry of null is the empty rule, as Go reads it.
    if (rule.record() !== undefined) warnUnknownFields(rule, [peersKey, "ports"]);
    const peers = rule.itemsAt(peersKey).flatMap(peerOf);
    const ports = rule.itemsAt("ports").flatMap(portOf);
    return {
      ...(peers.length === 0 ? {} : { peers }),
      ...(ports.length === 0 ? {} : { ports }),
    };
  });

const peerOf = (peer: Field): readonly NetworkPolicyPeer[] => {
  if (peer.record() !== undefined) {
    warnUnknownFields(peer, ["podSelector", "namespaceSelector", "ipBlock"]);
  }
  const podSelector = peer.field("podSelector");
  const namespaceSelector = peer.field("namespaceSelector");
  const ipBlock = peer.field("ipBlock");
  if (ipBlock.present) {
    if (podSelector.present || namespaceSelector.present) {
      peer.error(
        "must not have ipBlock together with podSelector or namespaceSelector: make them two entries of the list",
      );
    }
    const block = ipBlockOf(ipBlock);
    return block === undefined ? [] : [{ kind: "ipBlock", block }];
  }
  if (!podSelector.present && !namespaceSelector.present) {
    peer.error(
      "must specify a peer: podSelector, namespaceSelector or ipBlock; for every pod of every namespace write namespaceSelector: {}",
    );
    return [];
  }
  return [
    {
      kind: "pods",
      ...(namespaceSelector.present ? { namespaceSelector: selectorOf(namespaceSelector) } : {}),
      ...(podSelector.present ? { podSelector: selectorOf(podSelector) } : {}),
    },
  ];
};

const portOf = (entry: Field): readonly PortRule[] => {
  if (entry.record() !== undefined) warnUnknownFields(entry, ["protocol", "port", "endPort"]);
  const protocol = entry.field("protocol").word(transportProtocols) ?? "TCP";
  const port = entry.field("port");
  const endPort = entry.field("endPort");
  if (!port.present) {
    if (endPort.present) endPort.error("must not be given without port: name the first port too");
    return [{ kind: "numbers", protocol, first: 1, last: 65_535 }];
  }
  if (typeof port.value === "string") {
    if (endPort.present) {
      endPort.error("must not be given with a named port: use port numbers for a range");
    }
    const fault = portNameFault(port.value);
    if (fault !== undefined) port.error(fault);
    return [{ kind: "named", protocol, name: port.value }];
  }
  const first = portNumber(port);
  const last = endPort.present ? portNumber(endPort) : first;
  if (first === undefined || last === undefined) return [];
  if (last < first) {
    endPort.error(`${last} must not be less than port ${first}: swap them`);
    return [];
  }
  return [{ kind: "numbers", protocol, first, last }];
};
