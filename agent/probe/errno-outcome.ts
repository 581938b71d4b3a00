import type { Outcome, ProbeOutcome } from "../../common/probe.js";
import { failure } from "./outcome.js";

/**
 * What an errno of connect(), send() or recv() says about the path; man 7 ip, 7 tcp and 7 icmp. Codes that tell about
 * this host alone (descriptors, memory, a family that is switched off) are "not_run".
 */
const outcomeByErrno: Readonly<Record<string, Outcome>> = {
  ECONNREFUSED: "refused",
  ENOPROTOOPT: "refused",
  ECONNRESET: "reset",
  ECONNABORTED: "reset",
  EPIPE: "reset",
  EHOSTUNREACH: "host_unreachable",
  EHOSTDOWN: "host_unreachable",
  ENETUNREACH: "net_unreachable",
  ENETDOWN: "net_unreachable",
  ENONET: "net_unreachable",
  EACCES: "prohibited",
  EPERM: "prohibited",
  EMSGSIZE: "msg_too_big",
  ETIMEDOUT: "timeout",
  EADDRNOTAVAIL: "no_local_port",
  EADDRINUSE: "no_local_port",
};

/** The errno name of a caught value, such as "ECONNREFUSED"; empty when it has none. */
export const errnoFromError = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

/** The outcome of a failed system call. What is not about the path is "not_run", with the reason as detail. */
export const outcomeFromError = (error: unknown): ProbeOutcome => {
  const errno = errnoFromError(error);
  const message = error instanceof Error ? error.message : String(error);
  return outcomeFromErrno(errno, errno === "" ? message : `${errno}: ${message}`);
};

/** The outcome of an errno by its name, with `detail` where it is not about the path. */
export const outcomeFromErrno = (errno: string, detail = errno): ProbeOutcome => {
  const outcome = outcomeByErrno[errno];
  return outcome === undefined ? failure("not_run", detail) : failure(outcome);
};

/** raw-socket throws errors that carry strerror(3) and no code. */
const errnoByStrerror: Readonly<Record<string, string>> = {
  "Network is unreachable": "ENETUNREACH",
  "No route to host": "EHOSTUNREACH",
  "Operation not permitted": "EPERM",
  "Permission denied": "EACCES",
  "Message too long": "EMSGSIZE",
  "Cannot assign requested address": "EADDRNOTAVAIL",
};

/** The outcome of an error of raw-socket. */
export const outcomeFromRawSocketError = (error: Error): ProbeOutcome => {
  const errno = errnoByStrerror[error.message];
  return errno === undefined
    ? outcomeFromError(error)
    : outcomeFromError(Object.assign(new Error(error.message), { code: errno }));
};
