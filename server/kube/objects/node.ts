import type { NodeObject, ObjectMeta } from "../../analyzer/model/objects.js";
import { parseCidr } from "../../analyzer/sets/ip.js";
import type { Field } from "./field.js";
import { given, listOrNone } from "./given.js";
import { addressOf, conditionsOf } from "./pod.js";

/** Reads a core/v1 Node: its addresses, the blocks of its pods, and what keeps pods away. */
export const nodeOf = (object: Field, meta: ObjectMeta): NodeObject => {
  const spec = object.field("spec");
  const status = object.field("status");
  spec.record();
  status.record();
  return {
    kind: "Node",
    ...meta,
    ips: listOrNone(
      status
        .itemsAt("addresses")
        .filter((entry) => ["InternalIP", "ExternalIP"].includes(String(entry.field("type").value)))
        .flatMap((entry) => addressOf(entry.field("address")) ?? []),
    ),
    podCidrs: listOrNone(podCidrsOf(spec)),
    unschedulable: spec.field("unschedulable").boolean() ?? false,
    taints: listOrNone(
      spec.itemsAt("taints").map((taint) => ({
        key: taint.textAt("key") ?? "",
        ...given("value", taint.textAt("value")),
        effect: taint.textAt("effect") ?? "",
      })),
    ),
    conditions: conditionsOf(status),
  };
};

const podCidrsOf = (spec: Field): readonly string[] => {
  const list = spec.itemsAt("podCIDRs");
  const fields = list.length > 0 ? list : [spec.field("podCIDR")];
  return fields.flatMap((field) => {
    const text = field.text();
    if (text === undefined) return [];
    if (parseCidr(text) === undefined) field.error(`"${text.slice(0, 80)}" is not a CIDR`);
    return [text];
  });
};
