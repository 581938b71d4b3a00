import type {
  Condition,
  ContainerStatus,
  ObjectMeta,
  PodObject,
} from "../../analyzer/model/objects.js";
import { parseIp } from "../../analyzer/sets/ip.js";
import type { Field } from "./field.js";
import { given, listOrNone } from "./given.js";
import { ownerOf } from "./metadata.js";
import { podSpecOf } from "./pod-spec.js";

/** Reads a core/v1 Pod. Its status is taken as the API server reports it; in a manifest there is seldom one. */
export const podOf = (object: Field, meta: ObjectMeta): PodObject => {
  const status = object.field("status");
  status.record();
  return {
    kind: "Pod",
    ...meta,
    ...podSpecOf(object.field("spec")),
    ...given("owner", podOwnerOf(object)),
    expanded: false,
    ips: listOrNone(podIpsOf(status)),
    ...given("hostIp", status.textAt("hostIP")),
    phase: status.textAt("phase") ?? "",
    ...given("reason", status.textAt("reason")),
    terminating: object.field("metadata").field("deletionTimestamp").present,
    conditions: conditionsOf(status),
    containers: listOrNone(
      ["initContainerStatuses", "containerStatuses"].flatMap((key) =>
        status.field(key).items().flatMap(containerStatusOf),
      ),
    ),
  };
};

/** A static pod's owner is its node: that makes it no part of a workload. */
const podOwnerOf = (object: Field): PodObject["owner"] => {
  const owner = ownerOf(object);
  return owner?.kind === "Node" ? undefined : owner;
};

const podIpsOf = (status: Field): readonly string[] => {
  const listed = status.itemsAt("podIPs").map((item) => item.field("ip"));
  const fields = listed.length > 0 ? listed : [status.field("podIP")];
  return fields.flatMap((field) => addressOf(field) ?? []);
};

/** Reads an IP address that the API server has set; another text is left out with a warning. */
export const addressOf = (field: Field): string | undefined => {
  const text = field.text();
  if (text === undefined || parseIp(text) !== undefined) return text;
  field.warning(`"${text.slice(0, 80)}" is no IP address and is not read`);
  return undefined;
};

/** Reads the conditions of a status. */
export const conditionsOf = (status: Field): readonly Condition[] =>
  listOrNone(
    status.itemsAt("conditions").flatMap((condition): readonly Condition[] => {
      const type = condition.textAt("type");
      const value = condition.field("status").value;
      if (type === undefined) return [];
      return [
        {
          type,
          status: value === "True" || value === "False" ? value : "Unknown",
          ...given("reason", condition.textAt("reason")),
          ...given("message", condition.textAt("message")),
        },
      ];
    }),
  );

const containerStatusOf = (status: Field): readonly ContainerStatus[] => {
  const name = status.textAt("name");
  if (name === undefined) return [];
  const waiting = status.field("state").field("waiting");
  const terminated = status.field("state").field("terminated");
  const last = status.field("lastState").field("terminated");
  return [
    {
      name,
      ready: status.field("ready").boolean() ?? false,
      restartCount: status.field("restartCount").integer() ?? 0,
      ...given("waiting", waiting.textAt("reason")),
      ...given("waitingMessage", waiting.textAt("message")),
      ...given("terminated", terminated.textAt("reason")),
      ...given("exitCode", (terminated.present ? terminated : last).field("exitCode").integer()),
      ...given("lastTerminated", last.textAt("reason")),
    },
  ];
};
