import { stripVTControlCharacters } from "node:util";
import type { MatrixView } from "../model.js";
import { agentsText, type ListStyle } from "../render/agents.js";
import { type MatrixStyle, matrixText } from "../render/matrix.js";
import type { MeshNews } from "./events.js";

/** The matrix as it stands when it is full for the first time. */
export const fullMatrixText = (matrix: MatrixView, style: MatrixStyle): string =>
  `\n${matrixText(matrix, style)}\n`;

/** The area that a terminal shows: the agents, then the matrix. */
export const liveText = (news: MeshNews, style: ListStyle & MatrixStyle): string => {
  const matrix =
    news.matrix === undefined ? "Waiting for measurements …\n" : matrixText(news.matrix, style);
  return news.agents.length === 0 ? matrix : `${agentsText(news.agents, style)}\n${matrix}`;
};

/** pino's number of the level "error". */
const errorLevel = 50;

/**
 * What of a process's output the demo shows: the report as it is, log records of level error in one line, nothing else.
 * Undefined for what it does not show.
 */
export const reportLine = (name: string, line: string): string | undefined => {
  const record = recordOf(line);
  if (record === undefined) return `${stripVTControlCharacters(line)}\n`;
  return typeof record["level"] === "number" && record["level"] >= errorLevel
    ? `${name}: ${String(record["msg"])} ${line}\n`
    : undefined;
};

const recordOf = (line: string): Readonly<Record<string, unknown>> | undefined => {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
};
