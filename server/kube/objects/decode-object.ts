import { closest } from "../../../common/closest.js";
import { type ClusterObject, type Origin, workloadKinds } from "../../analyzer/model/objects.js";
import { type Fault, Faults } from "./faults.js";
import { Field } from "./field.js";
import { groupOf, type KindRule, kindRuleOf, versionOf } from "./kind-table.js";
import { metaOf } from "./metadata.js";
import { isBuiltInGroup, isBuiltInKind } from "./other-kinds.js";
import { isRecord } from "./value-text.js";

/** What became of a raw object. */
export type Decoded =
  /** Part of the model; none where a kind is kept in part (ConfigMaps, Events). Its faults are warnings. */
  | {
      readonly kind: "objects";
      readonly objects: readonly ClusterObject[];
      /** "NetworkPolicy default/web". */
      readonly title: string;
      readonly rawKind: string;
      readonly apiVersion: string;
      /** The name is made from a generateName: others may have it. */
      readonly isNameMade: boolean;
      /** A policy that is not evaluated. */
      readonly isUnmodelled: boolean;
      readonly faults: readonly Fault[];
    }
  /** The API server would refuse it. */
  | { readonly kind: "refused"; readonly title: string; readonly faults: readonly Fault[] }
  /** A kind that is not part of the model. */
  | {
      readonly kind: "ignored";
      readonly apiVersion: string;
      readonly rawKind: string;
      readonly title: string;
      /** Whether Kubernetes itself has the kind: then there is nothing to say. */
      readonly builtIn: boolean;
    }
  /** Something without apiVersion and kind. */
  | { readonly kind: "foreign" };

/** What is known of a raw object beside itself. */
export type DecodeOptions = {
  /** Kept in the object. */
  readonly origin?: Origin;
  /** For items of a list that name neither: those of the list. */
  readonly implied?: { readonly apiVersion: string; readonly kind: string };
};

/**
 * Reads a raw Kubernetes object, as JSON has it, with the API server's defaults and its validation as far as the model
 * goes. Never throws on bad input.
 */
export const decodeObject = (raw: unknown, { origin, implied }: DecodeOptions = {}): Decoded => {
  const faults = new Faults();
  const object = new Field(raw, faults);
  if (!isRecord(raw)) return holdsObjects(raw) ? refusedList(object) : { kind: "foreign" };
  const apiVersion = stringOf(raw, "apiVersion") ?? implied?.apiVersion;
  const kind = stringOf(raw, "kind") ?? implied?.kind;
  if (apiVersion === undefined || kind === undefined) {
    return withoutKind(object, { apiVersion, kind });
  }
  const rule = kindRuleOf(apiVersion, kind);
  if (rule === undefined) return otherKind(object, apiVersion, kind);
  return readWith(rule, { object, kind, apiVersion, origin });
};

const stringOf = (raw: Readonly<Record<string, unknown>>, key: string): string | undefined => {
  const value = Object.hasOwn(raw, key) ? raw[key] : undefined;
  return typeof value === "string" && value !== "" ? value : undefined;
};

type Reading = {
  readonly object: Field;
  readonly kind: string;
  readonly apiVersion: string;
  readonly origin: Origin | undefined;
};

const readWith = (rule: KindRule, { object, kind, apiVersion, origin }: Reading): Decoded => {
  const { faults } = object;
  if (rule.insteadWrite !== undefined) {
    object
      .field("apiVersion")
      .warning(
        `${apiVersion} ${kind} is no longer served by API servers: write ${rule.insteadWrite}`,
        "deprecated",
      );
  }
  const meta = metaOf(object, rule, origin);
  const objects = meta === undefined ? [] : rule.read(object, meta, { apiVersion, kind });
  const title = titleOf(object, kind, rule.scope);
  if (faults.rejected) return { kind: "refused", title, faults: faults.list };
  return {
    kind: "objects",
    objects,
    title,
    rawKind: kind,
    apiVersion,
    isNameMade: !object.field("metadata").field("name").present,
    isUnmodelled: rule.isUnmodelled === true,
    faults: faults.list,
  };
};

