import type { Endpoint, EndpointSliceObject, ObjectMeta } from "../../analyzer/model/objects.js";
import { parseIp } from "../../analyzer/sets/ip.js";
import type { Field } from "./field.js";
import { given, listOrNone } from "./given.js";
import { portNumber } from "./names.js";
import { transportProtocols } from "./network-policy.js";

const serviceNameLabel = "kubernetes.io/service-name";
const managedByLabel = "endpointslice.kubernetes.io/managed-by";

/** Reads a discovery.k8s.io/v1 EndpointSlice. */
export const endpointSliceOf = (object: Field, meta: ObjectMeta): EndpointSliceObject => {
  const typeField = object.field("addressType");
  const addressType = typeField.word(["IPv4", "IPv6", "FQDN"]);
  if (!typeField.present) typeField.error("is required: write IPv4, IPv6 or FQDN");
  const family = addressType === "IPv4" ? 4 : addressType === "IPv6" ? 6 : undefined;
  return {
    kind: "EndpointSlice",
    ...meta,
    service: labelOf(meta, serviceNameLabel) ?? "",
    addressType: addressType ?? "IPv4",
    endpoints: listOrNone(
      object
        .itemsAt("endpoints")
        .map((entry) => endpointOf(entry, { namespace: meta.namespace, family })),
    ),
    ports: slicePortsOf(object.field("ports")),
    ...given("managedBy", labelOf(meta, managedByLabel)),
  };
};

const labelOf = ({ labels }: ObjectMeta, key: string): string | undefined =>
  Object.hasOwn(labels, key) ? labels[key] : undefined;

/** Reads the ports of a slice, or of a subset of Endpoints. */
export const slicePortsOf = (list: Field): EndpointSliceObject["ports"] =>
  listOrNone(
    list.items().map((entry) => ({
      ...given("name", entry.textAt("name")),
      ...given("port", portNumber(entry.field("port"))),
      protocol: entry.field("protocol").word(transportProtocols) ?? "TCP",
    })),
  );

/** "namespace/name" of the pod that a targetRef names. */
export const podOfTarget = (reference: Field, namespace: string): string | undefined => {
  const name = reference.textAt("name");
  if (reference.field("kind").value !== "Pod" || name === undefined) return undefined;
  return `${reference.textAt("namespace") ?? namespace}/${name}`;
};

type EndpointContext = { readonly namespace: string; readonly family: 4 | 6 | undefined };

const endpointOf = (entry: Field, { namespace, family }: EndpointContext): Endpoint => {
  const addresses = entry.field("addresses");
  const items = addresses.items();
  if (items.length === 0) addresses.error("must have at least one address");
  const conditions = entry.field("conditions");
  return {
    addresses: items.flatMap((item) => endpointAddressOf(item, family) ?? []),
    ready: conditions.field("ready").boolean() ?? true,
    serving: conditions.field("serving").boolean() ?? true,
    terminating: conditions.field("terminating").boolean() ?? false,
    ...given("nodeName", entry.textAt("nodeName")),
    ...given("pod", podOfTarget(entry.field("targetRef"), namespace)),
  };
};

const endpointAddressOf = (field: Field, family: 4 | 6 | undefined): string | undefined => {
  const text = field.text();
  if (text === undefined || family === undefined) return text;
  if (parseIp(text)?.family !== family) {
    field.error(`"${text.slice(0, 80)}" is no IPv${family} address, as addressType says`);
  }
  return text;
};
