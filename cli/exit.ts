/** Exit codes of the command line, as interfaces of programs that call it. */
export const exitCodes = {
  /** Connected, permitted, nothing found. */
  good: 0,
  /** Disconnected, degraded, a finding. */
  bad: 1,
  /** Wrong use or configuration, or a name that does not exist. */
  usage: 2,
  /** Could not be determined. */
  undetermined: 3,
  /** The server or the input could not be reached or read. */
  unreachable: 4,
} as const;

/** One of the exit codes. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends a command with one clear line and a code. */
export class CliError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CliError";
    this.exitCode = exitCode;
  }
}
