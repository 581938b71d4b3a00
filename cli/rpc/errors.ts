import { Code, ConnectError } from "@connectrpc/connect";
import { CliError, type ExitCode, exitCodes } from "../exit.js";

/**
 * Turns whatever a call threw into the line and the exit code that the user gets. What waits for an agent and not only
 * for the server passes "agent": no answer in time then does not mean that the server cannot be reached.
 */
export const cliErrorFrom = (
  error: unknown,
  url: string,
  waitsFor: "server" | "agent" = "server",
): CliError => {
  if (error instanceof CliError) return error;
  const fault = ConnectError.from(error);
  const [exitCode, message] =
    fault.code === Code.DeadlineExceeded ? tooLate(fault, url, waitsFor) : explain(fault, url);
  return new CliError(exitCode, message, { cause: error });
};

const explain = (fault: ConnectError, url: string): readonly [ExitCode, string] => {
  const said = fault.rawMessage;
  switch (fault.code) {
    case Code.NotFound:
    case Code.InvalidArgument:
    case Code.OutOfRange:
      return [exitCodes.usage, said];
    case Code.Unauthenticated:
    case Code.PermissionDenied:
      return [
        exitCodes.usage,
        `the server at ${url} refused: ${said}. Give a token with --token-file FILE (CAUSEWAY_TOKEN_FILE).`,
      ];
    case Code.FailedPrecondition:
    case Code.ResourceExhausted:
    case Code.Aborted:
      return [exitCodes.undetermined, said];
    case Code.Unavailable:
    case Code.Canceled:
      return [exitCodes.unreachable, unreachable(fault, url)];
    case Code.Unimplemented:
      return [
        exitCodes.unreachable,
        `${url} answers, but is not the query port of a Causeway server of this version: ${said}. The query port is 8080 by default; name it with --server URL.`,
      ];
    default:
      return [
        exitCodes.unreachable,
        `no good answer from ${url}: ${systemReason(fault) ?? said}. Is this the query port of a Causeway server? Name it with --server URL.`,
      ];
  }
};

const tooLate = (
  fault: ConnectError,
  url: string,
  waitsFor: "server" | "agent",
): readonly [ExitCode, string] => [
  waitsFor === "server" ? exitCodes.unreachable : exitCodes.undetermined,
  `no answer in time from ${url} (${fault.rawMessage}). Does it run, and is the way there open?`,
];

const unreachable = (fault: ConnectError, url: string): string => {
  const reason = systemReason(fault) ?? fault.rawMessage;
  return `cannot reach the server at ${url} (${reason}). Start one with \`npm start\` or \`causeway server\`, or name it with --server URL (CAUSEWAY_SERVER).`;
};

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  ENOTFOUND: "no such host name",
  EAI_AGAIN: "the name server does not answer",
  ETIMEDOUT: "timed out",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "no route to the network",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is not trusted; name its CA with --ca FILE",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is not trusted; name its CA with --ca FILE",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is not trusted; name its CA with --ca FILE",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS; try http://",
  EPROTO: "it does not speak TLS; try http://",
};

/** Looks for a system error among the causes, which may be several attempts at once. */
const systemReason = (error: unknown, depth = 0): string | undefined => {
  if (!(error instanceof Error) || depth > 4) return undefined;
  if (error instanceof AggregateError && error.errors.length > 0) {
    return systemReason(error.errors[0], depth + 1);
  }
  const code = "code" in error ? String(error.code) : "";
  return reasons[code] ?? systemReason(error.cause, depth + 1);
};
