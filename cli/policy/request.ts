import type { ProfileName } from "../../server/analyzer/policy/profile.js";
import type { CliContext } from "../context.js";
import type { AnyFormat } from "../formats.js";
import type { Connection } from "../rpc/client.js";

/** What every command of policies and diagnoses gets. */
export type PolicyRequest = {
  readonly context: CliContext;
  readonly format: AnyFormat;
  /** Folders, files or "-"; empty asks the server. */
  readonly dirs: readonly string[];
  /** Undefined: the default of whoever answers. */
  readonly profile: ProfileName | undefined;
  /** Whether a document that can't be read ends the run with code 4. */
  readonly isStrict: boolean;
  /** No progress and no problems on standard error. */
  readonly isQuiet: boolean;
  /** Where the server is; throws a CliError when the flags don't say. */
  readonly connection: () => Connection;
};

/** Two ends, and what is asked of the way between them. */
export type PairFields = {
  readonly source: string;
  readonly destination: string;
  readonly port?: number;
  readonly protocol?: string;
};

/** Which rows of the list. */
export type ListFilter = {
  readonly namespace: string;
  readonly source: string;
  readonly destination: string;
};

/** Severities that --fail-on takes, the worst first. */
export const severities = ["critical", "high", "medium", "low", "info"] as const;

/** One severity of a finding. */
export type Severity = (typeof severities)[number];
