import type { ObjectMeta, Origin, OwnerRef } from "../../analyzer/model/objects.js";
import type { Field } from "./field.js";
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
  const annotations = metadata.field("annotations").stringMap();
  const uid = metadata.field("uid").text();
  const createdAtMs = timeOf(metadata.field("creationTimestamp"));
  if (name === undefined) return undefined;
  return {
    namespace,
    name,
    labels,
    annotations,
    ...(uid === undefined ? {} : { uid }),
    ...(createdAtMs === undefined ? {} : { createdAtMs }),
    ...(origin === undefined ? {} : { origin }),
  };
};

const nameOf = (metadata: Field, rule: "label" | "subdomain" | "any"): string | undefined => {
  const field = metadata.field("name");
  const name = field.text();
  if (name === undefined) {
    const stem = metadata.field("generateName").text()?.replace(/-+$/, "");
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

/** Milliseconds since 1970 of an RFC 3339 time; undefined when absent or not one. */
export const timeOf = (field: Field): number | undefined => {
  if (typeof field.value !== "string") return undefined;
  const ms = Date.parse(field.value);
  return Number.isNaN(ms) ? undefined : ms;
};

/** The owner that controls an object, else its first owner. */
export const ownerOf = (object: Field): OwnerRef | undefined => {
  const owners = object.field("metadata").field("ownerReferences").items();
  const owner = owners.find((one) => one.field("controller").value === true) ?? owners[0];
  const kind = owner?.field("kind").text();
  const name = owner?.field("name").text();
  return kind === undefined || name === undefined ? undefined : { kind, name };
};
