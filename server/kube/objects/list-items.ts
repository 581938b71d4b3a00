import { isRecord } from "./value-text.js";

/** A list of objects, as kubectl and the API server write them. */
export type ObjectList = {
  readonly items: readonly unknown[];
  /** What items are that do not say so: those of a PodList are v1 Pods. Undefined for a plain List. */
  readonly implied?: { readonly apiVersion: string; readonly kind: string };
};

/** The items of a List or a *List (PodList, NetworkPolicyList …); undefined for any other object. */
export const listOf = (raw: unknown): ObjectList | undefined => {
  if (!isRecord(raw)) return undefined;
  const kind = Object.hasOwn(raw, "kind") ? raw["kind"] : undefined;
  if (typeof kind !== "string" || !kind.endsWith("List")) return undefined;
  const items = Object.hasOwn(raw, "items") ? raw["items"] : undefined;
  // Kinds may end in List, too: what has no items is one of them. A list of null is an empty one.
  if (!Array.isArray(items)) return items === null ? { items: [] } : undefined;
  const apiVersion = Object.hasOwn(raw, "apiVersion") ? raw["apiVersion"] : undefined;
  const itemKind = kind.slice(0, -"List".length);
  if (itemKind === "" || typeof apiVersion !== "string") return { items };
  return { items, implied: { apiVersion, kind: itemKind } };
};