const titleOf = (
  object: Field,
  kind: string,
  scope: "namespaced" | "cluster" | "unknown",
): string => {
  const metadata = object.field("metadata");
  const textOf = (key: string): string | undefined => {
    const { value } = metadata.field(key);
    return typeof value === "string" && value !== "" ? value.slice(0, 253) : undefined;
  };
  const name = textOf("name") ?? textOf("generateName") ?? "?";
  const namespace = textOf("namespace") ?? (scope === "namespaced" ? "default" : undefined);
  return scope === "cluster" || namespace === undefined
    ? `${kind} ${name}`
    : `${kind} ${namespace}/${name}`;
};

/** Whether a value is a list with objects in it. */
const holdsObjects = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.some(
    (each) =>
      isRecord(each) &&
      stringOf(each, "apiVersion") !== undefined &&
      stringOf(each, "kind") !== undefined,
  );

const refusedList = (object: Field): Decoded => {
  object.error(
    "is a list of objects: make it the items of a List, or write the objects as documents",
  );
  return { kind: "refused", title: "", faults: object.faults.list };
};

type WrittenType = {
  readonly apiVersion?: string | undefined;
  readonly kind?: string | undefined;
};

/** A document without apiVersion or kind that was meant to be an object is refused: it may be a policy. */
const withoutKind = (object: Field, { apiVersion, kind }: WrittenType): Decoded => {
  const likeKind = object.keys().find((key) => key !== "kind" && key.toLowerCase() === "kind");
  if (!isMeant(object, { apiVersion, kind: kind ?? likeKind })) return { kind: "foreign" };
  if (kind === undefined) {
    object
      .field("kind")
      .error(likeKind === undefined ? "is required" : `is required: ${likeKind} is another field`);
  } else {
    const version = versionOf(kind);
    object
      .field("apiVersion")
      .error(version === undefined ? "is required" : `is required: write ${version}`);
  }
  return {
    kind: "refused",
    title: titleOf(object, kind ?? "object", "unknown"),
    faults: object.faults.list,
  };
};

const isMeant = (object: Field, { apiVersion, kind }: WrittenType): boolean => {
  const metadata = object.field("metadata");
  return (
    kind !== undefined ||
    (apiVersion !== undefined && metadata.present) ||
    (typeof metadata.field("name").value === "string" && isRecord(object.valueAt("spec"))) ||
    holdsObjects(object.valueAt("items"))
  );
};

/** Tells kinds of no concern from misspelt ones: Kubernetes' own groups have no others than we know. */
const otherKind = (object: Field, apiVersion: string, kind: string): Decoded => {
  const group = groupOf(apiVersion);
  const title = titleOf(object, kind, "unknown");
  const isList = isBuiltInGroup(group) && kind.endsWith("List");
  const items = object.field("items");
  if (isList && items.present) {
    items.items();
    return { kind: "refused", title, faults: object.faults.list };
  }
  const builtIn = isList || (isBuiltInGroup(group) && isBuiltInKind(kind));
  const version = versionOf(kind);
  if (isBuiltInGroup(group) && version !== undefined) {
    object.field("apiVersion").error(`${apiVersion} has no ${kind}: write ${version}`);
    return { kind: "refused", title, faults: object.faults.list };
  }
  const near = builtIn || !isBuiltInGroup(group) ? undefined : nearKind(kind);
  if (near !== undefined) {
    object.field("kind").error(`${apiVersion} has no ${kind}: did you mean ${near}?`);
    return { kind: "refused", title, faults: object.faults.list };
  }
  return { kind: "ignored", apiVersion, rawKind: kind, title, builtIn };
};

const kindsInModel: readonly string[] = [
  "Namespace",
  "Pod",
  "Service",
  "Endpoints",
  "EndpointSlice",
  "Node",
  ...workloadKinds,
  "NetworkPolicy",
  "ClusterNetworkPolicy",
  "AdminNetworkPolicy",
  "BaselineAdminNetworkPolicy",
  "List",
];

const nearKind = (kind: string): string | undefined => {
  const known = kindsInModel.map((each) => each.toLowerCase());
  const singular = kind.replace(/ies$/i, "y");
  const lower = closest(kind, known) ?? closest(singular, known);
  return kindsInModel.find((each) => each.toLowerCase() === lower);
};
