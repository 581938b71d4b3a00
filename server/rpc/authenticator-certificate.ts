import type { PeerCertificate } from "node:tls";
import type { Authentication, Authenticator } from "./authenticator.js";

/**
 * Knows agents by client certificate. TLS has checked the chain against CAUSEWAY_CLIENT_CA and the dates; here the subject is
 * read. A common name or a DNS or URI alternative name of the form `node:NAME` or `causeway:node:NAME` binds the
 * certificate to that node; without one it speaks for any node.
 */
export const createCertificateAuthenticator = (): Authenticator => ({
  authenticate: async ({ certificate, certificateProblem }) => {
    if (certificate !== undefined) return principalFromCertificate(certificate);
    return certificateProblem === undefined
      ? { kind: "absent", why: "no client certificate was shown" }
      : { kind: "absent", why: `the client certificate does not count: ${certificateProblem}` };
  },
  stop: () => undefined,
});

const principalFromCertificate = (certificate: PeerCertificate): Authentication => {
  const names = namesOf(certificate);
  const nodes = new Set(names.flatMap((name) => nodeName.exec(name)?.[1] ?? []));
  if (nodes.size > 1) {
    const why = `the client certificate names several nodes: ${[...nodes].join(", ")}`;
    return { kind: "refused", code: "permission_denied", why };
  }
  const [node] = nodes;
  const expires = Date.parse(certificate.valid_to);
  return {
    kind: "principal",
    principal: {
      method: "certificate",
      name: names[0] ?? certificate.fingerprint256,
      node,
      expiresUnixMs: Number.isNaN(expires) ? undefined : expires,
    },
  };
};

const nodeName = /^(?:causeway:)?node:([a-zA-Z0-9._:-]{1,253})$/;

const namesOf = (certificate: PeerCertificate): readonly string[] => {
  // A subject may have several common names, although the types say one.
  const commonNames: readonly string[] = [certificate.subject?.CN ?? []].flat();
  return [...commonNames, ...alternativeNames(certificate.subjectaltname ?? "")];
};

/** DNS and URI names of Node's text form; names with commas or quotes stand in it as JSON strings. */
const alternativeNames = (text: string): readonly string[] =>
  [...text.matchAll(/(?:^|, )(?:DNS|URI):("(?:[^"\\]|\\.)*"|[^,]*)/g)].map(([, name = ""]) =>
    name.startsWith('"') ? String(JSON.parse(name)) : name,
  );
