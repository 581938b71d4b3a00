import { everything, type LabelSelector } from "../../analyzer/model/label-selector.js";
import type { TieredPeer } from "../../analyzer/model/objects.js";
import type { Field } from "./field.js";
import { networkOf } from "./ip-block.js";
import { selectorOf } from "./selector.js";
import { warnUnknownFields } from "./unknown-fields.js";
import { orText } from "./value-text.js";

const networksMax = 25;

const domainName =
  /^(\*\.)?([a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.)+[a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.?$/;

/** What a version of the API knows of peers. */
export type PeerDialect = {
  /** Fields of a peer. */
  readonly known: readonly string[];
  /** Fields of a peer on the other side of a rule. */
  readonly elsewhere: readonly string[];
  /** Whether namespaces may have the shape of v1alpha1 before 0.1.7. */
  readonly old: boolean;
};

/**
 * Reads a peer of an ordered policy: exactly one field. One that only a newer version of the API knows is kept as unknown,
 * so that the rule fails closed.
 */
export const tieredPeerOf = (peer: Field, dialect: PeerDialect): TieredPeer | undefined => {
  const { known, old } = dialect;
  const map = peer.record();
  if (map === undefined) {
    if (!peer.present) peer.error(`must have one of ${orText(known)}`);
    return undefined;
  }
  const keys = peer.keys();
  const given = keys.filter((key) => known.includes(key));
  const [key] = given;
  if (key === undefined) return unknownPeer(peer, keys, dialect);
  if (given.length > 1) {
    peer.error(`must have exactly one of ${orText(known)}: make them entries of their own`);
  }
  warnUnknownFields(peer, known);
  const field = peer.field(key);
  switch (key) {
    case "namespaces":
      return old ? oldNamespaces(field) : { kind: "namespaces", selector: selectorOf(field) };
    case "pods":
      return podsPeer(field, old);
    case "nodes":
      return { kind: "nodes", selector: selectorOf(field) };
    case "networks":
      return { kind: "networks", blocks: listOf(field, (item) => networkOf(item)) };
    default:
      return { kind: "domainNames", names: listOf(field, domainNameOf) };
  }
};

const unknownPeer = (
  peer: Field,
  keys: readonly string[],
  { known, elsewhere }: PeerDialect,
): TieredPeer | undefined => {
  if (keys.length === 0) {
    peer.error(`must have one of ${orText(known)}; for every pod write namespaces: {}`);
    return undefined;
  }
  if (keys.every((key) => elsewhere.includes(key))) {
    peer.error(`must have one of ${orText(known)}: ${keys.join(", ")} is for egress rules only`);
    return undefined;
  }
  peer.warning(
    `has no peer that this version knows, only ${keys.join(", ").slice(0, 100)}: the whole rule fails closed, so that one that accepts matches nothing and any other denies everything`,
    "unsupported",
  );
  return { kind: "unknown", fields: keys };
};

const listOf = <T>(list: Field, read: (item: Field) => T | undefined): readonly T[] => {
  const items = list.items();
  if (items.length === 0 && Array.isArray(list.value)) list.error("must have at least one entry");
  if (items.length > networksMax) list.error(`must not have more than ${networksMax} entries`);
  return items.flatMap((item) => {
    const value = read(item);
    if (value === undefined && !item.present) item.error("must not be null");
    return value === undefined ? [] : [value];
  });
};

const domainNameOf = (field: Field): string | undefined => {
  const name = field.string();
  if (name !== undefined && !domainName.test(name)) {
    field.error(`"${name.slice(0, 80)}" is no domain name such as example.com or *.example.com`);
  }
  return name;
};

/** Reads a pair of selectors. */
export const podsOf = (
  pods: Field,
): { readonly namespaceSelector: LabelSelector; readonly podSelector: LabelSelector } => {
  if (pods.record() !== undefined) warnUnknownFields(pods, ["namespaceSelector", "podSelector"]);
  return {
    namespaceSelector: selectorOf(pods.field("namespaceSelector")),
    podSelector: requiredPods(pods),
  };
};

const requiredPods = (pods: Field): LabelSelector => {
  const podSelector = pods.field("podSelector");
  if (!podSelector.present) podSelector.tolerate("is missing and read as {}, all pods");
  return selectorOf(podSelector);
};

const podsPeer = (pods: Field, old: boolean): TieredPeer | undefined => {
  const namespaces = pods.field("namespaces");
  if (!old || !namespaces.present || pods.field("namespaceSelector").present) {
    return { kind: "pods", ...podsOf(pods) };
  }
  const peer = oldNamespaces(namespaces);
  const podSelector = requiredPods(pods);
  return peer?.kind === "namespaces"
    ? { kind: "pods", namespaceSelector: peer.selector, podSelector }
    : peer;
};

/** Namespaces of v1alpha1: a selector; before 0.1.7 a map with namespaceSelector, sameLabels or notSameLabels. */
const oldNamespaces = (field: Field): TieredPeer | undefined => {
  const keys = field.keys();
  const relative = keys.filter((key) => key === "sameLabels" || key === "notSameLabels");
  if (relative.length > 0) {
    field.warning(
      `${relative.join(", ")} was removed from the API and is not evaluated: a rule that accepts matches nothing there, any other one everything; select the namespaces by labels`,
      "unsupported",
    );
    return { kind: "unknown", fields: relative };
  }
  if (!keys.includes("namespaceSelector")) {
    return { kind: "namespaces", selector: selectorOf(field) };
  }
  field.warning(
    "namespaceSelector below namespaces was removed from the API: put its matchLabels and matchExpressions here",
    "deprecated",
  );
  return { kind: "namespaces", selector: selectorOrEverything(field.field("namespaceSelector")) };
};

const selectorOrEverything = (field: Field): LabelSelector =>
  field.present ? selectorOf(field) : everything;
