import type { ObjectMeta, Origin, OwnerRef } from "../../analyzer/model/objects.js";
import type { Field } from "./field.js";
import type { Draft } from "./given.js";
import { dnsLabelFault, dnsSubdomainFault, labelsOf } from "./names.js";

/** Where an object lives, and what its name must be. */
export type MetaRules = {
  readonly scope: "namespaced" | "cluster";
  readonly name?: "label" | "subdomain" | "any";
};

/**
 * Reads metadata. A missing namespace is "default", as kubectl has it; of a generateName the name is its stem. Undefined
 * when there is no name.
 */
export const metaOf = (
  object: Field,
  rules: MetaRules,
  origin: Origin | undefined,
): ObjectMeta | undefined => {
  const metadata = object.field("metadata");
  metadata.record();
  const name = nameOf(metadata, rules.name ?? "subdomain");
  const namespace = rules.scope === "cluster" ? "" : namespaceOf(metadata);
  const labels = labelsOf(metadata.field("labels"));
  const annotations = annotationsOf(metadata.field("annotations"));
  const createdAtMs = timeOf(metadata.valueAt("creationTimestamp"));
  const uid = metadata.textAt("uid");
  if (name === undefined) return undefined;
  const made: Draft<ObjectMeta> = { namespace, name, labels, annotations };
  if (uid !== undefined) made.uid = uid;
  if (createdAtMs !== undefined) made.createdAtMs = createdAtMs;
  if (origin !== undefined) made.origin = origin;
  return made;
};

/** A copy of the object itself, in its own annotations: it may be as large as the object. */
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

const annotationsOf = (field: Field): ObjectMeta["annotations"] => {
  const annotations = field.stringMap();
  if (!Object.hasOwn(annotations, lastApplied)) return annotations;
  const { [lastApplied]: _, ...kept } = annotations;
  return kept;
};

const nameOf = (metadata: Field, rule: "label" | "subdomain" | "any"): string | undefined => {
  const field = metadata.field("name");
  const name = field.text();
  if (name === undefined) {
    const stem = metadata.textAt("generateName")?.replace(/-+$/, "");
    if (stem !== undefined && stem !== "") return stem;
    if (!field.present || field.value === "") field.error("is required: give the object a name");
    return undefined;
  }
  const fault =
    rule === "label"
      ? dnsLabelFault(name)
      : rule === "subdomain"
        ? dnsSubdomainFault(name)
        : undefined;
  if (fault !== undefined) field.error(fault);
  return name;
};

const namespaceOf = (metadata: Field): string => {
  const field = metadata.field("namespace");
  const namespace = field.text() ?? "default";
  const fault = dnsLabelFault(namespace);
  if (fault !== undefined) field.error(fault);
  return namespace;
};

/** Milliseconds since 1970 of an RFC 3339 time; undefined for anything else. */
const timeOf = (value: unknown): number | undefined => {
  if (typeof value !== "string") return undefined;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? undefined : ms;
};

/** The owner that controls an object, else its first owner. */
export const ownerOf = (object: Field): OwnerRef | undefined => {
  const owners = object.field("metadata").itemsAt("ownerReferences");
  const owner = owners.find((one) => one.field("controller").value === true) ?? owners[0];
  const kind = owner?.textAt("kind");
  const name = owner?.textAt("name");
  return kind === undefined || name === undefined ? undefined : { kind, name };
};
