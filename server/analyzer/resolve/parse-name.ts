import { nameCharsMax } from "../limits.js";
import { QuestionError } from "../question-error.js";
import { type IpAddress, type IpRange, parseCidr, parseIp } from "../sets/ip.js";

/** What a name says by its form alone, before the model is asked. */
export type NameRef =
  | { readonly kind: "address"; readonly address: IpAddress }
  | { readonly kind: "range"; readonly range: IpRange }
  | { readonly kind: "service"; readonly namespace: string; readonly name: string }
  | { readonly kind: "node"; readonly name: string }
  | { readonly kind: "dns"; readonly name: string }
  | {
      readonly kind: "workload";
      readonly namespace: string;
      readonly name: string;
      readonly workloadKind: string;
    }
  /** A pod, or by a looser reading a workload; `bare` when no namespace was written. */
  | {
      readonly kind: "pod";
      readonly namespace: string;
      readonly name: string;
      readonly bare: boolean;
    };

/** The namespace of a name without one. */
export const namespaceDefault = "default";

// Objects have DNS names; the dot and the underscore of the loosest kind are let through, the model decides.
const word = /^[A-Za-z0-9]([-A-Za-z0-9_.:]*[A-Za-z0-9])?$/;

/**
 * Parses a name of the interfaces: "ns/pod", "pod", "ns/name[Kind]", "svc/ns/name", "node/name", "dns/name", an address or
 * a CIDR. The words svc, node and dns before a slash are never a namespace. Throws QuestionError `invalid`.
 */
export const parseName = (text: string): NameRef => {
  const name = text.trim();
  if (name === "") throw invalid("a name is empty");
  if (name.length > nameCharsMax) {
    throw invalid(`a name has ${name.length} characters; ${nameCharsMax} are allowed`);
  }
  const address = parseIp(name);
  if (address !== undefined) return { kind: "address", address };
  const range = parseCidr(name);
  if (range !== undefined) return { kind: "range", range };
  const workload = /^([^[\]]+)\[([A-Za-z][A-Za-z0-9]*)\]$/.exec(name);
  if (workload !== null) return workloadRef(name, workload[1] ?? "", workload[2] ?? "");
  if (/^[\d.]+\/\d+$/.test(name) || /^[\da-f:.]*:[\da-f:.]*(\/\d+)?$/i.test(name))
    throw malformed(name);
  const dns = /^dns\/(.+)$/.exec(name);
  if (dns !== null) return dnsRef(name, (dns[1] ?? "").replace(/\.$/, ""));
  return pathRef(name, name.split("/"));
};

const pathRef = (text: string, parts: readonly string[]): NameRef => {
  if (!parts.every((part) => word.test(part))) throw malformed(text);
  const [first = "", second = "", third = ""] = parts;
  if (parts.length === 1) {
    return { kind: "pod", namespace: namespaceDefault, name: first, bare: true };
  }
  if (parts.length === 2 && first === "node") return { kind: "node", name: second };
  if (parts.length === 2 && first === "svc") {
    return { kind: "service", namespace: namespaceDefault, name: second };
  }
  if (parts.length === 3 && first === "svc") {
    return { kind: "service", namespace: second, name: third };
  }
  if (parts.length === 2) return { kind: "pod", namespace: first, name: second, bare: false };
  throw malformed(text);
};

const dnsRef = (text: string, name: string): NameRef => {
  if (!word.test(name)) throw malformed(text);
  return { kind: "dns", name };
};

const workloadRef = (text: string, path: string, workloadKind: string): NameRef => {
  const parts = path.split("/");
  if (parts.length > 2 || !parts.every((part) => word.test(part))) throw malformed(text);
  const [first = "", second] = parts;
  return second === undefined
    ? { kind: "workload", namespace: namespaceDefault, name: first, workloadKind }
    : { kind: "workload", namespace: first, name: second, workloadKind };
};

const malformed = (text: string): QuestionError =>
  invalid(
    `"${printable(text)}" is no name: write namespace/pod, namespace/name[Kind], svc/namespace/name, node/name, dns/name, an address or a CIDR`,
  );

const invalid = (message: string): QuestionError => new QuestionError("invalid", message);

/** The text without control characters, short enough for a message. */
const printable = (text: string): string => text.replace(/\p{C}/gu, "?").slice(0, 80);
