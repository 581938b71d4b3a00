import type { LogFields, LogLevel } from "../../common/logger.js";
import type { AgentOutput } from "./protocol.js";

/** Appends a log record to a step's outputs. */
export const log = (
  out: AgentOutput[],
  level: LogLevel,
  fields: LogFields,
  message: string,
): void => {
  out.push({ kind: "log", level, fields, message });
};
