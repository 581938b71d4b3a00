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

/** Many agents in a process of their own. */
export const startSwarm = async (options: Readonly<Record<string, unknown>>) => {
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

/** Asks again and again until it is so, or throws after so long. */
export const until = async (
  what: string,
  isSo: () => Promise<boolean>,
  withinMs: number,
): Promise<void> => {
  const deadline = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};
