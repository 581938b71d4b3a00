import { setTimeout as delay } from "node:timers/promises";
import { mergeMatrix } from "../matrix-merge.js";
import type { MatrixView } from "../model.js";
import type { MeshClient } from "../rpc/client.js";
import type { MeshNews } from "./events.js";

/** How often the agents are asked for, and how soon a broken stream is opened again. */
const followMs = 500;

/**
 * Follows the server until the signal: tells of every change of the agents and the matrix, and whether the server can be
 * reached. Goes on when the server is away.
 */
export const followMesh = async (
  client: MeshClient,
  hear: {
    readonly news: (news: MeshNews) => void;
    readonly reached: (isReached: boolean) => void;
  },
  signal: AbortSignal,
): Promise<void> => {
  let news: MeshNews = { agents: [], matrix: undefined };
  const tell = (change: Partial<MeshNews>): void => {
    news = { ...news, ...change };
    hear.news(news);
  };
  const loop = async (step: () => Promise<void>): Promise<void> => {
    while (!signal.aborted) {
      await step().catch(() => undefined);
      await delay(followMs, undefined, { signal }).catch(() => undefined);
    }
  };
  await Promise.all([
    loop(async () => {
      try {
        tell({ agents: (await client.listAgents()).value });
        hear.reached(true);
      } catch {
        if (!signal.aborted) hear.reached(false);
      }
    }),
    loop(async () => {
      let matrix: MatrixView | undefined;
      for await (const frame of client.watchMatrix({ kind: "", plane: "", windowS: 60 }, signal)) {
        matrix = mergeMatrix(matrix, frame.value);
        tell({ matrix });
      }
    }),
  ]);
};
