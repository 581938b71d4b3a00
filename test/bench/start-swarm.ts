import { fork } from "node:child_process";
import { once } from "node:events";

/** What a swarm says of itself. */
export type SwarmStatus = {
  readonly connected: number;
  readonly epochs: readonly string[];
  readonly revisions: readonly number[];
  readonly entriesMin: number;
  readonly entriesMax: number;
};

/** What a swarm is started with; see swarm.ts. */
export type SwarmSettings = Readonly<Record<string, unknown>>;

/** Many agents in a process of their own. */
export const startSwarm = async (options: SwarmSettings) => {
  const child = fork(new URL("swarm.ts", import.meta.url), [JSON.stringify(options)], {
    execArgv: ["--import", "tsx"],
    stdio: "inherit",
  });
  await once(child, "message");
  const status = async (): Promise<SwarmStatus> => {
    const answer = once(child, "message");
    child.send("status");
    return (await answer)[0] as SwarmStatus;
  };
  const stop = async (): Promise<void> => {
    const exited = once(child, "exit");
    child.disconnect();
    await exited;
  };
  return { status, stop };
};

/** The same agents in two processes: they take in what they get side by side, as agents on nodes do. */
export const startTwoSwarms = async (options: { readonly count: number } & SwarmSettings) => {
  const half = Math.floor(options.count / 2);
  const swarms = await Promise.all([
    startSwarm({ ...options, count: half }),
    startSwarm({ ...options, count: options.count - half, first: half + 1 }),
  ]);
  const status = async (): Promise<SwarmStatus> => {
    const [one, two] = await Promise.all(swarms.map((swarm) => swarm.status()));
    if (one === undefined || two === undefined) throw new Error("a swarm is gone");
    return {
      connected: one.connected + two.connected,
      epochs: [...new Set([...one.epochs, ...two.epochs])],
      revisions: [...new Set([...one.revisions, ...two.revisions])],
      entriesMin: Math.min(one.entriesMin, two.entriesMin),
      entriesMax: Math.max(one.entriesMax, two.entriesMax),
    };
  };
  const stop = async (): Promise<void> => {
    await Promise.all(swarms.map((swarm) => swarm.stop()));
  };
  return { status, stop };
};

/** Asks again and again until it is so, or throws after so long. */
export const until = async (
  what: string,
  isSo: () => Promise<boolean>,
  withinMs: number,
): Promise<void> => {
  const deadline = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
};
