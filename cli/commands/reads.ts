import { setTimeout as delay } from "node:timers/promises";
import { writeAnswer, writeFrame } from "../answer-text.js";
import { type CommandInput, paintOf } from "../context.js";
import { type ExitCode, exitCodes } from "../exit.js";
import { codeFromAgents, codeFromPairStates, type FailCondition } from "../fail-on.js";
import { watchIntervalMs } from "../limits.js";
import { mergeMatrix } from "../matrix-merge.js";
import type { AgentView, MatrixView, PairView, WorstView } from "../model.js";
import { agentsText, type ListStyle } from "../render/agents.js";
import { type MatrixStyle, matrixText, worstText } from "../render/matrix.js";
import { pairText } from "../render/pair.js";
import type { Answer, MatrixQuery } from "../rpc/client.js";
import { withNearMiss } from "./near-miss.js";

/** Options that all reads share. */
export type ReadOptions = {
  readonly watch: boolean;
  readonly failOn: FailCondition | undefined;
};

/** `causeway agents`: the agents and where they stand. */
export const runAgents = (input: CommandInput, options: ReadOptions): Promise<ExitCode> =>
  readOrPoll(input, options, {
    read: () => input.client.listAgents(),
    render: (agents) => agentsText(agents, listStyle(input)),
    code: (agents) => Promise.resolve(codeFromAgents(agents, options.failOn)),
  });

/** `causeway matrix`: the state of every pair; with --watch it follows the server's stream. */
export const runMatrix = async (
  input: CommandInput,
  query: MatrixQuery,
  options: ReadOptions,
): Promise<ExitCode> => {
  const render = (matrix: MatrixView): string => matrixText(matrix, matrixStyle(input));
  const code = (matrix: MatrixView): Promise<ExitCode> => {
    const states = [...matrix.rows.values()].flatMap((row) =>
      [...row.values()].map((cell) => cell.state),
    );
    return codeWithAgents(input, options, states);
  };
  if (!options.watch) {
    return await readOrPoll(input, options, {
      read: () => input.client.getMatrix(query),
      render,
      code,
    });
  }
  startScreen(input);
  let matrix: MatrixView | undefined;
  for await (const frame of input.client.watchMatrix(query, input.context.signal)) {
    matrix = mergeMatrix(matrix, frame.value);
    const value = matrix;
    writeFrame(input, { value, json: frame.json }, render);
    if ((await code(value)) === exitCodes.bad) return exitCodes.bad;
  }
  return exitCodes.good;
};

/** `causeway pair A B`: every kind of probe between two, both ways. */
export const runPair = (
  input: CommandInput,
  query: { readonly source: string; readonly target: string; readonly windowS: number },
  options: ReadOptions,
): Promise<ExitCode> =>
  withNearMiss(input.client, [query.source, query.target], () =>
    readOrPoll<PairView>(input, options, {
      read: () => input.client.getPair(query),
      render: (pair) => pairText(pair, listStyle(input)),
      code: (pair) => {
        const kinds = [...pair.kinds, ...(pair.reverse?.kinds ?? [])];
        return codeWithAgents(
          input,
          options,
          kinds.map((kind) => kind.state),
        );
      },
    }),
  );

/** `causeway worst`: the pairs that need a look first. */
export const runWorst = (
  input: CommandInput,
  query: MatrixQuery & { readonly max: number },
  options: ReadOptions,
): Promise<ExitCode> =>
  readOrPoll<readonly WorstView[]>(input, options, {
    read: () => input.client.listWorstPairs(query),
    render: (pairs) => worstText(pairs, listStyle(input)),
    code: (pairs) =>
      codeWithAgents(
        input,
        options,
        pairs.map(({ cell }) => cell.state),
      ),
  });

type Read<T> = {
  readonly read: () => Promise<Answer<T>>;
  readonly render: (value: T) => string;
  readonly code: (value: T) => Promise<ExitCode>;
};

const readOrPoll = async <T>(
  input: CommandInput,
  options: ReadOptions,
  steps: Read<T>,
): Promise<ExitCode> => {
  const { signal } = input.context;
  if (!options.watch) {
    const answer = await steps.read();
    writeAnswer(input, answer, steps.render);
    return await steps.code(answer.value);
  }
  startScreen(input);
  while (!signal.aborted) {
    const answer = await steps.read().catch((error: unknown) => {
      if (signal.aborted) return undefined;
      throw error;
    });
    if (answer === undefined) break;
    writeFrame(input, answer, steps.render);
    if ((await steps.code(answer.value)) === exitCodes.bad) return exitCodes.bad;
    await delay(watchIntervalMs, undefined, { signal }).catch(() => undefined);
  }
  return exitCodes.good;
};

const codeWithAgents = async (
  input: CommandInput,
  options: ReadOptions,
  states: readonly string[],
): Promise<ExitCode> => {
  if (options.failOn !== "lost") return codeFromPairStates(states, options.failOn);
  const agents: readonly AgentView[] = (await input.client.listAgents()).value;
  return codeFromAgents(agents, "lost");
};

const startScreen = (input: CommandInput): void => {
  const isText = input.output === "table" || input.output === "wide";
  if (input.context.isTerminal && isText) input.context.writeOut("\u001b[2J");
};

const listStyle = (input: CommandInput): ListStyle => ({
  wide: input.output === "wide",
  paint: paintOf(input.context),
  nowMs: input.context.nowMs(),
});

const matrixStyle = (input: CommandInput): MatrixStyle => ({
  ...listStyle(input),
  width: input.context.size().columns,
});
