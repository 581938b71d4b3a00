import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ProbeOutcome, ProbeSpec } from "../../common/probe.js";
import { type Command, ipBatch, runCommand } from "./commands.js";
import { type Condition, commandsOf } from "./conditions.js";
import {
  type AgentOptions,
  type BadServerOptions,
  type HostAnswer,
  type HostQuestion,
  type HostUser,
  questionsMax,
  type ResponderOptions,
} from "./host-messages.js";

/** A host of a lab: a network namespace, and a process in it that probes and answers. */
export class LabHost {
  readonly name: string;
  readonly namespace: string;
  #agent: Promise<HostAgent> | undefined;
  #started: ChildProcess[] = [];

  constructor(name: string, namespace: string) {
    this.name = name;
    this.namespace = namespace;
  }

  /** Runs a command in the namespace. */
  run(command: Command): string {
    return runCommand(["ip", "netns", "exec", this.namespace, ...command]);
  }

  /** Lines of iproute2 in the namespace: "route add default via 10.0.0.1". */
  ip(...lines: readonly string[]): void {
    ipBatch(lines, this.namespace);
  }

  /** Sets kernel parameters of the namespace: "net.ipv4.ip_forward=1". */
  sysctl(settings: readonly string[]): void {
    this.run(["sysctl", "-qw", ...settings]);
  }

  /** Makes a condition true on this host until what is returned is called. */
  inject(condition: Condition): () => void {
    const { inject, heal } = commandsOf(condition);
    for (const command of inject) this.run(command);
    return () => {
      for (const command of heal) this.run(command);
    };
  }

  /** Runs one probe from here, by the agent's own table of probes; `podIps` are what it takes for its own addresses. */
  async probe(spec: ProbeSpec, podIps: readonly string[] = []): Promise<ProbeOutcome> {
    const agent = await this.#agentOf();
    return (await agent.ask({ kind: "probe", spec, podIps })) as ProbeOutcome;
  }

  /** Runs many probes at once; outcomes in their order. */
  async probeAll(specs: readonly ProbeSpec[]): Promise<readonly ProbeOutcome[]> {
    const agent = await this.#agentOf();
    return (await agent.ask({ kind: "probes", specs })) as readonly ProbeOutcome[];
  }

  /** Starts the agent's responder; resolves when it listens. */
  async respond(options: ResponderOptions): Promise<void> {
    const agent = await this.#agentOf();
    await agent.ask({ kind: "respond", options });
  }

  /** Stops it; resolves when its port is free. */
  async stopResponding(): Promise<void> {
    const agent = await this.#agentOf();
    await agent.ask({ kind: "stop-responding" });
  }

  /** Starts a server that doesn't serve, in a process of its own, which a test may stop. */
  async serveBadly(options: BadServerOptions): Promise<ChildProcess> {
    const agent = await this.newAgent();
    await agent.ask({ kind: "serve-badly", options });
    return agent.child;
  }

  /** A second process in the same namespace, of another user or with another engine where that is asked for. */
  async newAgent(options: AgentOptions = {}): Promise<HostAgent> {
    const agent = await startAgent(this.namespace, options);
    this.#started.push(agent.child);
    return agent;
  }

  /** Ends the host's processes. */
  stop(): void {
    for (const child of this.#started) child.kill("SIGKILL");
    this.#started = [];
    this.#agent = undefined;
  }

  #agentOf(): Promise<HostAgent> {
    this.#agent ??= this.newAgent();
    return this.#agent;
  }
}

/** A process in a host. */
export type HostAgent = {
  readonly child: ChildProcess;
  /** What it answers; rejects with its error, or when it ended. */
  readonly ask: (question: HostQuestion) => Promise<unknown>;
};

const script = fileURLToPath(new URL("host-process.ts", import.meta.url));

const privileges: Readonly<Record<HostUser, readonly string[]>> = {
  root: [],
  pod: ["setpriv", "--bounding-set=-all,+net_raw", "--no-new-privs"],
  nobody: [
    ...["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"],
    ...["--bounding-set=-all", "--no-new-privs"],
  ],
};

const startAgent = async (namespace: string, options: AgentOptions): Promise<HostAgent> => {
  const node = [process.execPath, "--import", "tsx", script, JSON.stringify(options)];
  const args = ["netns", "exec", namespace, ...privileges[options.user ?? "root"], ...node];
  const child = spawn("ip", args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  let nextId = 0;
  child.on("message", ({ id, value, error }: HostAnswer) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) asked?.resolve(value);
    else asked?.reject(new Error(error));
  });
  child.on("exit", (code, signal) => {
    for (const { reject } of waiting.values())
      reject(new Error(`the host's process ended: ${code ?? signal}`));
    waiting.clear();
  });
  const ask = (question: HostQuestion): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (waiting.size >= questionsMax) throw new Error(`${questionsMax} questions wait already`);
      const id = nextId++;
      waiting.set(id, { resolve, reject });
      child.send({ id, question });
    });
  await Promise.race([
    ask({ kind: "hello" }),
    once(child, "exit").then(() => Promise.reject(new Error("the host's process ended at once"))),
  ]);
  return { child, ask };
};
