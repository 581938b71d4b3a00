import type {
  CheckAnswer,
  DiagnosisAnswer,
  DiffAnswer,
  FixAnswer,
  LintAnswer,
  PairAnswer,
} from "../../server/analyzer/answers.js";
import { isAtLeast, type Severity } from "../../server/analyzer/lint/finding.js";
import { type ExitCode, exitCodes } from "../exit.js";

/**
 * 0 permitted, 1 denied, 3 can't be told. Where only a part is permitted, it is 1 when the question names a port, and 0
 * when it does not: something is permitted then.
 */
export const codeFromPair = ({ verdict, port }: PairAnswer): ExitCode => {
  switch (verdict) {
    case "allowed":
      return exitCodes.good;
    case "denied":
      return exitCodes.bad;
    case "partial":
      return port === 0 ? exitCodes.good : exitCodes.bad;
    default:
      return exitCodes.undetermined;
  }
};

/** 0 when there is a manifest or none is needed, 1 when none helps. */
export const codeFromFix = ({ outcome }: FixAnswer): ExitCode =>
  outcome === "refused" ? exitCodes.bad : exitCodes.good;

/** 1 when anything differs. */
export const codeFromDiff = ({ added, removed, changed }: DiffAnswer): ExitCode =>
  added + removed + changed > 0 ? exitCodes.bad : exitCodes.good;

/** 1 at a finding, not suppressed, of this severity or worse. */
export const codeFromLint = ({ findings }: LintAnswer, failOn: Severity): ExitCode =>
  findings.some(({ severity, suppressed }) => suppressed === "" && isAtLeast(severity, failOn))
    ? exitCodes.bad
    : exitCodes.good;

/** 1 when an assertion does not hold, else 3 when one can't be told. */
export const codeFromCheck = ({ failed, unknown }: CheckAnswer): ExitCode => {
  if (failed > 0) return exitCodes.bad;
  return unknown > 0 ? exitCodes.undetermined : exitCodes.good;
};

/** 0 connected, 1 degraded or disconnected, 3 can't be told. */
export const codeFromDiagnosis = ({ status }: DiagnosisAnswer): ExitCode => {
  switch (status) {
    case "connected":
      return exitCodes.good;
    case "degraded":
    case "disconnected":
      return exitCodes.bad;
    default:
      return exitCodes.undetermined;
  }
};
