import type { Server } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Environment } from "../../common/config-load.js";
import { type ExitCode, exitCodes } from "../exit.js";
import { demoStopMs } from "../limits.js";
import type { Paint } from "../render/style.js";
import { createMeshClient, type MeshClient } from "../rpc/client.js";
import type { MeshNews } from "./events.js";
import { isFullMatrix, newsLines } from "./events.js";
import { followMesh } from "./follow.js";
import type { Live } from "./live.js";
import {
  agentProcesses,
  type DemoProcess,
  inheritedEnv,
  nodeAddress,
  queryUrl,
  serverProcess,
  tryCommands,
} from "./plan.js";
import { listenTcp } from "./ports.js";
import { type Child, type ChildEnd, restartCommand, startChild } from "./processes.js";
import type { DemoConfig } from "./settings.js";
import { createTether, type Tether, type Tethered } from "./tether.js";
import { fullMatrixText, liveText, reportLine } from "./text.js";

/** What a demo needs from outside. */
export type DemoOptions = {
  readonly config: DemoConfig;
  readonly env: Environment;
  readonly live: Live;
  /** Whether the output is drawn anew, so that every small change may be shown. */
  readonly isLive: boolean;
  readonly paint: Paint;
  readonly width: () => number;
  readonly nowMs: () => number;
  readonly createUid: () => string;
};

/** A server and agents of one machine, from their start to their end. */
export class Demo {
  readonly #options: DemoOptions;
  readonly #startedAtMs: number;
  readonly #ending = new AbortController();
  readonly #children = new Map<number, Child>();
  readonly #listeners: Server[] = [];
  readonly #agents: readonly DemoProcess[];
  #tether: Tether | undefined;
  #news: MeshNews = { agents: [], matrix: undefined };
  #isReached = true;
  #isFull = false;
  #code: ExitCode = exitCodes.good;

  constructor(options: DemoOptions) {
    this.#options = options;
    this.#startedAtMs = options.nowMs();
    this.#agents = agentProcesses(options.config, options.createUid);
  }

