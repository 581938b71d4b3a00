import type { PeerCertificate } from "node:tls";
import type { StatusCode } from "../../common/agent-stream.js";
import type { Principal } from "../session/protocol.js";

/** What a peer showed. */
export type Credentials = {
  /** The authorization metadata, whole. */
  readonly authorization: string | undefined;
  /** The client certificate, when CAUSEWAY_CLIENT_CA signed it. */
  readonly certificate: PeerCertificate | undefined;
  /** Why a certificate that was shown does not count; undefined when none was shown or it does. */
  readonly certificateProblem: string | undefined;
  /** Remote address, for logs. */
  readonly remote: string;
};

/** Who a peer is, or why it is nobody. */
export type Authentication =
  | { readonly kind: "principal"; readonly principal: Principal }
  /** Shows nothing that this adapter reads: another one may know it. */
  | { readonly kind: "absent"; readonly why: string }
  | { readonly kind: "refused"; readonly code: StatusCode; readonly why: string };

/** Decides who an agent is by what it shows, before any of its messages is read. */
export interface Authenticator {
  authenticate(credentials: Credentials): Promise<Authentication>;
  /** Stops watching files. */
  stop(): void;
}

/**
 * Asks one adapter after the other; the first that knows the peer, or refuses it, decides. Without adapters, everybody is
 * let in: configuration allows that on loopback only, or when the user forces it.
 */
export const createAuthenticator = (adapters: readonly Authenticator[]): Authenticator => ({
  authenticate: async (credentials) => {
    if (adapters.length === 0) return { kind: "principal", principal: anonymous };
    const missing: string[] = [];
    for (const adapter of adapters) {
      const answer = await adapter.authenticate(credentials);
      if (answer.kind !== "absent") return answer;
      missing.push(answer.why);
    }
    return { kind: "refused", code: "unauthenticated", why: missing.join("; ") };
  },
  stop: () => {
    for (const adapter of adapters) adapter.stop();
  },
});

const anonymous: Principal = {
  method: "none",
  name: "anonymous",
  node: undefined,
  expiresUnixMs: undefined,
};
