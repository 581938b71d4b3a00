import type { Field } from "./field.js";

/** DNS label (RFC 1123): names of namespaces and Services, parts of other names. */
const dnsLabel = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const dnsSubdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const qualifiedName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

/** Why a name is no DNS label; undefined when it is one. */
export const dnsLabelFault = (name: string): string | undefined =>
  name.length <= 63 && dnsLabel.test(name)
    ? undefined
    : `"${cut(name)}" must be at most 63 lower-case letters, digits and "-", starting and ending with a letter or digit`;

/** Why a name is no DNS subdomain; undefined when it is one. */
export const dnsSubdomainFault = (name: string): string | undefined =>
  name.length <= 253 && dnsSubdomain.test(name)
    ? undefined
    : `"${cut(name)}" must be at most 253 lower-case letters, digits, "-" and ".", starting and ending with a letter or digit`;

/** Why a text is no label key (apimachinery IsQualifiedName); undefined when it is one. */
export const labelKeyFault = (key: string): string | undefined => {
  const slash = key.indexOf("/");
  const prefix = slash < 0 ? undefined : key.slice(0, slash);
  const name = key.slice(slash + 1);
  if (prefix !== undefined && dnsSubdomainFault(prefix) !== undefined) {
    return `label key "${cut(key)}" must have a DNS name before "/"`;
  }
  return name.length <= 63 && qualifiedName.test(name)
    ? undefined
    : `label key "${cut(key)}" must be at most 63 letters, digits, "-", "_" and ".", starting and ending with a letter or digit, with an optional DNS prefix and "/"`;
};

/** Why a text is no label value (apimachinery IsValidLabelValue); undefined when it is one. */
export const labelValueFault = (value: string): string | undefined =>
  value.length <= 63 && labelValue.test(value)
    ? undefined
    : `label value "${cut(value)}" must be empty or at most 63 letters, digits, "-", "_" and ".", starting and ending with a letter or digit`;

/** Why a text is no name of a container port (apimachinery IsValidPortName); undefined when it is one. */
export const portNameFault = (name: string): string | undefined => {
  if (/^\d+$/.test(name)) return `"${cut(name)}" is a string: write the port number without quotes`;
  const valid =
    name.length <= 15 &&
    /^[-a-z0-9]+$/.test(name) &&
    /[a-z]/.test(name) &&
    !name.includes("--") &&
    !name.startsWith("-") &&
    !name.endsWith("-");
  return valid
    ? undefined
    : `port name "${cut(name)}" must be at most 15 lower-case letters, digits and single "-", with at least one letter, starting and ending with a letter or digit`;
};

/** Reads a port number, 1 to 65535. */
export const portNumber = (field: Field): number | undefined => {
  const port = field.integer();
  if (port === undefined || (port >= 1 && port <= 65_535)) return port;
  field.error(`port ${port} must be between 1 and 65535`);
  return undefined;
};

/** Reads labels, both sides of which have a syntax. */
export const labelsOf = (field: Field): Readonly<Record<string, string>> => {
  const labels = field.stringMap();
  for (const key in labels) {
    const fault = labelKeyFault(key) ?? labelValueFault(labels[key] ?? "");
    if (fault !== undefined) field.field(key).error(fault);
  }
  return labels;
};

const cut = (text: string): string => (text.length > 80 ? `${text.slice(0, 77)}...` : text);