  /** Runs until stop(); resolves to the exit code when nothing is left. */
  async run(): Promise<ExitCode> {
    const url = queryUrl(this.#options.config);
    const connection = { url, tokenFile: undefined, caFile: undefined };
    const client = createMeshClient(connection, this.#ending.signal);
    try {
      await this.#start(client);
      if (!this.#ending.signal.aborted) {
        const hear = {
          news: (news: MeshNews) => this.#hear(news),
          reached: (isReached: boolean) => this.#hearReached(isReached),
        };
        await followMesh(client, hear, this.#ending.signal);
      }
    } finally {
      client.close();
      await this.#end();
    }
    return this.#code;
  }

  /** Begins the end; may be called at any time and more than once. */
  stop(code: ExitCode): void {
    if (this.#ending.signal.aborted) return;
    this.#code = code;
    this.#ending.abort();
  }

  async #start(client: MeshClient): Promise<void> {
    const { config } = this.#options;
    this.#tether = await createTether((process) => this.#hearTethered(process));
    for (let index = 1; index <= config.nodes; index++) {
      this.#listeners.push(await listenTcp({ host: nodeAddress(index), port: config.testPort }));
    }
    const server = this.#startProcess(serverProcess(config));
    if (!(await this.#isServing(client))) return;
    this.#say(`server answers on ${queryUrl(config)} (pid ${server?.pid ?? 0})`);
    for (const agent of this.#agents) {
      const child = this.#startProcess(agent);
      this.#say(`agent ${agent.name} started (pid ${child?.pid ?? 0})`);
    }
    this.#options.live.print(`\n${tryCommands(config)}\nCtrl-C ends all of it.\n\n`);
  }

  /** Waits until the server answers; false when the demo ends before. */
  async #isServing(client: MeshClient): Promise<boolean> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const answer = await client.listAgents().catch(() => undefined);
      if (answer !== undefined) return true;
      await delay(100, undefined, { signal }).catch(() => undefined);
    }
    return false;
  }

  #startProcess(demoProcess: DemoProcess): Child | undefined {
    const tetherPath = this.#tether?.path;
    if (tetherPath === undefined || this.#ending.signal.aborted) return undefined;
    const child = startChild(demoProcess, {
      inherited: inheritedEnv(this.#options.env),
      tetherPath,
      onLine: (line) => this.#hearLine(demoProcess, line),
    });
    this.#children.set(child.pid, child);
    void child.ended.then((end) => this.#hearEnded(child, end));
    return child;
  }

  #hearLine(demoProcess: DemoProcess, line: string): void {
    const shown = reportLine(demoProcess.name, line);
    if (shown !== undefined && !this.#ending.signal.aborted) this.#options.live.print(shown);
  }

  #hearEnded(child: Child, end: ChildEnd): void {
    if (this.#ending.signal.aborted || this.#tether === undefined) return;
    const { name, role } = child.process;
    const how = end.signal === undefined ? `exit ${end.code ?? 0}` : end.signal;
    const why = end.signal === undefined && end.code !== 0 ? child.tail() : [];
    const title = role === "server" ? "the server" : `agent ${name}`;
    this.#say(`${title} (pid ${child.pid}) ended: ${how}`);
    if (why.length > 0) this.#options.live.print(`${why.map((line) => `    ${line}\n`).join("")}`);
    if (end.code === exitCodes.usage) {
      this.stop(exitCodes.usage);
      return;
    }
    const command = restartCommand(child.process, this.#tether.path);
    this.#options.live.print(`  To start it again:\n\n${command}\n\n`);
  }

  #hearTethered(process: Tethered): void {
    if (this.#ending.signal.aborted || this.#children.has(process.pid)) return;
    this.#say(`${process.name} was started again (pid ${process.pid})`);
  }

  #hearReached(isReached: boolean): void {
    if (isReached === this.#isReached) return;
    this.#isReached = isReached;
    this.#say(isReached ? "the server answers again" : "the server does not answer");
  }

  #hear(news: MeshNews): void {
    for (const line of newsLines(this.#news, news)) this.#say(line);
    this.#news = news;
    const { matrix } = news;
    const ids = this.#agents.map((agent) => agent.name);
    if (!this.#isFull && matrix !== undefined && ids.length > 1 && isFullMatrix(matrix, ids)) {
      this.#isFull = true;
      const seconds = ((this.#options.nowMs() - this.#startedAtMs) / 1000).toFixed(1);
      this.#say(`the first full matrix stands, ${seconds} s after the start`);
      if (!this.#options.isLive) this.#options.live.print(fullMatrixText(matrix, this.#style()));
    }
    this.#draw();
  }

  #draw(): void {
    if (this.#options.isLive) this.#options.live.draw(liveText(this.#news, this.#style()));
  }

  #style(): { paint: Paint; width: number; nowMs: number; wide: false } {
    const { paint, width, nowMs } = this.#options;
    return { paint, width: width(), nowMs: nowMs(), wide: false };
  }

  #say(line: string): void {
    const time = new Date(this.#options.nowMs()).toTimeString().slice(0, 8);
    this.#options.live.print(`${time} ${line}\n`);
  }

  async #end(): Promise<void> {
    this.#options.live.clear();
    for (const listener of this.#listeners) listener.close();
    const others = (this.#tether?.held() ?? []).filter(({ pid }) => !this.#children.has(pid));
    const children = [...this.#children.values()].filter((child) => !child.hasEnded());
    this.#say(`ending ${children.length + others.length} processes`);
    for (const child of children) child.kill("SIGTERM");
    // Cutting the tethers ends those that the user started again.
    this.#tether?.close();
    const all = Promise.all(children.map((child) => child.ended));
    const grace = new AbortController();
    const late = delay(demoStopMs, undefined, { signal: grace.signal }).catch(() => undefined);
    await Promise.race([all, late]);
    grace.abort();
    for (const child of children) if (!child.hasEnded()) child.kill("SIGKILL");
    await all;
    await endOthers(others);
    this.#say("nothing is left running");
  }
}

/** Waits for processes that are not ours to reap, and kills what does not end in time. */
const endOthers = async (others: readonly Tethered[]): Promise<void> => {
  const deadlineMs = Date.now() + demoStopMs;
  const isAlive = (pid: number): boolean => signalled(pid, 0);
  while (others.some(({ pid }) => isAlive(pid)) && Date.now() < deadlineMs) await delay(50);
  for (const { pid } of others) if (isAlive(pid)) signalled(pid, "SIGKILL");
};

const signalled = (pid: number, signal: 0 | "SIGKILL"): boolean => {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
};
