import { pino } from "pino";

/** Levels, quiet to loud. */
export const logLevels = ["debug", "info", "warn", "error"] as const;

/** A level of LOG_LEVEL. */
export type LogLevel = (typeof logLevels)[number];

/** Fields of a record, with the key names of the proto. Never secrets. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where records go: fields first, then a constant message in lower case. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A logger that adds these fields to every record. */
  child(fields: LogFields): Logger;
}

/** One JSON line a record, to the given stream (standard output unless told). */
export const createLogger = (
  level: LogLevel,
  stream: NodeJS.WritableStream = process.stdout,
): Logger => pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);

/** Drops everything. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};
