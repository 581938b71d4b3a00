import type { Logger } from "../../common/logger.js";
import { authenticationMsMax, authenticationsMax } from "../limits.js";
import type { Authentication, Authenticator, Credentials } from "./authenticator.js";

/** An answer that decides. */
export type Decision = Exclude<Authentication, { readonly kind: "absent" }>;

/** Authenticates within bounds: an adapter may ask somebody over the network, and many agents come at once. */
export const createBoundedAuthentication = ({
  authenticator,
  logger,
  authenticationsMax: atOnceMax = authenticationsMax,
  authenticationMsMax: msMax = authenticationMsMax,
}: {
  readonly authenticator: Authenticator;
  readonly logger: Logger;
  readonly authenticationsMax?: number;
  readonly authenticationMsMax?: number;
}): ((credentials: Credentials) => Promise<Decision>) => {
  let running = 0;
  return async (credentials) => {
    if (running >= atOnceMax) return busy("too many agents are being authenticated");
    running += 1;
    try {
      const answer = await within(authenticator.authenticate(credentials), msMax);
      if (answer === undefined) return busy("authentication took too long");
      return answer.kind === "absent"
        ? { kind: "refused", code: "unauthenticated", why: answer.why }
        : answer;
    } catch (error) {
      logger.error({ remote: credentials.remote, error }, "authenticator failed");
      return busy("authentication failed on the server's side");
    } finally {
      running -= 1;
    }
  };
};

const busy = (why: string): Decision => ({ kind: "refused", code: "unavailable", why });

const within = async <T>(answer: Promise<T>, ms: number): Promise<T | undefined> => {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  try {
    return await Promise.race([answer, timeout]);
  } finally {
    clearTimeout(timer);
  }
};
